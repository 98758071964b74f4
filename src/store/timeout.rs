//! How long we wait for a database that may be gone without a word.
//!
//! A machine that loses its power, or a network that drops packets, ends no connection: the kernel
//! finds out after a quarter of an hour. `statement_timeout` is the database's own, and does not
//! help. So what would wait for ever asks here.

use std::time::Duration;

use sqlx::{AnyConnection, Connection as _};

use super::Error;

/// How long one step of background work may take: more than a connection and a statement may.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection that was lent may take to show that it lives. Its place in the pool is
/// taken meanwhile, so that the server never has more of ours than the pool: so it is longer than
/// the watchdog needs to end what is stuck.
const PING_TIMEOUT: Duration = Duration::from_secs(8);

/// Gives a step of background work up if the database does not answer. A transaction in it is
/// undone, unless its commit was under way: then it may or may not have become true.
///
/// # Errors
/// [`Error::Timeout`], and those of the step.
pub async fn with_timeout<T>(step: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match tokio::time::timeout(STEP_TIMEOUT, step).await {
        Ok(done) => done,
        Err(_) => Err(Error::Timeout),
    }
}

/// Whether a connection that comes back answers. Without a limit, those that are dead would
/// take up the pool's places long after the database is back.
pub(super) async fn is_alive(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(PING_TIMEOUT, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        // On an error it is closed at once, without a word of ours that nobody takes.
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
