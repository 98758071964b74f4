//! The state file: a SQLite database in WAL mode.
//!
//! A transaction is written to the operating system before its request is answered, so it survives
//! the death of the process. The disk is synchronised about once a second, by a checkpoint on a
//! connection of its own that no request waits for. Deleted rows are overwritten. A change that
//! redacts data also marks the file as having an erasure pending, which [`Database::erase`] does
//! later. A file that cannot be read is never overwritten.
//!
//! Longer than 400 lines: opening, writing and repairing the file share one connection.

mod calls;
mod error;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use calls::{CallChanges, CallTable};
pub use error::OpenError;
pub(crate) use error::{WriteError, io_error};

/// The first bytes of a SQLite file.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The first bytes of the state file of earlier versions.
const JOURNAL_MAGIC: &[u8] = br#"{"persona-sandbox-state""#;

/// The default name of the state file of earlier versions.
const OLD_NAME: &str = "sandbox.jsonl";

/// The length of the header of a SQLite file, which holds version and application ID.
const HEADER_LENGTH: usize = 100;

/// `PRAGMA application_id`: a state file of the sandbox.
const APPLICATION_ID: i32 = 0x5053_4258;

/// `PRAGMA user_version`: the version of the schema below.
const SCHEMA_VERSION: i32 = 1;

/// Rows of a kind are stored together, in the order of their creation.
const SCHEMA: &str = "
    CREATE TABLE records (
        kind INTEGER NOT NULL,
        number INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (kind, number)
    ) WITHOUT ROWID;
    CREATE TABLE pending_erasure (id INTEGER PRIMARY KEY CHECK (id = 1));
";

/// Marks the file as having an erasure pending.
const MARK_ERASURE: &str = "INSERT OR IGNORE INTO pending_erasure VALUES (1)";

/// A longer write-ahead log is truncated by a checkpoint that blocks changes.
const MAX_LOG_BYTES: u64 = 64 * 1024 * 1024;

/// How long a connection waits for the lock of the other one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The new content of one row, or its removal.
#[derive(Debug)]
pub(crate) struct RowChange<'a, R> {
    pub(crate) kind: i64,
    pub(crate) number: u64,
    /// `None` if the row is removed.
    pub(crate) record: Option<&'a R>,
}

/// An open state file.
#[derive(Debug)]
pub(crate) struct Database {
    connection: Connection,
    checkpoints: Checkpoints,
    path: PathBuf,
    is_erasure_pending: Arc<AtomicBool>,
    /// Excludes other processes until it is dropped.
    _lock: FileLock,
}

/// Synchronises the file to the disk without blocking changes.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoints {
    connection: Arc<Mutex<Connection>>,
    log: PathBuf,
}

/// A lock in a file beside the state file: SQLite's own lets two processes share a database.
#[derive(Debug)]
struct FileLock(File);

impl FileLock {
    fn acquire(path: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder)
                .map_err(|source| io_error("create the folder of", path, source))?;
        }
        let failed = |source| io_error("lock", path, source);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(with_suffix(path, ".lock"))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Best effort: closing the file also releases the lock.
        let _ = self.0.unlock();
    }
}

impl Database {
    /// Opens the state file at `path`, or creates one.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let lock = FileLock::acquire(path)?;
        let is_new = check_header(path)?;
        if is_new {
            create(path)?;
            warn_about_old_file(path);
        }
        let failed = |error| open_error("open", path, &error);
        let connection = connect(path).map_err(failed)?;
        connection.execute(calls::SCHEMA, []).map_err(failed)?;
        warn_about_old_call_log(path);
        let checkpoints = Checkpoints {
            connection: Arc::new(Mutex::new(connect(path).map_err(failed)?)),
            log: with_suffix(path, "-wal"),
        };
        // A killed process may have left changes, erasures among them, in the write-ahead log.
        checkpoint(&connection, "TRUNCATE").map_err(failed)?;
        let is_erasure_pending = connection
            .query_row("SELECT id FROM pending_erasure", [], |_| Ok(()))
            .optional()
            .map_err(failed)?
            .is_some();
        Ok(Self {
            connection,
            checkpoints,
            path: path.to_owned(),
            is_erasure_pending: Arc::new(AtomicBool::new(is_erasure_pending)),
            _lock: lock,
        })
    }

    /// Calls `apply` with each record and its number, ordered by kind and number.
    pub(crate) fn load<R: DeserializeOwned>(
        &self,
        mut apply: impl FnMut(u64, R),
    ) -> Result<(), OpenError> {
        let failed = |error| open_error("read", &self.path, &error);
        let mut select = self
            .connection
            .prepare("SELECT kind, number, body FROM records ORDER BY kind, number")
            .map_err(failed)?;
        let mut rows = select.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let (kind, number): (i64, i64) =
                (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
            let body = row.get_ref(2).map_err(failed)?;
            // The error quotes no part of the record, which holds personal data.
            let record = body
                .as_str()
                .ok()
                .and_then(|body| serde_json::from_str(body).ok())
                .ok_or_else(|| OpenError::Damaged {
                    path: self.path.clone(),
                    reason: format!("record {number} of kind {kind} is none of this version"),
                })?;
            apply(number.cast_unsigned(), record);
        }
        Ok(())
    }

    /// Writes one transaction: all rows or none. With `erases`, the previous content of the rows
    /// has to be erased from the file.
    pub(crate) fn write<'a, R: Serialize + 'a>(
        &mut self,
        rows: impl Iterator<Item = RowChange<'a, R>>,
        erases: bool,
    ) -> Result<(), WriteError> {
        self.write_after(None, rows, erases)
    }

    /// Writes one transaction that replaces all rows by these. The API log belongs to the previous
    /// state and is removed with it.
    pub(crate) fn replace<'a, R: Serialize + 'a>(
        &mut self,
        rows: impl Iterator<Item = RowChange<'a, R>>,
    ) -> Result<(), WriteError> {
        self.write_after(Some("DELETE FROM records; DELETE FROM calls"), rows, true)
    }

    fn write_after<'a, R: Serialize + 'a>(
        &mut self,
        first: Option<&str>,
        rows: impl Iterator<Item = RowChange<'a, R>>,
        erases: bool,
    ) -> Result<(), WriteError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(first) = first {
            transaction.execute_batch(first)?;
        }
        {
            let mut put =
                transaction.prepare_cached("INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3)")?;
            let mut delete = transaction
                .prepare_cached("DELETE FROM records WHERE kind = ?1 AND number = ?2")?;
            for row in rows {
                let number = row.number.cast_signed();
                match row.record {
                    Some(record) => {
                        let body = serde_json::to_string(record).map_err(io::Error::from)?;
                        put.execute(params![row.kind, number, body])?;
                    }
                    None => {
                        delete.execute(params![row.kind, number])?;
                    }
                }
            }
        }
        if erases {
            transaction.execute(MARK_ERASURE, [])?;
        }
        transaction.commit()?;
        if erases {
            self.is_erasure_pending.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Whether redacted data still has to be erased from the file.
    pub(crate) fn is_erasure_pending(&self) -> bool {
        self.is_erasure_pending.load(Ordering::Acquire)
    }

    /// Erases everything that is not current from the file, also from free pages and the
    /// write-ahead log. Takes as long as writing the file once.
    pub(crate) fn erase(&mut self) -> Result<(), WriteError> {
        // Deleted rows were overwritten with zeros, but a row that SQLite moved to another page
        // may have left a copy behind.
        self.connection.execute_batch("VACUUM")?;
        checkpoint(&self.connection, "TRUNCATE")?;
        // Last, so that an interrupted erasure is repeated.
        self.connection.execute("DELETE FROM pending_erasure", [])?;
        self.is_erasure_pending.store(false, Ordering::Release);
        Ok(())
    }

    /// Truncates the write-ahead log. Blocks changes.
    pub(crate) fn truncate_log(&self) -> Result<(), WriteError> {
        Ok(checkpoint(&self.connection, "TRUNCATE")?)
    }

    /// The checkpoints of the file.
    pub(crate) fn checkpoints(&self) -> Checkpoints {
        self.checkpoints.clone()
    }

    /// The table of the API log.
    pub(crate) fn call_table(&self) -> CallTable {
        CallTable {
            connection: Arc::clone(&self.checkpoints.connection),
            is_erasure_pending: Arc::clone(&self.is_erasure_pending),
            path: self.path.clone(),
        }
    }
}

impl Checkpoints {
    /// Synchronises all committed changes to the disk. Blocks the caller, but no changes.
    pub(crate) fn run(&self) -> Result<(), WriteError> {
        let connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(checkpoint(&connection, "PASSIVE")?)
    }

    /// Whether the write-ahead log is too long, because changes came without a pause.
    pub(crate) fn is_log_long(&self) -> bool {
        std::fs::metadata(&self.log).is_ok_and(|log| log.len() > MAX_LOG_BYTES)
    }
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<()> {
    let is_busy: bool =
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            row.get(0)
        })?;
    if is_busy && mode == "TRUNCATE" {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, None));
    }
    Ok(())
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL mode a commit is a write to the log. Checkpoints synchronise the disk.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "secure_delete", true)?;
    // Erased data must not be written to a temporary file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Returns whether there is no state file at `path` yet. Reads the header without SQLite, which
/// would modify the file.
fn check_header(path: &Path) -> Result<bool, OpenError> {
    let mut header = Vec::new();
    match File::open(path) {
        Ok(file) => file
            .take(HEADER_LENGTH as u64)
            .read_to_end(&mut header)
            .map_err(|source| io_error("read", path, source))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(io_error("open", path, error)),
    };
    let path = path.to_owned();
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?;
        Some(i32::from_be_bytes(bytes.try_into().ok()?))
    };
    if header.starts_with(JOURNAL_MAGIC) {
        Err(OpenError::Outdated { path })
    } else if header.is_empty() {
        // A process was killed before it wrote anything.
        Ok(true)
    } else if header.starts_with(MAGIC)
        && number(60) == Some(SCHEMA_VERSION)
        && number(68) == Some(APPLICATION_ID)
    {
        Ok(false)
    } else {
        Err(OpenError::Foreign { path })
    }
}

/// Warns that a state file of an earlier version is not read.
fn warn_about_old_file(path: &Path) {
    let old = path.with_file_name(OLD_NAME);
    if old.exists() {
        tracing::warn!(
            "{} holds the state of an earlier version and is not read: the sandbox begins anew in \
             {}; delete the old file once you do not need it",
            old.display(),
            path.display(),
        );
    }
}

/// Warns that the file in which earlier versions kept the API log is not read, nor redacted.
fn warn_about_old_call_log(path: &Path) {
    let old = with_suffix(path, ".calls");
    if old.exists() {
        tracing::warn!(
            "{} holds the API log of an earlier version, which is not read and in which nothing is \
             redacted; delete it once you do not need it",
            old.display(),
        );
    }
}

/// Creates a state file: under another name first, so that an interrupted creation leaves none.
fn create(path: &Path) -> Result<(), OpenError> {
    let temporary = with_suffix(path, ".new");
    let failed = |error| open_error("create", path, &error);
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // The file holds personal data and the key of the session tokens.
        options.mode(0o600);
    }
    options
        .open(&temporary)
        .map_err(|source| io_error("create", path, source))?;
    let connection = Connection::open(&temporary).map_err(failed)?;
    connection.execute_batch(SCHEMA).map_err(failed)?;
    for (name, value) in [
        ("application_id", APPLICATION_ID),
        ("user_version", SCHEMA_VERSION),
    ] {
        connection
            .pragma_update(None, name, value)
            .map_err(failed)?;
    }
    connection.close().map_err(|(_, error)| failed(error))?;
    std::fs::rename(&temporary, path).map_err(|source| io_error("create", path, source))
}

fn open_error(attempt: &'static str, path: &Path, error: &rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => OpenError::Damaged {
            path,
            reason: error.to_string(),
        },
        _ => OpenError::Io {
            attempt,
            path,
            source: io::Error::other(error.to_string()),
        },
    }
}

/// `path` with `suffix` appended to the file name.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
