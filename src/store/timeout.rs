//! Timeouts for a database that stops responding.
//!
//! A crashed machine or a network that drops packets closes no connection: the kernel detects it
//! after about 15 minutes, and `statement_timeout` is enforced by the database that is gone. Every
//! unbounded wait therefore uses a timeout of this module.

use std::time::Duration;

use sqlx::{AnyConnection, Connection as _};

use super::Error;

/// The timeout of one step of background work: longer than acquiring a connection plus one
/// statement.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout of the ping of a connection returned to the pool. The connection occupies its pool
/// slot meanwhile, so that the server never has more connections than the pool. Longer than the
/// watchdog needs to terminate a stuck backend.
const RELEASE_PING_TIMEOUT: Duration = Duration::from_secs(8);
/// The timeout of the ping of a connection taken from the pool after a pause. Much shorter than a
/// query waits for a connection, so that it gets a new one in place of a dead one.
const ACQUIRE_PING_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a connection may be idle and still be used without a ping: it answered one when it was
/// returned.
const MAX_IDLE_WITHOUT_PING: Duration = Duration::from_secs(1);

/// Fails a step of background work that exceeds `STEP_TIMEOUT`. A transaction in it is rolled
/// back, unless its commit was in flight: then it may or may not have taken effect.
///
/// # Errors
/// [`Error::Timeout`], and those of the step.
pub async fn with_timeout<T>(step: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match tokio::time::timeout(STEP_TIMEOUT, step).await {
        Ok(done) => done,
        Err(_) => Err(Error::Timeout),
    }
}

/// Pings a connection taken from the pool that was idle for so long, unless that was short. The pool
/// replaces a dead one by a new one.
pub(super) async fn is_usable(
    connection: &mut AnyConnection,
    idle_for: Duration,
) -> Result<bool, sqlx::Error> {
    if idle_for < MAX_IDLE_WITHOUT_PING {
        return Ok(true);
    }
    ping(connection, ACQUIRE_PING_TIMEOUT).await
}

/// Pings a connection returned to the pool. Without a timeout, dead connections would occupy the
/// pool long after the database is back.
pub(super) async fn is_alive(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    ping(connection, RELEASE_PING_TIMEOUT).await
}

async fn ping(connection: &mut AnyConnection, timeout: Duration) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(timeout, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        // On an error the pool closes the connection without a farewell message, which would block.
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
