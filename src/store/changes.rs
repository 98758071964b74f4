//! Notifications of status changes: within the process on SQLite, across processes by Postgres
//! `NOTIFY`.
//!
//! A notice names the user and nothing else; receivers read the current state from the tables. A
//! superfluous notice is therefore harmless, and a lost one is repaired by reading again after
//! [`ChangeNotice::AllUsers`] or a lagged receiver.

use std::{io, time::Duration};

use secrecy::ExposeSecret as _;
use sqlx::{Executor as _, postgres::PgListener};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::{Backend, Store};
use crate::model::ReferenceId;

/// The number of notices that a slow receiver may lag behind.
pub(super) const NOTICE_CAPACITY: usize = 1_024;
/// The delay before reconnecting to Postgres.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);
/// The idle time after which the listener pings Postgres.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(15);
/// The timeout of a response on a connection outside the pool.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

const CHANGES_CHANNEL: &str = "inquiry_changes";
/// The channel for events inserted by another process.
pub(super) const EVENTS_CHANNEL: &str = "inbox_events";

/// A notice of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeNotice {
    /// An inquiry of this user changed.
    User(ReferenceId),
    /// Notices may have been lost: any user's inquiries may have changed.
    AllUsers,
}

impl Store {
    /// Subscribes to notices. On Postgres [`Store::run_background`] must run.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<ChangeNotice> {
        self.changes.subscribe()
    }

    /// Completes when another process may have inserted events. On Postgres
    /// [`Store::run_background`] must run; on SQLite there is no other process.
    pub async fn wait_for_remote_events(&self) {
        self.remote_events.notified().await;
    }

    pub(super) fn notify(&self, notice: ChangeNotice) {
        // Having no receiver is not an error.
        let _ = self.changes.send(notice);
    }

    /// Runs the store's background work until `shutdown`: forwards the notifications of other
    /// processes, terminates stuck commits, and writes heartbeats.
    pub async fn run_background(&self, shutdown: CancellationToken) {
        let work = async {
            match self.backend {
                Backend::Sqlite => self.run_heartbeat().await,
                Backend::Postgres => {
                    tokio::join!(
                        self.forward_notifications(),
                        self.terminate_stuck_commits(),
                        self.run_heartbeat()
                    );
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
    }

    async fn forward_notifications(&self) {
        loop {
            if let Err(error) = self.forward_until_disconnected().await {
                tracing::warn!(%error, "lost the connection for Postgres notifications, reconnecting");
            }
            tokio::time::sleep(RECONNECT_DELAY).await;
        }
    }

    /// Forwards notifications until the connection is lost.
    async fn forward_until_disconnected(&self) -> Result<(), sqlx::Error> {
        let mut listener = with_response_timeout(self.start_listening()).await?;
        // Notifications sent before now, while disconnected, are lost.
        self.notify(ChangeNotice::AllUsers);
        self.remote_events.notify_one();
        loop {
            let notification =
                match tokio::time::timeout(IDLE_BEFORE_PING, listener.try_recv()).await {
                    Ok(Ok(Some(notification))) => notification,
                    Ok(Ok(None)) => {
                        return Err(sqlx::Error::Io(io::ErrorKind::ConnectionAborted.into()));
                    }
                    Ok(Err(error)) => return Err(error),
                    // Either nothing happened or the connection is dead.
                    Err(_) => {
                        with_response_timeout(listener.execute("SELECT 1")).await?;
                        continue;
                    }
                };
            if notification.channel() == EVENTS_CHANNEL {
                self.remote_events.notify_one();
            } else if let Ok(user) = ReferenceId::parse(notification.payload()) {
                self.notify(ChangeNotice::User(user));
            }
        }
    }

    async fn start_listening(&self) -> Result<PgListener, sqlx::Error> {
        let mut listener = PgListener::connect(self.url.expose_secret()).await?;
        // This module reconnects itself, because its waits may be cancelled.
        listener.eager_reconnect(false);
        listener
            .listen_all([CHANGES_CHANNEL, EVENTS_CHANNEL])
            .await?;
        Ok(listener)
    }
}

/// Applies [`RESPONSE_TIMEOUT`] to a connection outside the pool.
pub(super) async fn with_response_timeout<T>(
    exchange: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let answer = tokio::time::timeout(RESPONSE_TIMEOUT, exchange).await;
    answer.unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
}
