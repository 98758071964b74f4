//! Slowing down before Persona has to say no.
//!
//! Every answer names the limit, what is left of it and when the window ends
//! (docs.withpersona.com/docs/rate-limiting, which advises to slow down below 15 %). What is left
//! then belongs to people who wait: their calls are spread over the rest of the window, and calls
//! of the background wait for the next one. Calls of the background also keep to a quarter of the
//! limit at all times, over all processes, and yield while people have waited; who makes them sees to
//! that, with the interval and the sign that are found here.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::header::{self, RATE_LIMIT, RATE_LIMIT_REMAINING, RATE_LIMIT_RESET};

/// The share of the limit below which calls slow down.
const RESERVE: f64 = 0.15;
/// The share of the limit that calls of the background may take: one in so many.
const BACKGROUND_SHARE: u32 = 4;
/// The limit until an answer has named it, and how long its window lasts
/// (docs.withpersona.com/docs/rate-limiting).
const DEFAULT_LIMIT: u32 = 300;
const WINDOW: Duration = Duration::from_secs(60);
/// The longest that a person is kept waiting for one call. Past it the call is made, and Persona
/// decides: other programs may have left more than they said.
const MAX_INTERACTIVE_WAIT: Duration = Duration::from_secs(2);

/// Who waits for a call's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// A person.
    Interactive,
    /// Nobody: it can be made later.
    Background,
}

/// What Persona said last about its limit, for all calls of one client.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    window: Mutex<Option<Window>>,
    /// When a person's call last had to wait, or was refused for the limit.
    last_interactive_wait: Mutex<Option<Instant>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    limit: u32,
    remaining: u32,
    ends: Instant,
    /// When the next call of a person may go.
    next: Instant,
}

impl Window {
    fn is_low(&self) -> bool {
        f64::from(self.remaining) < f64::from(self.limit) * RESERVE
    }
}

impl Throttle {
    /// Notes what an answer says about the limit.
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

    /// What a panic elsewhere left is still what Persona said.
    fn lock(&self) -> MutexGuard<'_, Option<Window>> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a person's call has to wait, or was refused for the limit.
    pub(super) fn record_interactive_wait(&self) {
        let mut last_interactive_wait = self
            .last_interactive_wait
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last_interactive_wait = Some(Instant::now());
    }

    /// Whether a person's call had to wait, or was refused, within the last window.
    pub(super) fn was_recently_throttled(&self) -> bool {
        let last_interactive_wait = self
            .last_interactive_wait
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last_interactive_wait.is_some_and(|at| at.elapsed() < WINDOW)
    }

    /// How far apart all processes' calls of the background must be, so that they take no more than
    /// their share of the limit.
    pub(super) fn background_interval(&self) -> Duration {
        let limit = self.lock().map_or(DEFAULT_LIMIT, |window| window.limit);
        WINDOW / (limit / BACKGROUND_SHARE).max(1)
    }

    /// How long a call has to wait now. A waiting call of a person takes its place in the row.
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
    async fn nobody_waits_while_enough_is_left_or_nothing_is_known() {
        for throttle in [Throttle::default(), throttle(300, 45, 30)] {
            assert_eq!(throttle.delay(Priority::Background), Duration::ZERO);
            assert_eq!(throttle.delay(Priority::Interactive), Duration::ZERO);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn below_the_reserve_the_background_waits_for_the_next_window() {
        let throttle = throttle(300, 44, 30);
        assert_eq!(
            throttle.delay(Priority::Background),
            Duration::from_secs(30)
        );
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(throttle.delay(Priority::Background), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_of_the_background_are_spread_over_a_quarter_of_the_limit() {
        for (limit, interval_ms) in [(300, 800), (100, 2_400), (1_000_000, 0), (3, 60_000)] {
            let interval = throttle(limit, limit, 60).background_interval();
            assert_eq!(interval.as_millis(), interval_ms, "{limit}");
        }
        let unknown = Throttle::default().background_interval();
        assert_eq!(unknown, Duration::from_millis(800));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_waited_is_remembered_for_a_window() {
        let throttle = throttle(300, 29, 15);
        throttle.delay(Priority::Interactive);
        assert!(
            !throttle.was_recently_throttled(),
            "the first did not delay"
        );
        throttle.delay(Priority::Interactive);
        assert!(throttle.was_recently_throttled());
        tokio::time::advance(WINDOW).await;
        assert!(!throttle.was_recently_throttled());
    }

    #[tokio::test(start_paused = true)]
    async fn people_share_what_is_left_of_the_window() {
        let throttle = throttle(300, 29, 15);
        let waits: Vec<_> = (0..3)
            .map(|_| throttle.delay(Priority::Interactive))
            .collect();
        assert_eq!(waits, [0, 500, 1000].map(Duration::from_millis));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_kept_waiting_longer_than_a_person_bears() {
        let throttle = throttle(300, 0, 60);
        for _ in 0..100 {
            assert!(throttle.delay(Priority::Interactive) <= MAX_INTERACTIVE_WAIT);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_without_figures_changes_nothing() {
        let throttle = throttle(300, 0, 60);
        throttle.update(&HeaderMap::new());
        assert_eq!(
            throttle.delay(Priority::Background),
            Duration::from_secs(60)
        );
    }
}
