//! Ends what waits at Postgres without a limit of Postgres's own.
//!
//! `statement_timeout` does not cover a commit that waits for a synchronous standby. Such a wait has
//! no end while the standby is away, and goes on after its client has left, so that abandoned ones
//! would fill up the server's connections. The watchdog has a connection from the start, so that it
//! needs none when there are no more.

use std::{sync::atomic::Ordering, time::Duration};

use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection};

use super::{Store, changes::with_response_timeout, pooler};

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(1);

/// Any statement is ended by Postgres itself after 5 seconds: what takes longer is a commit.
/// Its effects become visible when it is ended: it is then committed here, and not at the standby.
const TERMINATE_STUCK_COMMITS: &str = "SELECT COUNT(*) FILTER (WHERE pg_terminate_backend(pid)) \
     FROM pg_stat_activity \
     WHERE application_name = $1 AND usename = current_user AND pid <> pg_backend_pid() \
     AND state = 'active' AND clock_timestamp() - query_start > make_interval(secs => 6)";

impl Store {
    /// Ends this process's commits that wait for too long, until the future is dropped.
    pub(super) async fn terminate_stuck_commits(&self) {
        loop {
            let watched = self.watch().await;
            self.watchdog_pid.store(0, Ordering::Relaxed);
            if let Err(error) = watched {
                tracing::warn!(%error, "lost the watchdog's connection to Postgres, trying again");
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Watches until the connection is lost.
    async fn watch(&self) -> Result<(), sqlx::Error> {
        let mut connection =
            with_response_timeout(PgConnection::connect(self.url.expose_secret())).await?;
        loop {
            let pid = with_response_timeout(pooler::backend_pid(&mut connection)).await?;
            self.watchdog_pid.store(pid, Ordering::Relaxed);
            let end = sqlx::query_as(TERMINATE_STUCK_COMMITS).bind(&*self.process_id);
            let (ended,): (i64,) = with_response_timeout(end.fetch_one(&mut connection)).await?;
            if ended > 0 {
                tracing::error!(
                    ended,
                    "ended commits that waited for more than 6 seconds: see whether Postgres's \
                     synchronous standby is up"
                );
            }
            tokio::time::sleep(PERIOD).await;
        }
    }
}
