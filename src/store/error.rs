//! How the database fails.

use super::SchemaStatus;

/// A query that did not do its work. Its text is for operators and holds no row's content.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database or the way to it failed.
    #[error("the database failed")]
    Driver(#[from] sqlx::Error),
    /// The database does not answer: it may be gone without a word.
    #[error("the database does not answer")]
    Timeout,
    /// A row does not make sense to this program.
    #[error("a row of `{table}` makes no sense: {problem}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// What is wrong, without the content.
        problem: &'static str,
    },
    /// The schema is older than this program.
    #[error(
        "the database's schema is older than this program ({0}): run `persona-onboarding migrate`"
    )]
    Schema(SchemaStatus),
    /// A pooler shares Postgres's sessions out among its clients.
    #[error(
        "a connection pooler shares the sessions of Postgres out (transaction or statement mode): let \
         it give each connection a session of its own, or connect directly"
    )]
    SharedSessions,
    /// The keys are not those of this database.
    #[error(
        "no key of DATA_KEYS opens what is sealed in this database: set the keys that it was written \
         with, or connect to the right database"
    )]
    NoKeyOpens,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is for another kind of database.
    #[error("DATABASE_URL must begin with `sqlite://` or `postgres://`")]
    UnknownScheme,
    /// The folder of the SQLite file cannot be made.
    #[error("could not create the folder of DATABASE_URL's file")]
    Folder(#[source] std::io::Error),
    /// No connection came about.
    #[error("could not connect to DATABASE_URL")]
    Connect(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("could not bring the database's schema up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The SQLite file does not exist, and the command makes none.
    #[error(
        "DATABASE_URL: the file does not exist yet; `persona-onboarding migrate` creates it, and so \
         does `serve`"
    )]
    NoFile,
    /// A pooler shares Postgres's sessions out among its clients.
    #[error(
        "DATABASE_URL leads to a connection pooler in transaction or statement mode, where prepared \
         statements, settings and LISTEN are lost: connect to Postgres directly, or let the pooler \
         give each connection a session of its own (PgBouncer: `pool_mode = session`)"
    )]
    SharedSessions,
    /// PgBouncer refuses the connection because of a parameter.
    #[error(
        "DATABASE_URL leads to a pooler that refuses a startup parameter: in PgBouncer, set \
         `ignore_startup_parameters = extra_float_digits` and `pool_mode = session`, or connect to \
         Postgres directly"
    )]
    StartupParameter(#[source] sqlx::Error),
    /// Something is sealed with a key that this process does not have.
    #[error(
        "DATA_KEYS: this database holds data sealed with a key that is not among them (ID {0}); add \
         that key after the others, or connect to the right database"
    )]
    UnknownKey(String),
    /// The database was opened, and failed afterwards.
    #[error(transparent)]
    Failed(#[from] Error),
}
