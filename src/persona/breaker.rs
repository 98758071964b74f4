//! A circuit breaker: while Persona is down, clicks are answered at once instead of one by one
//! running into the time limit.
//!
//! ```text
//! closed ── THRESHOLD failures in a row ──▶ open ── after OPEN_FOR ──▶ half open: one probe
//!   ▲                                        ▲                            │
//!   └────────────── success ─────────────────┼──────── success ───────────┤
//!                                            └──────── failure ───────────┘
//! ```

use std::{sync::Mutex, time::Duration};

use tokio::time::Instant;

use crate::metrics;

/// Failures in a row that open it.
const THRESHOLD: u32 = 10;
/// How long it stays open before a probe.
const OPEN_FOR: Duration = Duration::from_secs(2);

/// The breaker of one client.
#[derive(Debug)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One probe is under way; if it never reports, another may go after `until`.
    HalfOpen {
        until: Instant,
    },
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Closed { failures: 0 }))
    }

    /// Whether a call may be made now.
    pub(super) fn lets_pass(&self) -> bool {
        let now = Instant::now();
        self.0.lock().is_ok_and(|mut state| match *state {
            State::Closed { .. } => true,
            State::Open { until } | State::HalfOpen { until } if now >= until => {
                *state = State::HalfOpen {
                    until: now + OPEN_FOR,
                };
                true
            }
            State::Open { .. } | State::HalfOpen { .. } => false,
        })
    }

    /// Notes how a call ended.
    pub(super) fn note(&self, has_failed: bool) {
        let Ok(mut state) = self.0.lock() else { return };
        *state = match (*state, has_failed) {
            (State::Closed { failures }, true) if failures + 1 < THRESHOLD => State::Closed {
                failures: failures + 1,
            },
            (State::Closed { .. } | State::HalfOpen { .. }, true) => {
                tracing::warn!("Persona keeps failing: pausing calls to it");
                metrics::persona_paused(true);
                State::Open {
                    until: Instant::now() + OPEN_FOR,
                }
            }
            (State::Open { until }, true) => State::Open { until },
            (_, false) => {
                metrics::persona_paused(false);
                State::Closed { failures: 0 }
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Breaker {
        let breaker = Breaker::new();
        for _ in 0..THRESHOLD {
            assert!(breaker.lets_pass());
            breaker.note(true);
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_and_a_success_between_does_not() {
        let breaker = Breaker::new();
        for _ in 0..THRESHOLD * 3 {
            breaker.note(true);
            breaker.note(false);
        }
        assert!(breaker.lets_pass());
        assert!(!opened().lets_pass());
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_while_one_probe_goes_through_and_decides() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.lets_pass());
        assert!(!breaker.lets_pass(), "only one probe at a time");
        breaker.note(true);
        assert!(!breaker.lets_pass());
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.lets_pass());
        breaker.note(false);
        assert!(breaker.lets_pass() && breaker.lets_pass());
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_never_reports_is_followed_by_another() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.lets_pass());
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.lets_pass());
    }
}
