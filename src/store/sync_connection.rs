//! The connection of a transaction that writes inquiries, on either database.
//!
//! On SQLite the statements run on the thread of the caller, prepared once: one takes some
//! microseconds, and sending it to a connection's thread took ten times as long. A statement for
//! several rows is one prepared statement for each row there, and on Postgres one for many rows,
//! where each is a round trip.

use sqlx::{Any, AssertSqlSafe, Executor as _, any::AnyArguments, query::Query};
use tokio::task::yield_now;

use super::{
    Backend, Error, local_writer::LocalTransaction, lookup::Row, placeholders::Placeholders,
    transaction::Transaction, value::Value,
};

/// The maximum number of rows or keys in a statement of Postgres.
const MAX_PER_STATEMENT: usize = 100;
/// After so many rows of SQLite, which take less than a millisecond, other tasks of the thread get
/// their turn.
const ROWS_PER_TURN: usize = 64;

/// The connection of an open transaction. Dropping it rolls the transaction back.
#[derive(Debug)]
pub(super) enum SyncConnection {
    /// SQLite, on the caller's thread.
    Local(LocalTransaction),
    /// Postgres, or SQLite while it is only read.
    Pooled(Backend, Transaction),
}

impl SyncConnection {
    pub(super) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Local(transaction) => transaction.commit().await,
            Self::Pooled(_, transaction) => Ok(transaction.commit().await?),
        }
    }

    pub(super) async fn rollback(self) -> Result<(), Error> {
        match self {
            Self::Local(transaction) => transaction.rollback(),
            Self::Pooled(_, transaction) => Ok(transaction.rollback().await?),
        }
    }

    /// Runs a statement. Returns the number of rows that it changed.
    pub(super) async fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error> {
        match self {
            Self::Local(transaction) => transaction.execute(sql, values),
            Self::Pooled(_, transaction) => {
                let done = transaction.execute(query(sql.to_owned(), values)).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Runs a statement and reads the rows that it returns.
    pub(super) async fn fetch<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        match self {
            Self::Local(transaction) => transaction.fetch(sql, values, &read),
            Self::Pooled(_, transaction) => {
                let rows = transaction.fetch_all(query(sql.to_owned(), values)).await?;
                rows.iter().map(|row| read(&Row::Pooled(row))).collect()
            }
        }
    }

    /// Runs a statement for all of these keys, which follow `head` as a list and are followed by
    /// `tail`: `… WHERE id IN` (keys) `ORDER BY id`. Reads the rows that it returns.
    pub(super) async fn fetch_by_keys<T>(
        &mut self,
        head: &str,
        keys: &[&str],
        tail: &str,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let rows: Vec<[Value<'_>; 1]> = keys.iter().map(|key| [Value::Text(key)]).collect();
        let shape = |placeholders: &mut Placeholders, keys| placeholders.list(keys);
        self.fetch_by_rows(head, &rows, tail, shape, read).await
    }

    /// Inserts rows: `head` ends with `VALUES`, and `tail` follows them. Reads the rows that the
    /// statement returns.
    pub(super) async fn insert<T, const COLUMNS: usize>(
        &mut self,
        head: &str,
        rows: &[[Value<'_>; COLUMNS]],
        tail: &str,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let shape = |placeholders: &mut Placeholders, rows| placeholders.rows(rows, COLUMNS);
        self.fetch_by_rows(head, rows, tail, shape, read).await
    }

    async fn fetch_by_rows<T, const COLUMNS: usize>(
        &mut self,
        head: &str,
        rows: &[[Value<'_>; COLUMNS]],
        tail: &str,
        shape: impl Fn(&mut Placeholders, usize) -> String,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let statement = |backend, rows| {
            let shape = shape(&mut Placeholders::new(backend), rows);
            format!("{head} {shape} {tail}")
        };
        let mut found = Vec::new();
        match self {
            Self::Local(transaction) => {
                let sql = statement(Backend::Sqlite, 1);
                for (number, turn) in rows.chunks(ROWS_PER_TURN).enumerate() {
                    if number > 0 {
                        yield_now().await;
                    }
                    for row in turn {
                        found.append(&mut transaction.fetch(&sql, row, &read)?);
                    }
                }
            }
            Self::Pooled(backend, transaction) => {
                for rows in rows.chunks(MAX_PER_STATEMENT) {
                    let sql = statement(*backend, rows.len());
                    let rows = transaction
                        .fetch_all(query(sql, rows.as_flattened()))
                        .await?;
                    for row in &rows {
                        found.push(read(&Row::Pooled(row))?);
                    }
                }
            }
        }
        Ok(found)
    }
}

fn query<'a>(sql: String, values: &[Value<'a>]) -> Query<'a, Any, AnyArguments> {
    let query = sqlx::query(AssertSqlSafe(sql));
    values
        .iter()
        .fold(query, |query, value| value.bind_to(query))
}
