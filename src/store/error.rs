//! How the database fails.

/// A query that did not do its work. Its text is for operators and holds no row's content.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database or the way to it failed.
    #[error("the database failed")]
    Driver(#[from] sqlx::Error),
    /// The database does not answer: it may be gone without a word.
    #[error("the database does not answer")]
    NoAnswer,
    /// A row does not make sense to this program.
    #[error("a row of `{table}` makes no sense: {problem}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// What is wrong, without the content.
        problem: &'static str,
    },
    /// The schema is not this program's.
    #[error("the schema's version is {newest}, which is not this program's")]
    Schema {
        /// The newest migration in the database.
        newest: i64,
    },
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
    #[error(
        "could not bring the database's schema up to date; if a newer program has used this \
         database, run that one"
    )]
    Migrate(#[source] sqlx::migrate::MigrateError),
}
