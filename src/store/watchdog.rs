//! Terminates Postgres backends that wait without a timeout.
//!
//! `statement_timeout` does not cover a commit that waits for a synchronous standby. While the
//! standby is down such a commit waits forever, even after its client has disconnected, so
//! abandoned ones would exhaust the server's connections. The watchdog connects at startup, so that
//! it needs no connection when none is left.

use std::{sync::atomic::Ordering, time::Duration};

use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection};

use super::{Store, changes::with_response_timeout, pooler};

/// How often it checks.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Postgres cancels any statement after 5 seconds, so what takes longer is a commit. Terminating it
/// makes its effects visible: committed locally, not on the standby.
const TERMINATE_STUCK_COMMITS: &str = "SELECT COUNT(*) FILTER (WHERE pg_terminate_backend(pid)) \
     FROM pg_stat_activity \
     WHERE application_name = $1 AND usename = current_user AND pid <> pg_backend_pid() \
     AND state = 'active' AND clock_timestamp() - query_start > make_interval(secs => 6)";

impl Store {
    /// Terminates this process's stuck commits, until the future is dropped.
    pub(super) async fn terminate_stuck_commits(&self) {
        loop {
            let watched = self.watch().await;
            self.watchdog_pid.store(0, Ordering::Relaxed);
            if let Err(error) = watched {
                tracing::warn!(%error, "lost the watchdog's connection to Postgres, reconnecting");
            }
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
    }

    /// Checks periodically until the connection is lost.
    async fn watch(&self) -> Result<(), sqlx::Error> {
        let mut connection =
            with_response_timeout(PgConnection::connect(self.url.expose_secret())).await?;
        loop {
            let pid = with_response_timeout(pooler::backend_pid(&mut connection)).await?;
            self.watchdog_pid.store(pid, Ordering::Relaxed);
            let end = sqlx::query_as(TERMINATE_STUCK_COMMITS).bind(&self.process_id);
            let (ended,): (i64,) = with_response_timeout(end.fetch_one(&mut connection)).await?;
            if ended > 0 {
                tracing::error!(
                    ended,
                    "terminated commits that waited for more than 6 seconds: check whether Postgres's \
                     synchronous standby is up"
                );
            }
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
    }
}
