//! Lookups by a key: the reads that every click makes.
//!
//! On SQLite they run on the thread of the caller. A prepared lookup of rows in memory takes some
//! microseconds; sending it to a connection's thread and waiting for the response took ten times
//! as long, most of it for waking threads. A read in WAL mode waits for no writer
//! (<https://sqlite.org/wal.html#concurrency>). Where SQLite is busy nevertheless, and always on
//! Postgres, a lookup takes a connection of the pool.
//!
//! Only statements that read a few rows by an index belong here: a longer one would hold up the
//! other tasks of its thread.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use sqlx::{AssertSqlSafe, Row as _, any::AnyRow};

use super::{Error, Store, value::Value};

/// The size of a connection's page cache: negative, so it is in KiB
/// (<https://sqlite.org/pragma.html#pragma_cache_size>). The inner pages of the indexes fit, and each
/// other page is copied from the system's cache in a microsecond.
const CACHE_SIZE: i32 = -512;
/// The number of prepared statements per connection: more than there are lookups.
const PREPARED_STATEMENTS: usize = 32;

/// A row of a lookup. Columns are named by their place in the statement, from 0.
pub(super) enum Row<'a> {
    /// Of a lookup on the caller's thread.
    Local(&'a rusqlite::Row<'a>),
    /// Of a pooled connection.
    Pooled(&'a AnyRow),
}

impl Row<'_> {
    pub(super) fn text(&self, column: usize) -> Result<String, Error> {
        Ok(match self {
            Self::Local(row) => row.get(column)?,
            Self::Pooled(row) => row.try_get(column)?,
        })
    }

    pub(super) fn optional_text(&self, column: usize) -> Result<Option<String>, Error> {
        Ok(match self {
            Self::Local(row) => row.get(column)?,
            Self::Pooled(row) => row.try_get(column)?,
        })
    }

    pub(super) fn integer(&self, column: usize) -> Result<i64, Error> {
        Ok(match self {
            Self::Local(row) => row.get(column)?,
            Self::Pooled(row) => row.try_get(column)?,
        })
    }

    pub(super) fn optional_integer(&self, column: usize) -> Result<Option<i64>, Error> {
        Ok(match self {
            Self::Local(row) => row.get(column)?,
            Self::Pooled(row) => row.try_get(column)?,
        })
    }

    pub(super) fn bytes(&self, column: usize) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Self::Local(row) => row.get(column)?,
            Self::Pooled(row) => row.try_get(column)?,
        })
    }

    pub(super) fn optional_bytes(&self, column: usize) -> Result<Option<Vec<u8>>, Error> {
        Ok(match self {
            Self::Local(row) => row.get(column)?,
            Self::Pooled(row) => row.try_get(column)?,
        })
    }
}

/// The connections that SQLite lookups use on the caller's thread: at most one per thread, since a
/// lookup takes one, does not yield, and gives it back.
#[derive(Debug, Clone)]
pub(super) struct LocalReader {
    file: Arc<PathBuf>,
    /// `None` once closed.
    idle: Arc<Mutex<Option<Vec<Connection>>>>,
}

impl LocalReader {
    pub(super) fn new(file: PathBuf) -> Self {
        Self {
            file: Arc::new(file),
            idle: Arc::new(Mutex::new(Some(Vec::new()))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the idle connections and refuses further lookups.
    pub(super) fn close(&self) {
        *self.lock() = None;
    }

    fn connect(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&*self.file, flags)?;
        // The pooled connection waits instead, without blocking a thread of the runtime.
        connection.busy_timeout(std::time::Duration::ZERO)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", CACHE_SIZE)?;
        connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
        Ok(connection)
    }

    /// The first row of a lookup; the outer `None` says that SQLite is busy.
    fn first<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<Option<T>>, Error> {
        let idle = match &mut *self.lock() {
            Some(idle) => idle.pop(),
            None => return Err(sqlx::Error::PoolClosed.into()),
        };
        // The settings of a new connection read the file, so that they may find it busy, too.
        let connection = idle.map_or_else(|| self.connect(), Ok);
        let found = connection.and_then(|connection| {
            let found = query_first(&connection, sql, values, read)?;
            Ok((connection, found))
        });
        match found {
            Ok((connection, found)) => {
                if let Some(idle) = &mut *self.lock() {
                    idle.push(connection);
                }
                Ok(Some(found))
            }
            Err(Error::Lookup(error)) if is_busy(&error) => Ok(None),
            // The connection is not used again: the next lookup opens another one.
            Err(error) => Err(error),
        }
    }
}

fn query_first<T>(
    connection: &Connection,
    sql: &str,
    values: &[Value<'_>],
    read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    match rows.next()? {
        Some(row) => read(&Row::Local(row)).map(Some),
        None => Ok(None),
    }
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

impl Store {
    /// Reads the first row of a lookup.
    pub(super) async fn look_up<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, Error> + Send + Copy,
    ) -> Result<Option<T>, Error> {
        // As sqlx does for its statements, so that a test can look at all plans.
        tracing::trace!(db.statement = sql, "a lookup");
        if let Some(local) = &self.local
            && let Some(found) = local.reader.first(sql, values, read)?
        {
            return Ok(found);
        }
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
        for value in values {
            query = value.bind_to(query);
        }
        let row = query.fetch_optional(&self.read).await?;
        row.map(|row| read(&Row::Pooled(&row))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> (tempfile::TempDir, LocalReader) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lookups.db");
        let connection = Connection::open(&file).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; CREATE TABLE people (id TEXT PRIMARY KEY, age BIGINT); \
                 INSERT INTO people VALUES ('one', 1)",
            )
            .unwrap();
        (folder, LocalReader::new(file))
    }

    fn age(reader: &LocalReader, id: &str) -> Result<Option<Option<i64>>, Error> {
        let sql = "SELECT age FROM people WHERE id = $1 AND age < $2";
        reader.first(sql, &[Value::Text(id), Value::Integer(9)], |row| {
            row.integer(0)
        })
    }

    #[test]
    fn a_lookup_gives_its_connection_back() {
        let (_folder, reader) = reader();
        for _ in 0..3 {
            assert_eq!(age(&reader, "one").unwrap(), Some(Some(1)));
            assert_eq!(age(&reader, "two").unwrap(), Some(None));
        }
        assert_eq!(reader.lock().as_ref().unwrap().len(), 1);
    }

    #[test]
    fn a_lookup_sees_what_another_connection_has_committed() {
        let (folder, reader) = reader();
        assert_eq!(age(&reader, "two").unwrap(), Some(None));
        let writer = Connection::open(folder.path().join("lookups.db")).unwrap();
        writer
            .execute_batch("BEGIN; INSERT INTO people VALUES ('two', 2)")
            .unwrap();
        assert_eq!(age(&reader, "two").unwrap(), Some(None));
        writer.execute_batch("COMMIT").unwrap();
        assert_eq!(age(&reader, "two").unwrap(), Some(Some(2)));
    }

    #[test]
    fn a_busy_database_is_left_to_the_pool() {
        let (folder, reader) = reader();
        let holder = Connection::open(folder.path().join("lookups.db")).unwrap();
        holder
            .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
            .unwrap();
        assert_eq!(age(&reader, "one").unwrap(), None);
    }

    #[test]
    fn a_lookup_cannot_write() {
        let (_folder, reader) = reader();
        let sql = "INSERT INTO people VALUES ($1, $2) RETURNING age";
        let values = [Value::Text("three"), Value::Integer(3)];
        assert!(reader.first(sql, &values, |row| row.integer(0)).is_err());
        assert_eq!(age(&reader, "three").unwrap(), Some(None));
    }

    #[test]
    fn a_closed_reader_refuses() {
        let (_folder, reader) = reader();
        age(&reader, "one").unwrap();
        reader.clone().close();
        assert!(matches!(
            age(&reader, "one"),
            Err(Error::Driver(sqlx::Error::PoolClosed))
        ));
    }
}
