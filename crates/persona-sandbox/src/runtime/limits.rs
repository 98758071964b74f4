//! Rate limits and quotas.
//!
//! Docs: `rate-limiting`: a window of a minute opens with the first request. The minute is the
//! sandbox's: advancing its clock ends a 429, and one that was set back opens a new window.
//! Persona's figures for its sandbox are not documented and load tests run against this one, so
//! both limits are practically unlimited until they are set.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::core::clock::Moment;

/// The length of a window, as Persona documents it.
const WINDOW_SECONDS: u32 = 60;

/// High enough never to be reached.
const UNLIMITED: u32 = 1_000_000_000;

/// The limits, for a minute unless the window has another length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Requests of any kind.
    pub(crate) requests_per_minute: u32,
    /// Created inquiries.
    pub(crate) inquiries_per_minute: u32,
    /// The length of a window: so long a 429 lasts at most.
    pub(crate) window_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: UNLIMITED,
            inquiries_per_minute: UNLIMITED,
            window_s: WINDOW_SECONDS,
        }
    }
}

/// What Persona allows production keys in a minute (docs: `rate-limiting`).
const DOCUMENTED_LIMIT: u32 = 300;

impl Limits {
    /// Checks the window.
    ///
    /// # Errors
    ///
    /// A sentence on what it has to be.
    pub(crate) fn check(self) -> Result<(), String> {
        if self.window_s == 0 {
            return Err("limits.window_s must be at least 1, in seconds".to_owned());
        }
        Ok(())
    }

    /// The limit that a 429 on demand names: the one that is set, else the documented one.
    pub(crate) fn named_limit(self) -> u32 {
        if self.requests_per_minute == UNLIMITED {
            DOCUMENTED_LIMIT
        } else {
            self.requests_per_minute
        }
    }
}

/// The count of the current window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_seconds: u64,
    pub(crate) exceeded: bool,
}

#[derive(Debug, Default)]
struct Window {
    began: Option<Moment>,
    count: u32,
}

impl Window {
    fn count(&mut self, limit: u32, window_s: u32, now: Moment) -> Reading {
        let window_ms = i64::from(window_s) * 1000;
        let age_ms = self
            .began
            .map(|began| now.as_millis() - began.as_millis())
            .filter(|age| (0..window_ms).contains(age));
        if age_ms.is_none() {
            self.count = 0;
            self.began = Some(now);
        }
        self.count = self.count.saturating_add(1);
        let left_ms = (window_ms - age_ms.unwrap_or(0)).unsigned_abs();
        Reading {
            limit,
            remaining: limit.saturating_sub(self.count),
            reset_seconds: left_ms.div_ceil(1000),
            exceeded: self.count > limit,
        }
    }
}

/// Counts requests against the limits.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    limits: Limits,
    requests: Window,
    inquiries: Window,
}

impl Meter {
    /// Counts a request.
    pub(crate) fn count_request(&self, now: Moment) -> Reading {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = counts.limits;
        let requests = &mut counts.requests;
        requests.count(limits.requests_per_minute, limits.window_s, now)
    }

    /// Counts an inquiry that is about to be created.
    pub(crate) fn count_inquiry(&self, now: Moment) -> Reading {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = counts.limits;
        let inquiries = &mut counts.inquiries;
        inquiries.count(limits.inquiries_per_minute, limits.window_s, now)
    }

    /// Sets the limits and opens new windows.
    pub(crate) fn set(&self, limits: Limits) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Counts {
            limits,
            ..Counts::default()
        };
    }

    /// The limits in force.
    pub(crate) fn limits(&self) -> Limits {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_opens_with_the_first_request_and_lasts_a_minute() {
        let mut window = Window::default();
        let start = Moment::from_millis(1_000_000);
        assert!(!window.count(2, 60, start).exceeded);
        let second = window.count(2, 60, start.plus_seconds(30));
        assert_eq!(
            (second.remaining, second.reset_seconds, second.exceeded),
            (0, 30, false)
        );
        assert!(window.count(2, 60, start.plus_seconds(59)).exceeded);
        let later = window.count(2, 60, start.plus_seconds(60));
        assert_eq!((later.remaining, later.exceeded), (1, false));
    }

    #[test]
    fn a_window_may_have_another_length() {
        let mut window = Window::default();
        let start = Moment::from_millis(1_000_000);
        window.count(1, 5, start);
        let over = window.count(1, 5, start.plus_seconds(3));
        assert_eq!((over.reset_seconds, over.exceeded), (2, true));
        assert!(!window.count(1, 5, start.plus_seconds(5)).exceeded);
    }

    #[test]
    fn a_clock_that_is_set_back_opens_a_new_window() {
        let mut window = Window::default();
        let start = Moment::from_millis(1_000_000_000);
        window.count(1, 60, start);
        assert!(window.count(1, 60, start).exceeded);
        assert!(!window.count(1, 60, start.plus_seconds(-3600)).exceeded);
    }
}
