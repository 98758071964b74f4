//! Values of statements that run through both drivers.

use rusqlite::types::ToSqlOutput;
use sqlx::{Any, any::AnyArguments, query::Query};

/// A value of a statement. A statement names `$1`, `$2`, … for the first time in this order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    OptionalText(Option<&'a str>),
    OptionalInteger(Option<i64>),
    Bytes(&'a [u8]),
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Integer(integer) => integer.to_sql(),
            Self::OptionalText(text) => text.to_sql(),
            Self::OptionalInteger(integer) => integer.to_sql(),
            Self::Bytes(bytes) => bytes.to_sql(),
        }
    }
}

impl<'a> Value<'a> {
    /// Binds it as the next value of a query.
    pub(super) fn bind_to(
        self,
        query: Query<'a, Any, AnyArguments>,
    ) -> Query<'a, Any, AnyArguments> {
        match self {
            Self::Text(text) => query.bind(text),
            Self::Integer(integer) => query.bind(integer),
            Self::OptionalText(text) => query.bind(text),
            Self::OptionalInteger(integer) => query.bind(integer),
            Self::Bytes(bytes) => query.bind(bytes),
        }
    }
}
