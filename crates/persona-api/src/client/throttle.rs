//! Client-side throttle: slows down before Persona responds 429.
//!
//! Every response contains the rate limit, the remaining requests and the end of the window
//! (docs.withpersona.com/docs/rate-limiting, which recommends slowing down below 15 %). Below that
//! reserve, interactive calls are spread over the rest of the window, and background calls wait for
//! the next window. Background calls additionally stay below a quarter of the limit, over all
//! processes, and pause while interactive calls are throttled. The caller enforces this with
//! [`Throttle::background_interval`] and [`Throttle::was_recently_throttled`].

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::header::{self, RATE_LIMIT, RATE_LIMIT_REMAINING, RATE_LIMIT_RESET};

/// The share of the limit below which calls are delayed.
const RESERVE: f64 = 0.15;
/// The share of the limit for background calls: one in this many.
const BACKGROUND_SHARE: u32 = 4;
/// The limit until a response names it, and the duration of its window
/// (docs.withpersona.com/docs/rate-limiting).
const DEFAULT_LIMIT: u32 = 300;
const WINDOW: Duration = Duration::from_secs(60);
/// The maximum delay of an interactive call. After it, the call is sent and Persona decides: other
/// clients may have used less than expected.
const MAX_INTERACTIVE_WAIT: Duration = Duration::from_secs(2);

/// The priority of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// A person waits for the response.
    Interactive,
    /// Background work, which can be delayed.
    Background,
}

/// The last known rate limit, for all calls of one client.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    window: Mutex<Option<Window>>,
    /// When an interactive call was last delayed or rate limited.
    last_interactive_wait: Mutex<Option<Instant>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    limit: u32,
    remaining: u32,
    ends: Instant,
    /// When the next interactive call may be sent.
    next: Instant,
}

impl Window {
    fn is_low(&self) -> bool {
        f64::from(self.remaining) < f64::from(self.limit) * RESERVE
    }
}

impl Throttle {
    /// Updates the window from a response's headers.
    pub(super) fn update(&self, headers: &HeaderMap) {
        let (Some(limit), Some(remaining), Some(reset)) = (
            header::number(headers, &RATE_LIMIT),
            header::number(headers, &RATE_LIMIT_REMAINING),
            header::seconds(headers, &RATE_LIMIT_RESET),
        ) else {
            return;
        };
        let mut window = self.lock();
        let now = Instant::now();
        *window = Some(Window {
            limit,
            remaining,
            ends: now + reset,
            next: window.map_or(now, |before| before.next),
        });
    }

    /// Every value is valid, so a poisoned lock is safe to use.
    fn lock(&self) -> MutexGuard<'_, Option<Window>> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that an interactive call is delayed or was rate limited.
    pub(super) fn record_interactive_wait(&self) {
        let mut last_interactive_wait = self
            .last_interactive_wait
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last_interactive_wait = Some(Instant::now());
    }

    /// Whether an interactive call was delayed or rate limited within the last window.
    pub(super) fn was_recently_throttled(&self) -> bool {
        let last_interactive_wait = self
            .last_interactive_wait
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last_interactive_wait.is_some_and(|at| at.elapsed() < WINDOW)
    }

    /// The minimum interval between the background calls of all processes, so that they stay within
    /// their share of the limit.
    pub(super) fn background_interval(&self) -> Duration {
        let limit = self.lock().map_or(DEFAULT_LIMIT, |window| window.limit);
        WINDOW / (limit / BACKGROUND_SHARE).max(1)
    }

    /// The delay of a call. A delayed interactive call reserves its slot.
    pub(super) fn delay(&self, priority: Priority) -> Duration {
        let mut window = self.lock();
        let now = Instant::now();
        let Some(window) = window.as_mut().filter(|it| now < it.ends && it.is_low()) else {
            return Duration::ZERO;
        };
        let rest = window.ends - now;
        match priority {
            Priority::Background => rest,
            Priority::Interactive => {
                let place = window.next.max(now).min(now + MAX_INTERACTIVE_WAIT);
                window.next = place + rest / window.remaining.saturating_add(1);
                let delay = place - now;
                if !delay.is_zero() {
                    self.record_interactive_wait();
                }
                delay
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle(limit: u32, remaining: u32, reset: u32) -> Throttle {
        let throttle = Throttle::default();
        let headers = [
            (RATE_LIMIT, limit),
            (RATE_LIMIT_REMAINING, remaining),
            (RATE_LIMIT_RESET, reset),
        ];
        throttle.update(
            &headers
                .map(|(name, value)| (name, value.into()))
                .into_iter()
                .collect(),
        );
        throttle
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_not_delayed_above_the_reserve_or_without_a_window() {
        for throttle in [Throttle::default(), throttle(300, 45, 30)] {
            assert_eq!(throttle.delay(Priority::Background), Duration::ZERO);
            assert_eq!(throttle.delay(Priority::Interactive), Duration::ZERO);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn below_the_reserve_background_calls_wait_for_the_next_window() {
        let throttle = throttle(300, 44, 30);
        assert_eq!(
            throttle.delay(Priority::Background),
            Duration::from_secs(30)
        );
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(throttle.delay(Priority::Background), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn background_calls_use_a_quarter_of_the_limit() {
        for (limit, interval_ms) in [(300, 800), (100, 2_400), (1_000_000, 0), (3, 60_000)] {
            let interval = throttle(limit, limit, 60).background_interval();
            assert_eq!(interval.as_millis(), interval_ms, "{limit}");
        }
        let unknown = Throttle::default().background_interval();
        assert_eq!(unknown, Duration::from_millis(800));
    }

    #[tokio::test(start_paused = true)]
    async fn a_delay_is_remembered_for_a_window() {
        let throttle = throttle(300, 29, 15);
        throttle.delay(Priority::Interactive);
        assert!(
            !throttle.was_recently_throttled(),
            "the first call is not delayed"
        );
        throttle.delay(Priority::Interactive);
        assert!(throttle.was_recently_throttled());
        tokio::time::advance(WINDOW).await;
        assert!(!throttle.was_recently_throttled());
    }

    #[tokio::test(start_paused = true)]
    async fn interactive_calls_are_spread_over_the_window() {
        let throttle = throttle(300, 29, 15);
        let waits: Vec<_> = (0..3)
            .map(|_| throttle.delay(Priority::Interactive))
            .collect();
        assert_eq!(waits, [0, 500, 1000].map(Duration::from_millis));
    }

    #[tokio::test(start_paused = true)]
    async fn interactive_delays_have_a_maximum() {
        let throttle = throttle(300, 0, 60);
        for _ in 0..100 {
            assert!(throttle.delay(Priority::Interactive) <= MAX_INTERACTIVE_WAIT);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_without_rate_limit_headers_changes_nothing() {
        let throttle = throttle(300, 0, 60);
        throttle.update(&HeaderMap::new());
        assert_eq!(
            throttle.delay(Priority::Background),
            Duration::from_secs(60)
        );
    }
}
