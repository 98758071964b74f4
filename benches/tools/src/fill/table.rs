//! Loads rows into a table as fast as the database takes them: prepared inserts on SQLite, COPY on
//! Postgres.

use std::{
    fmt::Write as _,
    io::{BufWriter, Write as _},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use rusqlite::{Connection, ToSql, params_from_iter};

/// A value of a column.
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Null => rusqlite::types::Null.to_sql(),
            Self::Int(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Blob(bytes) => bytes.to_sql(),
        }
    }
}

/// The database that is filled. Its schema exists.
pub enum Database {
    Sqlite(Connection),
    /// By `psql`, which is installed with the server.
    Postgres(String),
}

impl Database {
    pub fn open(url: &str) -> anyhow::Result<Self> {
        let Some(file) = url.strip_prefix("sqlite://") else {
            return Ok(Self::Postgres(url.to_owned()));
        };
        let connection = Connection::open(file).with_context(|| file.to_owned())?;
        // A fill that fails is begun anew: nothing needs to survive a crash.
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; \
             PRAGMA cache_size = -1000000;",
        )?;
        Ok(Self::Sqlite(connection))
    }

    /// Loads rows into these columns.
    pub fn load(
        &self,
        table: &str,
        columns: &[&str],
        rows: impl Iterator<Item = anyhow::Result<Vec<Value>>>,
    ) -> anyhow::Result<()> {
        let names = columns.join(", ");
        match self {
            Self::Sqlite(connection) => {
                let places = vec!["?"; columns.len()].join(", ");
                let transaction = connection.unchecked_transaction()?;
                let insert = format!("INSERT INTO {table} ({names}) VALUES ({places})");
                let mut insert = transaction.prepare(&insert)?;
                for row in rows {
                    insert.execute(params_from_iter(row?))?;
                }
                drop(insert);
                Ok(transaction.commit()?)
            }
            Self::Postgres(url) => {
                let mut psql = psql(url)
                    .arg(format!("--command=COPY {table} ({names}) FROM STDIN"))
                    .stdin(Stdio::piped())
                    .spawn()
                    .context("psql")?;
                let input = psql.stdin.take().context("psql has no input")?;
                let mut input = BufWriter::with_capacity(1 << 20, input);
                let mut line = String::new();
                for row in rows {
                    line.clear();
                    for value in row? {
                        write_copied(&mut line, &value)?;
                    }
                    line.pop();
                    line.push('\n');
                    input.write_all(line.as_bytes())?;
                }
                drop(input);
                ensure!(psql.wait()?.success(), "psql could not load {table}");
                Ok(())
            }
        }
    }

    /// Collects statistics on Postgres, as autovacuum does in time.
    pub fn analyze(&self) -> anyhow::Result<()> {
        let Self::Postgres(url) = self else {
            return Ok(());
        };
        let status = psql(url).arg("--command=VACUUM ANALYZE").status();
        ensure!(status.context("psql")?.success(), "psql: VACUUM ANALYZE");
        Ok(())
    }
}

/// `psql` without the checks of foreign keys, which would be made row by row.
fn psql(url: &str) -> Command {
    let mut psql = Command::new("psql");
    psql.args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", url])
        .env("PGOPTIONS", "-c session_replication_role=replica");
    psql
}

/// Writes a value and a tab in the text format of COPY. No text of a bench needs escapes.
fn write_copied(line: &mut String, value: &Value) -> std::fmt::Result {
    match value {
        Value::Null => line.push_str("\\N"),
        Value::Int(number) => write!(line, "{number}")?,
        Value::Text(text) => line.push_str(text),
        Value::Blob(bytes) => write!(line, "\\\\x{}", const_hex::encode(bytes))?,
    }
    line.push('\t');
    Ok(())
}
