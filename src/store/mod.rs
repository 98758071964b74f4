//! What we keep ourselves: users, accounts and sessions, in SQLite or Postgres.
//!
//! One set of SQL serves both: it runs through sqlx's `Any` driver with `$1` placeholders, which
//! both databases read. Times are milliseconds since 1970 in `BIGINT`; booleans and enums are text
//! or integers. Personal data is sealed before it gets here ([`Cipher`]).
//! SQLite has one writer: its writes go through a pool of one connection, so that they queue in
//! order instead of spinning on a lock.

mod accounts;
mod activity;
mod attempts;
mod audit;
mod changes;
mod cipher;
mod error;
mod events;
mod inbox;
mod inquiries;
mod key_rotation;
mod login_throttles;
mod mirror;
mod patience;
mod results;
mod sessions;
mod silence;
mod timeline;
mod transaction;
mod users;

use std::{path::Path, sync::Arc, time::Duration};

use secrecy::SecretString;
use sqlx::{
    AnyConnection, AnyPool, Connection as _, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
};
use tokio::sync::{Notify, broadcast};

pub use accounts::CredentialsRow;
pub use activity::{ActivityKind, ActivityRow};
pub use attempts::{AttemptRow, FirstSend};
pub use audit::{AuditAction, AuditRow, NewAudit};
pub use changes::ChangeNotice;
pub use cipher::{Cipher, DataKey, DataKeyError};
pub use error::{Error, OpenError};
pub use events::{EventCounts, EventRow, EventState};
pub use inbox::{Due, DueEvent, NewEvent};
pub use inquiries::InquiryRow;
pub use login_throttles::LoginThrottleRow;
pub use mirror::{MirrorTransaction, NewChange};
pub use patience::in_time;
pub use results::{ChangeRow, EventNameRow, ResultRow, StandingRow};
pub use sessions::{ListedSessionRow, SessionRow};
pub use silence::Silence;
pub use timeline::UserChangeRow;
pub use users::UserRow;

use crate::clock::Clock;

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

/// How long a query waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Readers on SQLite, connections on Postgres.
const CONNECTIONS: u32 = 8;

/// How many rows one statement erases or deletes at most: what lasts is done bit by bit, so that no
/// statement comes near its time limit or holds others up for long.
const SWEEP: u32 = 1_000;

/// `($1, $2), ($3, $4), …`
fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let columns = (1..=columns).map(|column| format!("${}", row * columns + column));
        format!("({})", columns.collect::<Vec<_>>().join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// One file, one process.
    Sqlite,
    /// A server, many processes.
    Postgres,
}

/// The open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
    read: AnyPool,
    write: AnyPool,
    cipher: Cipher,
    clock: Clock,
    url: SecretString,
    changes: broadcast::Sender<ChangeNotice>,
    events_elsewhere: Arc<Notify>,
    activity: activity::ActivityQueue,
}

impl Store {
    /// Opens the database at `sqlite://path` or `postgres://…`, creating a missing SQLite file,
    /// and brings the schema up to date.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do about it.
    pub async fn open(url: &str, cipher: Cipher, clock: Clock) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        if let Some(path) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(url, path.trim_start_matches("//"), cipher, clock).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url, cipher, clock).await
        } else {
            Err(OpenError::UnknownScheme)
        }
    }

    async fn open_sqlite(
        url: &str,
        path: &str,
        cipher: Cipher,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let file = path.split('?').next().unwrap_or(path);
        if let Some(folder) = Path::new(file).parent() {
            std::fs::create_dir_all(folder).map_err(OpenError::Folder)?;
        }
        let options: AnyConnectOptions = format!("sqlite://{file}?mode=rwc")
            .parse()
            .map_err(OpenError::Connect)?;
        let pool = |connections| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .after_connect(|connection, _| {
                    Box::pin(async move {
                        // FULL: what was acknowledged survives a power cut, too.
                        connection
                            .execute(
                                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                                 PRAGMA busy_timeout = 3000; PRAGMA foreign_keys = ON;",
                            )
                            .await?;
                        Ok(())
                    })
                })
        };
        let write = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(OpenError::Connect)?;
        SQLITE.run(&write).await.map_err(OpenError::Migrate)?;
        let read = pool(CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(OpenError::Connect)?;
        Ok(Self {
            backend: Backend::Sqlite,
            read,
            write,
            cipher,
            clock,
            url: url.into(),
            changes: broadcast::Sender::new(changes::BACKLOG),
            events_elsewhere: Arc::default(),
            activity: activity::ActivityQueue::default(),
        })
    }

    async fn open_postgres(url: &str, cipher: Cipher, clock: Clock) -> Result<Self, OpenError> {
        // A connection of its own: bringing a large table up to date may take its time.
        let mut connection = AnyConnection::connect(url)
            .await
            .map_err(OpenError::Connect)?;
        POSTGRES
            .run(&mut connection)
            .await
            .map_err(OpenError::Migrate)?;
        connection.close().await.map_err(OpenError::Connect)?;
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // A click must have its answer. And no transaction waits for anything but
                    // the database: who says nothing for so long is frozen or gone, and must
                    // not hold up the others until the kernel finds out.
                    connection
                        .execute(
                            "SET statement_timeout = 5000; \
                             SET idle_in_transaction_session_timeout = 10000",
                        )
                        .await?;
                    Ok(())
                })
            })
            .after_release(|connection, _| Box::pin(patience::is_alive(connection)))
            .connect(url)
            .await
            .map_err(OpenError::Connect)?;
        Ok(Self {
            backend: Backend::Postgres,
            read: pool.clone(),
            write: pool,
            cipher,
            clock,
            url: url.into(),
            changes: broadcast::Sender::new(changes::BACKLOG),
            events_elsewhere: Arc::default(),
            activity: activity::ActivityQueue::default(),
        })
    }

    /// How a statement chooses rows that nobody else has in his hands.
    fn skip_locked(&self) -> &'static str {
        match self.backend {
            // The whole database is locked already.
            Backend::Sqlite => "",
            Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// Does a statement that takes on at most [`SWEEP`] rows until there are no more; says how many
    /// there were.
    async fn sweep(&self, sql: &str, before: i64) -> Result<u64, Error> {
        let mut swept = 0;
        loop {
            // Not kept prepared: Postgres then plans it for this time, and not for any.
            let statement = sqlx::query(sql).persistent(false);
            let statement = statement.bind(before).bind(i64::from(SWEEP));
            let done = in_time(async { Ok(statement.execute(&self.write).await?) }).await?;
            swept += done.rows_affected();
            if done.rows_affected() < u64::from(SWEEP) {
                return Ok(swept);
            }
        }
    }

    fn migrator(&self) -> &'static sqlx::migrate::Migrator {
        match self.backend {
            Backend::Sqlite => &SQLITE,
            Backend::Postgres => &POSTGRES,
        }
    }

    /// The time now, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Checks that the database answers and has this program's schema.
    ///
    /// # Errors
    /// If it does not.
    pub async fn check(&self) -> Result<(), Error> {
        let (newest,): (i64,) = sqlx::query_as("SELECT MAX(version) FROM _sqlx_migrations")
            .fetch_one(&self.read)
            .await?;
        let ours = self
            .migrator()
            .iter()
            .map(|migration| migration.version)
            .max();
        if ours == Some(newest) {
            Ok(())
        } else {
            Err(Error::Schema { newest })
        }
    }

    /// Closes all connections, letting running queries end and what waits be written.
    pub async fn close(&self) {
        self.write_activity().await;
        self.read.close().await;
        self.write.close().await;
    }
}
