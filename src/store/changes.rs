//! Who is to be woken when an inquiry's status changes: within the process on SQLite, across
//! processes on Postgres by `NOTIFY`.
//!
//! A notice says whose inquiries have changed and nothing else: what they are now is read from the
//! tables. So a notice too many does no harm, and after one too few ([`ChangeNotice::Anyone`], or a
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
const PAUSE: Duration = Duration::from_secs(1);
/// How long Postgres may say nothing before it is asked whether it is still there.
const QUIET: Duration = Duration::from_secs(15);
/// How long it may take to answer that.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);

const CHANGES: &str = "inquiry_changes";
/// Events wait that another process has put there.
pub(super) const EVENTS: &str = "inbox_events";

/// That something is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeNotice {
    /// An inquiry of this user's has changed.
    User(ReferenceId),
    /// It is not known whose: notices may have been lost.
    Anyone,
}

impl Store {
    /// Follows the notices from now on. On Postgres [`Store::listen`] must run.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<ChangeNotice> {
        self.changes.subscribe()
    }

    /// Completes when events may be waiting that this process does not know of. On Postgres
    /// [`Store::listen`] must run; on SQLite there is no other process.
    pub async fn events_from_elsewhere(&self) {
        self.events_elsewhere.notified().await;
    }

    pub(super) fn announce(&self, notice: ChangeNotice) {
        // Nobody following is no error.
        let _ = self.changes.send(notice);
    }

    /// Does until `shutdown` what a store needs beside its queries: passes on what the other
    /// processes announce, ends commits that are stuck, and shows that this process lives.
    pub async fn listen(&self, shutdown: CancellationToken) {
        let work = async {
            match self.backend {
                Backend::Sqlite => self.keep_heartbeat().await,
                Backend::Postgres => {
                    tokio::join!(
                        self.follow_notices(),
                        self.end_stuck_commits(),
                        self.keep_heartbeat()
                    );
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
    }

    async fn follow_notices(&self) {
        loop {
            if let Err(error) = self.listen_once().await {
                tracing::warn!(%error, "lost the notices of Postgres, trying again");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Passes notices on until the connection is lost.
    async fn listen_once(&self) -> Result<(), sqlx::Error> {
        let mut listener = limited(self.start_listening()).await?;
        // What was announced before now, and while no connection was there, is not known.
        self.announce(ChangeNotice::Anyone);
        self.events_elsewhere.notify_one();
        loop {
            let notification = match tokio::time::timeout(QUIET, listener.try_recv()).await {
                Ok(Ok(Some(notification))) => notification,
                Ok(Ok(None)) => {
                    return Err(sqlx::Error::Io(io::ErrorKind::ConnectionAborted.into()));
                }
                Ok(Err(error)) => return Err(error),
                // Nothing to tell, or nobody there to tell it.
                Err(_) => {
                    limited(listener.execute("SELECT 1")).await?;
                    continue;
                }
            };
            if notification.channel() == EVENTS {
                self.events_elsewhere.notify_one();
            } else if let Ok(user) = ReferenceId::parse(notification.payload()) {
                self.announce(ChangeNotice::User(user));
            }
        }
    }

    async fn start_listening(&self) -> Result<PgListener, sqlx::Error> {
        let mut listener = PgListener::connect(self.url.expose_secret()).await?;
        // A lost connection is this module's to replace, since a wait of ours may be cut short.
        listener.eager_reconnect(false);
        listener.listen_all([CHANGES, EVENTS]).await?;
        Ok(listener)
    }
}

/// Limits how long a connection outside the pool may take to answer.
pub(super) async fn limited<T>(
    exchange: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let answer = tokio::time::timeout(LONGEST_ANSWER, exchange).await;
    answer.unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
}
