//! Opens the database to serve, to migrate, or to read without writing.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    time::Duration,
};

use rand::{RngExt as _, distr::Alphanumeric};
use sqlx::{
    AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Executor as _, SqlSafeStr as _,
    any::{AnyConnectOptions, AnyPoolOptions},
};
use tokio::sync::{Notify, broadcast};

use super::{
    Backend, Cipher, Local, OpenError, Parts, Store, changes, local_writer::LocalWriter,
    lookup::LocalReader, pooler, row_queue, statistics_queue, timeout,
};
use crate::base::Clock;

/// The default maximum number of connections per process.
pub const DEFAULT_POOL_SIZE: u32 = 10;
/// The minimum: with fewer, one slow statement blocks the process.
pub const MIN_POOL_SIZE: u32 = 4;

/// How long a query waits for a pooled connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Postgres connections outside the pool: the listener's and the watchdog's.
const OUTSIDE_POOL: u32 = 2;

/// The database that `DATABASE_URL` names.
enum Location {
    Sqlite(PathBuf),
    Postgres,
}

impl Location {
    fn parse(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.trim_start_matches("//");
            return Ok(Self::Sqlite(path.split('?').next().unwrap_or(path).into()));
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Ok(Self::Postgres);
        }
        Err(OpenError::UnknownScheme)
    }
}

impl Store {
    /// Opens the database at `sqlite://path` or `postgres://…` to serve: creates a missing SQLite
    /// file, migrates the schema, and registers the key that this process encrypts with.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do.
    pub async fn open(url: &str, cipher: Cipher, clock: Clock) -> Result<Self, OpenError> {
        Self::open_with_pool(url, DEFAULT_POOL_SIZE, cipher, clock).await
    }

    /// Like [`Store::open`], with this maximum number of connections.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_with_pool(
        url: &str,
        pool_size: u32,
        cipher: Cipher,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        Self::migrate(url).await?;
        let store = Self::connect(url, "rw", pool_size, cipher, clock).await?;
        store.register().await?;
        store.is_registered.store(true, Ordering::Relaxed);
        Ok(store)
    }

    /// Migrates the schema, and creates a missing SQLite file.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn migrate(url: &str) -> Result<(), OpenError> {
        sqlx::any::install_default_drivers();
        // A connection outside the pool has no `statement_timeout`: migrating a large table may
        // take long.
        let (backend, mut connection) = match Location::parse(url)? {
            Location::Sqlite(file) => {
                if let Some(folder) = file.parent() {
                    std::fs::create_dir_all(folder).map_err(OpenError::Folder)?;
                }
                let mut connection = AnyConnection::connect_with(&sqlite_options(&file, "rwc")?)
                    .await
                    .map_err(OpenError::Connect)?;
                configure_sqlite(&mut connection)
                    .await
                    .map_err(OpenError::Connect)?;
                (Backend::Sqlite, connection)
            }
            Location::Postgres => {
                pooler::reject_shared_sessions(url).await?;
                let connection = AnyConnection::connect(url)
                    .await
                    .map_err(OpenError::Connect)?;
                (Backend::Postgres, connection)
            }
        };
        backend
            .migrator()
            .run(&mut connection)
            .await
            .map_err(OpenError::Migrate)?;
        connection.close().await.map_err(OpenError::Connect)
    }

    /// Opens an existing database to read or, with `may_write`, to change rows. Does not change
    /// schema, keys or files.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_existing(
        url: &str,
        may_write: bool,
        cipher: Cipher,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        match Location::parse(url)? {
            Location::Sqlite(file) if !file.exists() => return Err(OpenError::NoFile),
            Location::Sqlite(_) => {}
            Location::Postgres => pooler::reject_shared_sessions(url).await?,
        }
        let mode = if may_write { "rw" } else { "ro" };
        Self::connect(url, mode, MIN_POOL_SIZE, cipher, clock).await
    }

    async fn connect(
        url: &str,
        mode: &str,
        pool_size: u32,
        cipher: Cipher,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let process_id = new_process_id();
        let (backend, read, write, local) = match Location::parse(url)? {
            Location::Sqlite(file) => {
                let options = sqlite_options(&file, mode)?;
                let write = sqlite_pool(options.clone(), 1, mode).await?;
                let read = sqlite_pool(options, pool_size.saturating_sub(1).max(1), mode).await?;
                let local = (mode == "rw").then(|| Local {
                    reader: LocalReader::new(file.clone()),
                    writer: LocalWriter::new(file),
                });
                (Backend::Sqlite, read, write, local)
            }
            Location::Postgres => {
                let size = pool_size.saturating_sub(OUTSIDE_POOL).max(1);
                let pool = postgres_pool(url, size, &process_id).await?;
                (Backend::Postgres, pool.clone(), pool, None)
            }
        };
        Ok(Self(Arc::new(Parts {
            backend,
            read,
            write,
            local,
            cipher,
            clock,
            url: url.into(),
            process_id,
            watchdog_pid: AtomicI32::new(0),
            is_registered: AtomicBool::new(false),
            changes: broadcast::Sender::new(changes::NOTICE_CAPACITY),
            remote_events: Notify::new(),
            activity: row_queue::RowQueue::default(),
            statistics: statistics_queue::StatisticsQueue::default(),
            work: tokio_util::task::TaskTracker::new(),
        })))
    }
}

fn new_process_id() -> String {
    let random = rand::rng().sample_iter(Alphanumeric);
    let random: String = random.take(12).map(char::from).collect();
    format!("persona-onboarding-{random}")
}

fn sqlite_options(file: &Path, mode: &str) -> Result<AnyConnectOptions, OpenError> {
    let file = file.display();
    // Without a WAL file no process has the database open, and only then can it be read without
    // creating files (https://sqlite.org/wal.html#read_only_databases).
    let log = format!("{file}-wal");
    let is_immutable = mode == "ro" && !Path::new(&log).exists();
    format!("sqlite://{file}?mode={mode}&immutable={is_immutable}")
        .parse()
        .map_err(OpenError::Connect)
}

async fn sqlite_pool(
    options: AnyConnectOptions,
    connections: u32,
    mode: &str,
) -> Result<AnyPool, OpenError> {
    let is_read_only = mode == "ro";
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A file does not go away, and each ping wakes the connection's thread.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if is_read_only {
                    connection.execute("PRAGMA busy_timeout = 3000").await?;
                    return Ok(());
                }
                configure_sqlite(connection).await
            })
        })
        .connect_with(options)
        .await
        .map_err(OpenError::Connect)
}

async fn configure_sqlite(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    // FULL: commits survive a power failure.
    connection
        .execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA busy_timeout = 3000; PRAGMA foreign_keys = ON;",
        )
        .await?;
    Ok(())
}

async fn postgres_pool(
    url: &str,
    connections: u32,
    process_id: &str,
) -> Result<AnyPool, OpenError> {
    // `statement_timeout`: a click needs a response. `idle_in_transaction_session_timeout`: an idle
    // transaction belongs to a frozen or crashed process and must not block the others until the
    // kernel notices. `application_name`: the watchdog identifies this process's backends by it.
    let settings = AssertSqlSafe(format!(
        "SET statement_timeout = 5000; SET idle_in_transaction_session_timeout = 10000; \
         SET application_name = '{process_id}'"
    ))
    .into_sql_str();
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // By default sqlx pings each time and without a timeout of its own.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| Box::pin(timeout::is_usable(connection, meta.idle_for)))
        .after_connect(move |connection, _| {
            let settings = settings.clone();
            Box::pin(async move {
                connection.execute(settings).await?;
                Ok(())
            })
        })
        .after_release(|connection, _| Box::pin(timeout::is_alive(connection)))
        .connect(url)
        .await
        .map_err(OpenError::Connect)
}
