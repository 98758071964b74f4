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
mod background_pace;
mod changes;
mod cipher;
mod data_keys;
mod error;
mod events;
mod inbox;
mod inquiries;
mod inquiry_sync;
mod key_rotation;
mod login_throttles;
mod open;
mod pooler;
mod processes;
mod reconcile;
mod results;
mod schema;
mod sessions;
mod timeline;
mod timeout;
mod transaction;
mod users;
mod watchdog;

use std::sync::{Arc, atomic::AtomicI32};

use secrecy::SecretString;
use sqlx::{AnyPool, AssertSqlSafe, SqlSafeStr as _};
use tokio::sync::{Notify, broadcast};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

pub use accounts::CredentialsRow;
pub use activity::{ActivityKind, ActivityRow};
pub use attempts::{AttemptRow, AttemptWrite, DatabaseTime, FirstSend};
pub use audit::{AuditAction, AuditRow, NewAudit};
pub use changes::ChangeNotice;
pub use cipher::{Cipher, DataKey, DataKeyError};
pub use data_keys::RetireOutcome;
pub use error::{Error, OpenError};
pub use events::{EventCounts, EventRow, EventState};
pub use inbox::{Due, DueEvent, NewEvent};
pub use inquiries::InquiryRow;
pub use inquiry_sync::{NewChange, SyncTransaction};
pub use login_throttles::LoginThrottleRow;
pub use open::{DEFAULT_POOL_SIZE, MIN_POOL_SIZE};
pub use reconcile::StalenessPolicy;
pub use results::{ChangeRow, EventNameRow, InquirySummaryRow, ResultRow};
pub use schema::SchemaStatus;
pub use sessions::{ListedSessionRow, SessionRow};
pub use timeline::UserChangeRow;
pub use timeout::with_timeout;
pub use users::UserRow;

use crate::base::Clock;

/// How long work may go on when the database is to be closed: as long as a click may take.
const CLOSE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

/// How many rows one statement erases or deletes at most: what lasts is done bit by bit, so that no
/// statement comes near its time limit or holds others up for long.
const SWEEP_BATCH: u32 = 1_000;

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

impl Backend {
    /// The database's own time in milliseconds since 1970: where processes compare times, their
    /// clocks may differ.
    fn now_ms_sql(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST((julianday('now') - 2440587.5) * 86400000 AS BIGINT)",
            Self::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }
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
    /// This process's, in the table of processes; also the name of its connections at Postgres.
    process_id: Arc<str>,
    /// The backend that serves the watchdog at Postgres; 0 if none does.
    watchdog_pid: Arc<AtomicI32>,
    /// Whether it has a row there: a command that only looks has none.
    is_registered: bool,
    changes: broadcast::Sender<ChangeNotice>,
    remote_events: Arc<Notify>,
    activity: activity::ActivityQueue,
    work: TaskTracker,
}

impl Store {
    /// How a statement chooses rows that nobody else has in his hands.
    fn skip_locked(&self) -> &'static str {
        match self.backend {
            // The whole database is locked already.
            Backend::Sqlite => "",
            Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// Does a statement that takes on at most [`SWEEP_BATCH`] rows until there are no more; says how many
    /// there were.
    async fn sweep(&self, sql: String, before: i64) -> Result<u64, Error> {
        let sql = AssertSqlSafe(sql).into_sql_str();
        let mut swept = 0;
        loop {
            // Not kept prepared: Postgres then plans it for this time, and not for any.
            let statement = sqlx::query(sql.clone()).persistent(false);
            let statement = statement.bind(before).bind(i64::from(SWEEP_BATCH));
            let done = with_timeout(async { Ok(statement.execute(&self.write).await?) }).await?;
            swept += done.rows_affected();
            if done.rows_affected() < u64::from(SWEEP_BATCH) {
                return Ok(swept);
            }
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

    /// Checks that the database can serve: its schema is at least this program's, the keys open what
    /// is sealed in it, and it takes and keeps a write.
    ///
    /// # Errors
    /// If it cannot.
    pub async fn check(&self) -> Result<(), Error> {
        self.check_own_sessions().await?;
        self.check_schema().await?;
        self.check_keys().await?;
        // Last, since it proves the most: a standby reads well, too.
        self.write_heartbeat().await
    }

    /// Runs work that goes on when its caller goes away, and that [`close`](Self::close) waits for.
    /// A panic in it is the caller's; `None` if the program ends before the work does.
    pub async fn run_to_completion<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        match self.work.spawn(work.in_current_span()).await {
            Ok(done) => Some(done),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => None,
            },
        }
    }

    /// Closes all connections, letting running work and queries end and what waits be written.
    pub async fn close(&self) {
        self.work.close();
        let ended = tokio::time::timeout(CLOSE_TIMEOUT, self.work.wait()).await;
        if ended.is_err() {
            tracing::warn!("some work did not end in time and was cut off");
        }
        self.write_activity().await;
        if self.is_registered {
            self.delete_heartbeat().await;
        }
        self.read.close().await;
        self.write.close().await;
    }
}
