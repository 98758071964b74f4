//! A circuit breaker: while Persona is down, calls fail immediately instead of running into the
//! timeout.
//!
//! A call counts once, with all its attempts. A call that was not sent, was cancelled, or had too
//! little time for a response is not counted.
//!
//! ```text
//! closed ── THRESHOLD failures in a row ──▶ open ── after OPEN_FOR ──▶ half open: one probe
//!   ▲                                        ▲                            │
//!   └────────────── success ─────────────────┼──────── success ───────────┤
//!                                            └──────── failure ───────────┘
//! ```

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::observer::Observer;

/// The number of consecutive failures that opens the breaker.
const THRESHOLD: u32 = 10;
/// How long the breaker stays open before it permits a probe.
const OPEN_FOR: Duration = Duration::from_secs(2);

/// The breaker of one client.
#[derive(Debug)]
pub(super) struct Breaker {
    state: Mutex<State>,
    observer: Option<Arc<dyn Observer>>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One probe is in flight. If it never reports, another one is permitted after `until`.
    HalfOpen {
        until: Instant,
    },
}

/// Permission for one call. Dropping it without a report, as cancellation does, counts as neither
/// success nor failure.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
    is_reported: bool,
}

impl Breaker {
    pub(super) fn new(observer: Option<Arc<dyn Observer>>) -> Self {
        Self {
            state: Mutex::new(State::Closed { failures: 0 }),
            observer,
        }
    }

    /// Permits a call; `None` while the breaker is open.
    pub(super) fn permit(&self) -> Option<Permit<'_>> {
        let now = Instant::now();
        let mut state = self.lock();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } | State::HalfOpen { until } if now >= until => {
                *state = State::HalfOpen {
                    until: now + OPEN_FOR,
                };
                true
            }
            State::Open { .. } | State::HalfOpen { .. } => return None,
        };
        Some(Permit {
            breaker: self,
            is_probe,
            is_reported: false,
        })
    }

    fn record(&self, has_failed: bool) {
        let mut state = self.lock();
        *state = match (*state, has_failed) {
            (State::Closed { failures }, true) if failures + 1 < THRESHOLD => State::Closed {
                failures: failures + 1,
            },
            (State::Closed { .. } | State::HalfOpen { .. }, true) => {
                tracing::warn!("Persona keeps failing: pausing calls to it");
                self.notify_observer(true);
                State::Open {
                    until: Instant::now() + OPEN_FOR,
                }
            }
            (State::Open { until }, true) => State::Open { until },
            (_, false) => {
                self.notify_observer(false);
                State::Closed { failures: 0 }
            }
        };
    }

    fn notify_observer(&self, is_paused: bool) {
        if let Some(observer) = &self.observer {
            observer.calls_paused(is_paused);
        }
    }

    /// Every state is valid, so a poisoned lock is safe to use.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Reports a response, including an error response for which Persona is not down.
    pub(super) fn succeeded(mut self) {
        self.is_reported = true;
        self.breaker.record(false);
    }

    /// Reports an outage: Persona was unreachable or failed.
    pub(super) fn failed(mut self) {
        self.is_reported = true;
        self.breaker.record(true);
    }

    /// Reports a failed retry. It belongs to a failure that was counted already, unless this call
    /// is the probe.
    pub(super) fn failed_again(self) {
        if self.is_probe {
            self.failed();
        }
    }
}

impl Drop for Permit<'_> {
    /// A probe without a result permits the next probe immediately.
    fn drop(&mut self) {
        if !self.is_probe || self.is_reported {
            return;
        }
        let mut state = self.breaker.lock();
        if let State::HalfOpen { .. } = *state {
            *state = State::Open {
                until: Instant::now(),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Breaker {
        let breaker = Breaker::new(None);
        for _ in 0..THRESHOLD {
            breaker.permit().unwrap().failed();
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_and_a_success_between_does_not() {
        let breaker = Breaker::new(None);
        for _ in 0..THRESHOLD * 3 {
            breaker.permit().unwrap().failed();
            breaker.permit().unwrap().succeeded();
        }
        assert!(breaker.permit().is_some());
        assert!(opened().permit().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_while_one_probe_goes_through_and_decides() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        let probe = breaker.permit().unwrap();
        assert!(breaker.permit().is_none(), "only one probe at a time");
        probe.failed();
        assert!(breaker.permit().is_none());
        tokio::time::advance(OPEN_FOR).await;
        breaker.permit().unwrap().succeeded();
        let both = (breaker.permit(), breaker.permit());
        assert!(both.0.is_some() && both.1.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_never_reports_is_followed_by_another() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        let stuck = breaker.permit().unwrap();
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.permit().is_some());
        drop(stuck);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_call_counts_as_nothing() {
        let breaker = Breaker::new(None);
        for _ in 0..THRESHOLD * 3 {
            drop(breaker.permit().unwrap());
        }
        assert!(breaker.permit().is_some());

        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        drop(breaker.permit().unwrap());
        breaker
            .permit()
            .expect("a cancelled probe makes way")
            .failed();
        assert!(breaker.permit().is_none());
    }
}
