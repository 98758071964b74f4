//! Who is to be woken when an inquiry's status changes: within the process on SQLite, across
//! processes on Postgres by `NOTIFY`.
//!
//! A notice says whose inquiries have changed and nothing else: what they are now is read from the
//! tables. So a notice too many does no harm, and after one too few ([`ChangeNotice::AllUsers`], or a
//! receiver that lagged) reading again makes up for it.

use std::{io, time::Duration};

use secrecy::ExposeSecret as _;
use sqlx::{Executor as _, postgres::PgListener};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::{Backend, Store};
use crate::model::ReferenceId;

/// How many notices a slow receiver may be behind.
pub(super) const BACKLOG: usize = 1_024;
/// How long to wait before the way to Postgres is tried again.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);
/// How long Postgres may say nothing before it is asked whether it is still there.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(15);
/// How long it may take to answer that.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

const CHANGES_CHANNEL: &str = "inquiry_changes";
/// Events wait that another process has put there.
pub(super) const EVENTS_CHANNEL: &str = "inbox_events";

/// That something is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeNotice {
    /// An inquiry of this user's has changed.
    User(ReferenceId),
    /// It is not known whose: notices may have been lost.
    AllUsers,
}

impl Store {
    /// Follows the notices from now on. On Postgres [`Store::listen`] must run.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<ChangeNotice> {
        self.changes.subscribe()
    }

    /// Completes when events may be waiting that this process does not know of. On Postgres
    /// [`Store::listen`] must run; on SQLite there is no other process.
    pub async fn wait_for_remote_events(&self) {
        self.remote_events.notified().await;
    }

    pub(super) fn notify(&self, notice: ChangeNotice) {
        // Nobody following is no error.
        let _ = self.changes.send(notice);
    }

    /// Does until `shutdown` what a store needs beside its queries: passes on what the other
    /// processes announce, ends commits that are stuck, and shows that this process lives.
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
                tracing::warn!(%error, "lost the notices of Postgres, trying again");
            }
            tokio::time::sleep(RECONNECT_DELAY).await;
        }
    }

    /// Passes notices on until the connection is lost.
    async fn forward_until_disconnected(&self) -> Result<(), sqlx::Error> {
        let mut listener = with_response_timeout(self.start_listening()).await?;
        // What was announced before now, and while no connection was there, is not known.
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
                    // Nothing to tell, or nobody there to tell it.
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
        // A lost connection is this module's to replace, since a wait of ours may be cut short.
        listener.eager_reconnect(false);
        listener
            .listen_all([CHANGES_CHANNEL, EVENTS_CHANNEL])
            .await?;
        Ok(listener)
    }
}

/// Limits how long a connection outside the pool may take to answer.
pub(super) async fn with_response_timeout<T>(
    exchange: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let answer = tokio::time::timeout(RESPONSE_TIMEOUT, exchange).await;
    answer.unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
}
