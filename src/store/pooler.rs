//! Detects connection poolers that share Postgres sessions.
//!
//! A pooler that assigns a server session per transaction (PgBouncer's `pool_mode = transaction`)
//! loses session state: prepared statements, `SET`, `LISTEN`. This program needs all three, so each
//! connection needs its own session.

use std::{sync::atomic::Ordering, time::Duration};

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};

use super::{Backend, Error, OpenError, Store};

/// The number of probes, because another client of the pooler may interfere with one.
const MAX_PROBES: usize = 3;
/// The timeout of the check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);

/// Checks that each connection to Postgres has its own session.
///
/// Opens two connections. If the same backend serves both, a pooler shares sessions. Only simple
/// queries are used, because prepared ones fail through such a pooler.
pub(super) async fn reject_shared_sessions(url: &str) -> Result<(), OpenError> {
    match tokio::time::timeout(CHECK_TIMEOUT, has_shared_sessions(url)).await {
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
        // While the other connection holds that backend, a shared session moves to another one.
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
    /// Checks that no pooler started to share sessions: then the watchdog's backend also serves a
    /// pooled connection.
    pub(super) async fn check_own_sessions(&self) -> Result<(), Error> {
        let watchdog = self.watchdog_pid.load(Ordering::Relaxed);
        if self.backend == Backend::Sqlite || watchdog == 0 {
            return Ok(());
        }
        let mut connection = self.read.acquire().await?;
        // A simple query, because a prepared one fails on shared sessions with a misleading error.
        let row = connection.fetch_one("SELECT pg_backend_pid()").await?;
        if row.try_get::<i32, _>(0)? == watchdog {
            return Err(Error::SharedSessions);
        }
        Ok(())
    }
}

/// Whether the error of the pooler or database contains this text.
fn message_contains(error: &sqlx::Error, text: &str) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.message().contains(text))
}
