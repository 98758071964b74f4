//! The running sandbox: the state behind its lock, and who is woken when it changes.
//!
//! Every request, page and schedule goes through [`Emulator::with`]: it takes the lock, lets
//! happen what is due by now, and runs a closure on the state. The closure must be quick, since
//! everyone else waits; it cannot await, since the lock is not held across an `await`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Config;
use super::clock::Moment;
use super::state::State;

/// How often changes are synchronised to the disk.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// How soon a schedule that could not be written is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A handle to the running sandbox; clones are the same sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Emulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    state: Mutex<State>,
    revision: watch::Sender<u64>,
}

impl Emulator {
    /// A sandbox on this state.
    pub(crate) fn new(config: Config, state: State) -> Self {
        let revision = watch::Sender::new(state.revision());
        Self(Arc::new(Inner {
            config,
            state: Mutex::new(state),
            revision,
        }))
    }

    /// How the sandbox was set up.
    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Runs `f` on the state, after everything that was due by now has happened. The second
    /// argument is the sandbox's time.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut State, Moment) -> T) -> T {
        let mut state = self.lock();
        let now = state.now();
        if let Err(error) = state.catch_up(now) {
            tracing::error!(error = %error, "the sandbox could not do what was due");
        }
        let result = f(&mut state, now);
        let revision = state.revision();
        drop(state);
        self.0.revision.send_if_modified(|seen| {
            let changed = *seen != revision;
            *seen = revision;
            changed
        });
        result
    }

    /// Tells of every change of the state from now on, for live pages.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.revision.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock cannot leave half a change: commits are whole or not at all.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes happen what time brings, until `shutdown`.
    pub(crate) async fn run_schedule(self, shutdown: CancellationToken) {
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            let wait = self.with(|state, now| match state.next_due() {
                Some((at, _)) if *at <= now => Some(RETRY_AFTER),
                Some((at, _)) => state.clock().wall_time_until(*at),
                None => None,
            });
            let sleep = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Synchronises the state file to the disk about once a second, and once more at the end.
    pub(crate) async fn run_sync(self, shutdown: CancellationToken) {
        let mut synced = None;
        loop {
            let stopping = tokio::select! {
                () = shutdown.cancelled() => true,
                () = tokio::time::sleep(SYNC_EVERY) => false,
            };
            let (revision, file) = {
                let state = self.lock();
                (state.revision(), state.file())
            };
            let Some(file) = file else { return };
            if synced != Some(revision) {
                let result = tokio::task::spawn_blocking(move || file.sync_data()).await;
                match result {
                    Ok(Ok(())) => synced = Some(revision),
                    Ok(Err(error)) => {
                        tracing::error!(%error, "the sandbox state could not be synchronised");
                    }
                    Err(_) => return,
                }
            }
            if stopping {
                return;
            }
        }
    }
}
