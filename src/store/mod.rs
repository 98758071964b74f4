//! The database, SQLite or Postgres: pool, transactions, encryption, and the statements. A file is
//! about one table, or about one use of it: `inbox` and `events` are two uses of the events table.
//!
//! One set of SQL serves both databases through sqlx's `Any` driver with `$1` placeholders; on
//! SQLite the lookups of a click and the updates of inquiries run on the thread of the caller
//! (`lookup.rs`, `sync_connection.rs`), and the activity log is inserted in batches
//! (`local_writer.rs`). Times are milliseconds since 1970 in `BIGINT`; booleans and enums are text or
//! integers. Personal data is encrypted before it
//! is written ([`Cipher`]). SQLite has one writer, so its writes use a pool of one connection: they
//! queue in order instead of retrying on a lock.

mod accounts;
mod activity;
mod attempts;
mod audit;
mod background_pace;
mod changes;
mod cipher;
mod corrections;
mod data_keys;
mod error;
mod events;
mod inbox;
mod inquiries;
mod inquiry_sync;
mod key_rotation;
mod local_writer;
mod login_throttles;
mod lookup;
mod open;
mod placeholders;
mod pooler;
mod processes;
mod reconcile;
mod results;
mod row_queue;
mod schema;
mod sessions;
mod statistics;
mod statistics_queue;
mod submissions;
mod sync_connection;
mod timeline;
mod timeout;
mod transaction;
mod users;
mod value;
mod watchdog;

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
};

use secrecy::SecretString;
use sqlx::{AnyPool, AssertSqlSafe, SqlSafeStr as _};
use tokio::sync::{Notify, broadcast};
use tokio_util::task::TaskTracker;

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
pub use results::{ChangeRow, EventNameRow, InquirySummaryRow, ResultRow};
pub use schema::SchemaStatus;
pub use sessions::{ListedSessionRow, SessionRow};
pub use statistics::{Day, DecisionRow, FailureDayRow, FunnelDayRow, FunnelStage, day_of};
pub use submissions::SubmissionHint;
pub use timeline::UserChangeRow;
pub use timeout::with_timeout;
pub use users::UserRow;

use self::placeholders::Placeholders;
use crate::base::{Clock, Completion};

/// How long `close` waits for running work: the maximum duration of a click.
const CLOSE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

/// The maximum number of rows that one statement of a sweep changes. Batches keep each statement
/// below its timeout and its locks short.
const SWEEP_BATCH: u32 = 1_000;

/// The database system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// SQLite: one file, one process.
    Sqlite,
    /// Postgres: one server, many processes.
    Postgres,
}

impl Backend {
    /// SQL for the database's time in milliseconds since 1970. Processes compare times by this
    /// clock, because their own clocks may differ.
    fn now_ms_sql(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST((julianday('now') - 2440587.5) * 86400000 AS BIGINT)",
            Self::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }
}

/// The open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store(Arc<Parts>);

/// What all clones of a [`Store`] share.
#[derive(Debug)]
pub struct Parts {
    backend: Backend,
    read: AnyPool,
    write: AnyPool,
    /// Of SQLite, unless the database is only read.
    local: Option<Local>,
    cipher: Cipher,
    clock: Clock,
    url: SecretString,
    /// This process's ID in the processes table, and the `application_name` of its Postgres
    /// connections.
    process_id: String,
    /// The Postgres backend PID of the watchdog's connection; 0 if there is none.
    watchdog_pid: AtomicI32,
    /// Whether this process has a row in the processes table; commands that only read have none.
    is_registered: AtomicBool,
    changes: broadcast::Sender<ChangeNotice>,
    remote_events: Notify,
    activity: row_queue::RowQueue<ActivityRow>,
    statistics: statistics_queue::StatisticsQueue,
    work: TaskTracker,
}

impl Deref for Store {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The connections to SQLite that need no thread of their own.
#[derive(Debug, Clone)]
struct Local {
    reader: lookup::LocalReader,
    writer: local_writer::LocalWriter,
}

impl Store {
    /// The SQL clause that skips rows locked by another transaction.
    fn skip_locked(&self) -> &'static str {
        match self.backend {
            // SQLite locks the whole database.
            Backend::Sqlite => "",
            Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// The placeholders of one statement.
    fn placeholders(&self) -> Placeholders {
        Placeholders::new(self.backend)
    }

    /// Repeats a statement that changes at most [`SWEEP_BATCH`] rows until no rows are left.
    /// Returns the number of changed rows.
    async fn sweep(&self, sql: String, before: i64) -> Result<u64, Error> {
        let sql = AssertSqlSafe(sql).into_sql_str();
        let mut swept = 0;
        loop {
            // Not prepared, so that Postgres plans the statement for this value.
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

    /// The database system.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Checks that the database can serve: the schema is current, the data keys decrypt its data,
    /// and it accepts a write.
    ///
    /// # Errors
    /// If a check fails.
    pub async fn check(&self) -> Result<(), Error> {
        self.check_own_sessions().await?;
        self.check_schema().await?;
        self.check_keys().await?;
        // Last, because it proves the most: a standby passes the reads.
        self.write_heartbeat().await
    }

    /// Runs work to completion even if the caller is cancelled; [`close`](Self::close) waits for
    /// it. A panic propagates to the caller.
    pub fn run_to_completion<T: Send + 'static, W: Future<Output = T> + Send + 'static>(
        &self,
        work: W,
    ) -> impl Future<Output = T> + Send + use<T, W> {
        Completion::new(&self.work, work)
    }

    /// Waits for running work, writes queued activity and statistics, and closes all connections.
    pub async fn close(&self) {
        self.work.close();
        let ended = tokio::time::timeout(CLOSE_TIMEOUT, self.work.wait()).await;
        if ended.is_err() {
            tracing::warn!("work still running after the close timeout was aborted");
        }
        self.write_activity().await;
        self.write_statistics().await;
        if self.is_registered.load(Ordering::Relaxed) {
            self.delete_heartbeat().await;
        }
        if let Some(local) = &self.local {
            local.reader.close();
            local.writer.close();
        }
        self.read.close().await;
        self.write.close().await;
    }
}
