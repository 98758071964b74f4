//! Writes of many rows to SQLite: one prepared statement for each row, in one transaction, on a
//! thread for blocking work.
//!
//! sqlx would send each value and each row through several channels and threads, and SQLite would
//! parse a statement with a thousand placeholders for each batch.
//!
//! For rows that nothing waits for. A commit here makes the pool's writer read its pages again, so
//! events of webhooks, which are inserted and applied in turns, stay with the pool: 3,566 of them a
//! second were acknowledged that way, and 2,781 this way.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::{Error, Store};

/// How long a write waits for a writer of another process, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);

/// The connection that writes. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct LocalWriter {
    file: Arc<PathBuf>,
    connection: Arc<Mutex<Option<Connection>>>,
}

impl LocalWriter {
    pub(super) fn new(file: PathBuf) -> Self {
        Self {
            file: Arc::new(file),
            connection: Arc::default(),
        }
    }

    /// Closes the connection. A later write opens another one.
    pub(super) fn close(&self) {
        *self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&*self.file, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // A commit does not wait for the disk. A power failure may lose the newest rows, as a kill of
        // the process loses the queued ones; the file stays whole, and the next commit of the pool
        // writes them to the disk with its own (https://sqlite.org/pragma.html#pragma_synchronous).
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(connection)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut kept = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Put back only after a commit: a connection that failed is not used again.
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        *kept = Some(connection);
        Ok(done)
    }
}

impl Store {
    /// Does work in a transaction of SQLite. When this returns, it survives the process, and soon
    /// afterwards a power failure. Continues if the caller is cancelled.
    pub(super) async fn write_locally<T: Send + 'static>(
        &self,
        writer: &LocalWriter,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        // SQLite has one writer. With the pool's connection in hand, nobody waits for SQLite's lock.
        let turn = self.write.acquire().await?;
        let writer = writer.clone();
        let done = tokio::task::spawn_blocking(move || {
            let done = writer.write(work);
            drop(turn);
            done
        });
        match done.await {
            Ok(done) => Ok(done?),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime shuts down.
                Err(_) => Err(sqlx::Error::PoolClosed.into()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> (tempfile::TempDir, LocalWriter) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("writes.db");
        Connection::open(&file)
            .unwrap()
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE people (id TEXT PRIMARY KEY)")
            .unwrap();
        (folder, LocalWriter::new(file))
    }

    fn insert(writer: &LocalWriter, ids: &[&str]) -> rusqlite::Result<()> {
        writer.write(|transaction| {
            for id in ids {
                transaction.execute("INSERT INTO people VALUES (?)", [id])?;
            }
            Ok(())
        })
    }

    fn count(folder: &tempfile::TempDir) -> i64 {
        Connection::open(folder.path().join("writes.db"))
            .unwrap()
            .query_row("SELECT COUNT(*) FROM people", [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_and_the_next_one_works() {
        let (folder, writer) = writer();
        insert(&writer, &["one"]).unwrap();
        assert!(insert(&writer, &["two", "one"]).is_err());
        assert_eq!(count(&folder), 1);
        insert(&writer, &["two"]).unwrap();
        assert_eq!(count(&folder), 2);
    }

    #[test]
    fn a_closed_writer_opens_again() {
        let (folder, writer) = writer();
        insert(&writer, &["one"]).unwrap();
        writer.close();
        insert(&writer, &["two"]).unwrap();
        assert_eq!(count(&folder), 2);
    }
}
