//! The connection of SQLite that writes in batches, without a thread of its own: updates of inquiries
//! and events of webhooks on the caller's thread ([`LocalTransaction`]), and rows that nothing waits
//! for on a thread for blocking work ([`Store::write_locally`]).
//!
//! sqlx would send each statement, value and row through several channels and threads, and SQLite
//! would parse a statement with a thousand placeholders for each batch.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use sqlx::{Any, pool::PoolConnection};

use super::{
    Error, Store,
    lookup::{Row, is_busy},
    value::Value,
};

/// How long a write waits for a writer of another process, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);

/// The number of prepared statements that the connection keeps: more than there are.
const PREPARED_STATEMENTS: usize = 64;

/// When a commit is on the disk.
#[derive(Debug, Clone, Copy)]
enum Durability {
    /// When it returns.
    AtOnce,
    /// Soon afterwards. A power failure may lose the newest rows, as a kill of the process loses queued
    /// ones; the file stays whole, and the next commit of the other kind brings them to the disk with
    /// its own (<https://sqlite.org/pragma.html#pragma_synchronous>).
    Soon,
}

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
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
        Ok(connection)
    }

    /// Takes the connection. It is put back only after a transaction that ended well: one that failed
    /// is not used again.
    fn take(&self, durability: Durability, busy_timeout: Duration) -> rusqlite::Result<Connection> {
        let kept = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let connection = match kept {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let synchronous = match durability {
            Durability::AtOnce => "FULL",
            Durability::Soon => "NORMAL",
        };
        connection.busy_timeout(busy_timeout)?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        Ok(connection)
    }

    fn put_back(&self, connection: Connection) {
        *self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut connection = self.take(Durability::Soon, BUSY_TIMEOUT)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        self.put_back(connection);
        Ok(done)
    }
}

/// A transaction whose statements run on the caller's thread. Dropping it rolls it back.
#[derive(Debug)]
pub(super) struct LocalTransaction {
    // Dropped first: the transaction has ended when another writer gets its turn.
    connection: Connection,
    turn: PoolConnection<Any>,
    writer: LocalWriter,
}

impl LocalTransaction {
    /// Begins a transaction that may write. With the pool's writing connection in hand, it waits only
    /// for writers of other processes, such as a backup.
    pub(super) async fn begin(
        writer: LocalWriter,
        turn: PoolConnection<Any>,
    ) -> Result<Self, Error> {
        let begin = |writer: &LocalWriter, busy_timeout| {
            let connection = writer.take(Durability::AtOnce, busy_timeout)?;
            // IMMEDIATE, because SQLite fails a transaction that reads first and writes after another
            // writer.
            connection.execute_batch("BEGIN IMMEDIATE")?;
            Ok(connection)
        };
        let connection = match begin(&writer, Duration::ZERO) {
            Err(error) if is_busy(&error) => {
                let writer = writer.clone();
                on_blocking_thread(move || begin(&writer, BUSY_TIMEOUT)).await?
            }
            begun => begun?,
        };
        Ok(Self {
            connection,
            turn,
            writer,
        })
    }

    /// Runs a statement. Returns the number of rows that it changed.
    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error> {
        tracing::trace!(db.statement = sql, "a statement");
        let mut statement = self.connection.prepare_cached(sql)?;
        let changed = statement.execute(rusqlite::params_from_iter(values))?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    /// Runs a statement and reads the rows that it returns.
    pub(super) fn fetch<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        tracing::trace!(db.statement = sql, "a statement");
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(&Row::Local(row))?);
        }
        Ok(found)
    }

    /// Commits. Continues if the caller is cancelled.
    pub(super) async fn commit(self) -> Result<(), Error> {
        on_blocking_thread(move || {
            let Self {
                connection,
                turn,
                writer,
            } = self;
            connection.execute_batch("COMMIT")?;
            writer.put_back(connection);
            drop(turn);
            Ok(())
        })
        .await
    }

    pub(super) fn rollback(self) -> Result<(), Error> {
        self.connection.execute_batch("ROLLBACK")?;
        self.writer.put_back(self.connection);
        Ok(())
    }
}

/// Does work that waits for the disk or for a lock.
async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime shuts down.
            Err(_) => Err(sqlx::Error::PoolClosed.into()),
        },
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
        on_blocking_thread(move || {
            let done = writer.write(work);
            drop(turn);
            done
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use sqlx::{AnyPool, any::AnyPoolOptions};

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

    /// A pool whose one connection is the turn to write.
    async fn turns(folder: &tempfile::TempDir) -> AnyPool {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}", folder.path().join("writes.db").display());
        let options = AnyPoolOptions::new().max_connections(1);
        options.connect(&url).await.unwrap()
    }

    async fn begin(writer: &LocalWriter, turns: &AnyPool) -> LocalTransaction {
        let turn = turns.acquire().await.unwrap();
        LocalTransaction::begin(writer.clone(), turn).await.unwrap()
    }

    fn add(transaction: &LocalTransaction, id: &str) -> Result<u64, Error> {
        transaction.execute("INSERT INTO people VALUES ($1)", &[Value::Text(id)])
    }

    #[tokio::test]
    async fn a_transaction_ends_with_its_commit_its_rollback_or_its_drop() {
        let (folder, writer) = writer();
        let turns = turns(&folder).await;

        let committed = begin(&writer, &turns).await;
        assert_eq!(add(&committed, "one").unwrap(), 1);
        committed.commit().await.unwrap();

        let rolled_back = begin(&writer, &turns).await;
        add(&rolled_back, "two").unwrap();
        rolled_back.rollback().unwrap();

        let dropped = begin(&writer, &turns).await;
        add(&dropped, "three").unwrap();
        assert!(add(&dropped, "one").is_err());
        drop(dropped);

        let last = begin(&writer, &turns).await;
        let ids = last.fetch("SELECT id FROM people", &[], |row| row.text(0));
        assert_eq!(ids.unwrap(), ["one"]);
    }

    #[tokio::test]
    async fn a_commit_continues_without_its_caller() {
        let (folder, writer) = writer();
        let turns = turns(&folder).await;
        let transaction = begin(&writer, &turns).await;
        add(&transaction, "one").unwrap();
        let commit = std::pin::pin!(transaction.commit());
        assert!(commit.now_or_never().is_none());
        // The turn is free when the commit has ended.
        drop(begin(&writer, &turns).await);
        assert_eq!(count(&folder), 1);
    }

    #[tokio::test]
    async fn a_transaction_waits_for_another_process_without_the_thread() {
        let (folder, writer) = writer();
        let turns = turns(&folder).await;
        let holder = Connection::open(folder.path().join("writes.db")).unwrap();
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        let begun = begin(&writer, &turns);
        let released = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            holder.execute_batch("ROLLBACK").unwrap();
        };
        let (transaction, ()) = tokio::join!(begun, released);
        assert_eq!(add(&transaction, "one").unwrap(), 1);
    }
}
