//! Background tasks: restarted when they end, reported while they are down, awaited at shutdown.
//!
//! A task that ends silently is worse than a crash: without its inbox writer, a process responds
//! 503 to every webhook until someone restarts it. Every task that must run as long as the process
//! is therefore spawned here.

use std::{
    collections::BTreeSet,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::base::metrics;

/// The delay before the first restart; it doubles with each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// The maximum delay before a restart.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// A task that ran this long has recovered: its next failure counts as the first.
const RECOVERED_AFTER: Duration = Duration::from_secs(60);

/// The background tasks of a process. Cheap to clone; clones share the tasks.
#[derive(Debug, Clone)]
pub struct Tasks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tracker: TaskTracker,
    shutdown: CancellationToken,
    /// The names of tasks that ended and are not restarted yet.
    stopped: Mutex<BTreeSet<&'static str>>,
}

impl Tasks {
    /// Creates an empty set of tasks, which stop once `shutdown` is cancelled.
    #[must_use]
    pub fn new(shutdown: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            tracker: TaskTracker::new(),
            shutdown,
            stopped: Mutex::default(),
        }))
    }

    /// The token that stops the tasks.
    #[must_use]
    pub fn shutdown(&self) -> &CancellationToken {
        &self.0.shutdown
    }

    /// Runs the future that `start` creates until the shutdown. If it panics or returns before,
    /// that is logged and counted, and it is restarted after a backoff.
    pub fn spawn<F, T>(&self, name: &'static str, start: F)
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send,
    {
        let this = self.clone();
        self.0.tracker.spawn(async move {
            let mut backoff = FIRST_BACKOFF;
            loop {
                let started = Instant::now();
                let ended = AssertUnwindSafe(async { start().await })
                    .catch_unwind()
                    .await;
                if this.0.shutdown.is_cancelled() {
                    return;
                }
                if started.elapsed() >= RECOVERED_AFTER {
                    backoff = FIRST_BACKOFF;
                }
                let how = if ended.is_err() { "panicked" } else { "ended" };
                tracing::error!(
                    task = name,
                    restart_in_ms = u64::try_from(backoff.as_millis()).unwrap_or(u64::MAX),
                    "a background task {how} and is restarted; if this repeats, restart the process and \
                     report the preceding lines"
                );
                metrics::background_task_restart(name);
                this.lock_stopped().insert(name);
                let sleep = tokio::time::sleep(backoff);
                if this.0.shutdown.run_until_cancelled(sleep).await.is_none() {
                    return;
                }
                this.lock_stopped().remove(name);
                backoff = (backoff * 2).min(MAX_BACKOFF);
            }
        });
    }

    /// Runs a future to its end, and logs a panic.
    pub fn spawn_once(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.0.tracker.spawn(async move {
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                tracing::error!(task = name, "background task panicked");
                metrics::background_task_restart(name);
            }
        });
    }

    /// The tasks that wait for their restart.
    #[must_use]
    pub fn stopped(&self) -> Vec<&'static str> {
        self.lock_stopped().iter().copied().collect()
    }

    /// Waits until all tasks have ended, at most `limit`. Call it after the shutdown.
    pub async fn finish(&self, limit: Duration) {
        self.0.tracker.close();
        if tokio::time::timeout(limit, self.0.tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                tasks = self.0.tracker.len(),
                "background tasks still running at the end of the shutdown were aborted"
            );
        }
    }

    fn lock_stopped(&self) -> std::sync::MutexGuard<'_, BTreeSet<&'static str>> {
        // Every state of the set is valid, so a poisoned lock is safe to use.
        self.0
            .stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_or_ends_is_reported_as_down_and_restarted() {
        let tasks = Tasks::new(CancellationToken::new());
        let starts = Arc::new(AtomicU32::new(0));
        let counted = starts.clone();
        tasks.spawn("fragile", move || {
            let start = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                match start {
                    0 => panic!("on purpose"),
                    1 => {}
                    _ => std::future::pending().await,
                }
            }
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(tasks.stopped(), ["fragile"]);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(starts.load(Ordering::SeqCst), 3);
        assert!(tasks.stopped().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn finish_waits_for_tasks_and_restarts_none() {
        let shutdown = CancellationToken::new();
        let tasks = Tasks::new(shutdown.clone());
        let starts = Arc::new(AtomicU32::new(0));
        let (counted, token) = (starts.clone(), shutdown.clone());
        tasks.spawn("orderly", move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let token = token.clone();
            async move {
                token.cancelled().await;
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
        shutdown.cancel();
        let begun = Instant::now();
        tasks.finish(Duration::from_secs(10)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(2));
        assert_eq!(starts.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn finish_does_not_wait_forever() {
        let shutdown = CancellationToken::new();
        let tasks = Tasks::new(shutdown.clone());
        tasks.spawn("stubborn", std::future::pending);
        shutdown.cancel();
        let begun = Instant::now();
        tasks.finish(Duration::from_secs(10)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(10));
    }
}
