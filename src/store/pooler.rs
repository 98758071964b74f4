//! Connection poolers between this program and Postgres.
//!
//! A pooler that lends a server's session for one transaction at a time (PgBouncer's
//! `pool_mode = transaction`) loses what a session holds: prepared statements, `SET`, `LISTEN`. This
//! program needs all three, so it must have sessions of its own.

use std::{sync::atomic::Ordering, time::Duration};

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};

use super::{Backend, Error, OpenError, Store};

/// How often the test is made: another client of the pooler may come between.
const MAX_PROBES: usize = 3;
/// How long it may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Checks that each connection to Postgres has a session of its own.
///
/// Two connections are open at the same time. If both are served by the same backend process, a
/// pooler shares sessions out. Only simple queries are used, since nothing else works through one.
pub(super) async fn reject_shared_sessions(url: &str) -> Result<(), OpenError> {
    match tokio::time::timeout(TIMEOUT, has_shared_sessions(url)).await {
        Ok(Ok(false)) => Ok(()),
        Ok(Ok(true)) => Err(OpenError::SharedSessions),
        // PgBouncer in statement mode: "transaction blocks not allowed in statement pooling mode".
        Ok(Err(error)) if message_contains(&error, "statement pooling") => {
            Err(OpenError::SharedSessions)
        }
        // PgBouncer: "unsupported startup parameter: extra_float_digits".
        Ok(Err(error)) if message_contains(&error, "startup parameter") => {
            Err(OpenError::StartupParameter(error))
        }
        Ok(Err(error)) => Err(OpenError::Connect(error)),
        Err(_) => Err(OpenError::Connect(sqlx::Error::Io(
            std::io::ErrorKind::TimedOut.into(),
        ))),
    }
}

async fn has_shared_sessions(url: &str) -> Result<bool, sqlx::Error> {
    let mut one = PgConnection::connect(url).await?;
    let mut other = PgConnection::connect(url).await?;
    let mut is_shared = false;
    for _ in 0..MAX_PROBES {
        let before = backend_pid(&mut one).await?;
        other.execute("BEGIN").await?;
        let held = backend_pid(&mut other).await?;
        // While the other holds that backend, a shared session moves on to the next one.
        is_shared |= before == held || backend_pid(&mut one).await? != before;
        other.execute("ROLLBACK").await?;
    }
    one.close().await?;
    other.close().await?;
    Ok(is_shared)
}

pub(super) async fn backend_pid(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    let row = connection.fetch_one("SELECT pg_backend_pid()").await?;
    row.try_get(0)
}

impl Store {
    /// Checks that no pooler has begun to share sessions since the start: then a connection of the
    /// pool is served by the backend that serves the watchdog.
    pub(super) async fn check_own_sessions(&self) -> Result<(), Error> {
        let watchdog = self.watchdog_pid.load(Ordering::Relaxed);
        if self.backend == Backend::Sqlite || watchdog == 0 {
            return Ok(());
        }
        let mut connection = self.read.acquire().await?;
        // A simple query: prepared ones fail where sessions are shared, with words that mislead.
        let row = connection.fetch_one("SELECT pg_backend_pid()").await?;
        if row.try_get::<i32, _>(0)? == watchdog {
            return Err(Error::SharedSessions);
        }
        Ok(())
    }
}

/// Whether the pooler or the database has answered with these words.
fn message_contains(error: &sqlx::Error, text: &str) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.message().contains(text))
}
