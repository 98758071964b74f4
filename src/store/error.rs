//! Errors of the database.

use super::SchemaStatus;

/// A failed query. The message is for operators and contains no row's content.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database or the connection failed.
    #[error("the database failed")]
    Driver(#[from] sqlx::Error),
    /// A lookup in SQLite failed.
    #[error("the database failed")]
    Lookup(#[from] rusqlite::Error),
    /// The database did not respond in time.
    #[error("the database does not answer")]
    Timeout,
    /// A row has a value that this program cannot interpret.
    #[error("a row of `{table}` makes no sense: {problem}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// What is wrong, without the value.
        problem: &'static str,
    },
    /// The schema is older than this program.
    #[error(
        "the database's schema is older than this program ({0}): run `persona-onboarding migrate`"
    )]
    Schema(SchemaStatus),
    /// A connection pooler shares Postgres sessions among its clients.
    #[error(
        "a connection pooler shares the sessions of Postgres out (transaction or statement mode): let \
         it give each connection a session of its own, or connect directly"
    )]
    SharedSessions,
    /// No data key decrypts the data in this database.
    #[error(
        "no key of DATA_KEYS opens what is sealed in this database: set the keys that it was written \
         with, or connect to the right database"
    )]
    NoKeyOpens,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names another kind of database.
    #[error("DATABASE_URL must begin with `sqlite://` or `postgres://`")]
    UnknownScheme,
    /// The folder of the SQLite file could not be created.
    #[error("could not create the folder of DATABASE_URL's file")]
    Folder(#[source] std::io::Error),
    /// No connection could be established.
    #[error("could not connect to DATABASE_URL")]
    Connect(#[source] sqlx::Error),
    /// The schema could not be migrated.
    #[error("could not bring the database's schema up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The SQLite file does not exist, and the command does not create one.
    #[error(
        "DATABASE_URL: the file does not exist yet; `persona-onboarding migrate` creates it, and so \
         does `serve`"
    )]
    NoFile,
    /// A connection pooler shares Postgres sessions among its clients.
    #[error(
        "DATABASE_URL leads to a connection pooler in transaction or statement mode, where prepared \
         statements, settings and LISTEN are lost: connect to Postgres directly, or let the pooler \
         give each connection a session of its own (PgBouncer: `pool_mode = session`)"
    )]
    SharedSessions,
    /// PgBouncer rejects the connection because of a startup parameter.
    #[error(
        "DATABASE_URL leads to a pooler that refuses a startup parameter: in PgBouncer, set \
         `ignore_startup_parameters = extra_float_digits` and `pool_mode = session`, or connect to \
         Postgres directly"
    )]
    StartupParameter(#[source] sqlx::Error),
    /// Data is encrypted with a key that this process does not have.
    #[error(
        "DATA_KEYS: this database holds data sealed with a key that is not among them (ID {0}); add \
         that key after the others, or connect to the right database"
    )]
    UnknownKey(String),
    /// The database was opened, and a query failed.
    #[error(transparent)]
    Failed(#[from] Error),
}
