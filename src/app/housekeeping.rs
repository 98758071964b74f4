//! Housekeeping: deletes ended sessions, old counts of wrong passwords, old activity and
//! old statistics.
//!
//! It runs in the background and in batches: after an attack there may be millions of rows to delete,
//! and no sign-in may wait for that.

use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::{
    app::session_store::ABSOLUTE,
    base::{Clock, error_chain},
    domain::{ACTIVITY_RETENTION, LOGIN_FAILURE_RETENTION},
    store::{Error, Store},
};

/// The time between two rounds.
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// Deletes old rows now and every ten minutes, until `shutdown`.
pub async fn run_housekeeping(store: Store, clock: Clock, shutdown: CancellationToken) {
    let work = async {
        loop {
            delete_old_rows(&store, &clock).await;
            tokio::time::sleep(HOUSEKEEPING_INTERVAL).await;
        }
    };
    shutdown.run_until_cancelled(work).await;
}

/// Deletes rows that are older than their retention. A table that fails is left to the next round.
pub async fn delete_old_rows(store: &Store, clock: &Clock) {
    let before = |kept: SignedDuration| (clock.now() - kept).as_millisecond();
    report("sessions", store.delete_ended_sessions(ABSOLUTE).await);
    let failures = store.delete_login_throttles_before(before(LOGIN_FAILURE_RETENTION));
    report("login_throttles", failures.await);
    let activity = store.delete_activity_before(before(ACTIVITY_RETENTION));
    report("activity", activity.await);
    let statistics = store.delete_statistics_before(before(ACTIVITY_RETENTION));
    report("statistics", statistics.await);
}

fn report(table: &str, deleted: Result<u64, Error>) {
    match deleted {
        Ok(0) => {}
        Ok(deleted) => tracing::info!(table, deleted, "deleted old rows"),
        Err(error) => tracing::warn!(
            table,
            error = error_chain(&error),
            "could not delete old rows, trying again later"
        ),
    }
}
