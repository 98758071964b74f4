//! Graceful shutdown without losing a request.
//!
//! A load balancer learns from `/readyz` with a delay that a process stops. The shutdown therefore
//! has two steps: during `DRAIN_SECONDS`, `/readyz` responds 503 while every request is still
//! served; then the listener closes, live streams end, and running requests finish.

use std::{io, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The two steps of the shutdown. Cheap to clone; clones share their state.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    draining: CancellationToken,
    closing: CancellationToken,
}

impl Shutdown {
    /// A shutdown that has not started.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Drains for this time, then closes.
    pub async fn begin(&self, drain: Duration) {
        self.draining.cancel();
        if !drain.is_zero() {
            tracing::info!(
                drain_seconds = drain.as_secs(),
                "stopping: /readyz says 503 from now on, requests are still served"
            );
            let wait = tokio::time::sleep(drain);
            self.closing.run_until_cancelled(wait).await;
        }
        tracing::info!("stopping: no new connections, running requests end");
        self.closing.cancel();
    }

    /// Closes now, without draining.
    pub fn close(&self) {
        self.draining.cancel();
        self.closing.cancel();
    }

    /// Whether the shutdown has started: from then on the process is not ready.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Cancelled when the listener closes.
    #[must_use]
    pub fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    /// Shuts down on signals. SIGTERM, sent by supervisors and orchestrators, drains first; SIGINT,
    /// sent by terminals and watchers, closes immediately. A second signal of either kind cuts the
    /// draining short. SIGHUP, sent by a closing terminal, is ignored.
    ///
    /// # Errors
    /// If a signal handler cannot be installed.
    pub fn on_signals(drain: Duration) -> io::Result<Self> {
        let this = Self::new();
        let (mut interrupt, mut terminate, mut hangup) = (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        );
        let shutdown = this.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {
                        if !shutdown.is_draining() {
                            tracing::info!("stopping: no new connections, running requests end");
                        }
                        shutdown.close();
                    }
                    _ = terminate.recv() => {
                        if shutdown.is_draining() {
                            shutdown.close();
                        } else {
                            let shutdown = shutdown.clone();
                            tokio::spawn(async move { shutdown.begin(drain).await });
                        }
                    }
                    _ = hangup.recv() => {
                        tracing::info!(
                            "ignored SIGHUP: the configuration is read at startup; restart to \
                             apply a change"
                        );
                    }
                }
            }
        });
        Ok(this)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_not_ready_before_it_closes() {
        let shutdown = Shutdown::new();
        let ending = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.begin(Duration::from_secs(5)).await }
        });
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(shutdown.is_draining());
        assert!(!shutdown.closing().is_cancelled());
        ending.await.unwrap();
        assert!(shutdown.closing().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_cuts_the_draining_short() {
        let shutdown = Shutdown::new();
        let begun = Instant::now();
        let ending = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.begin(Duration::from_secs(300)).await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        shutdown.close();
        ending.await.unwrap();
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
    }
}
