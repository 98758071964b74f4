//! The latest webhook attempts with request and response, for the dashboard.
//!
//! Kept in memory until the process ends. Bodies are shown on this machine only, and never logged.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderMap;

use crate::core::clock::Moment;
use crate::core::model::AttemptResult;

/// How many attempts are kept by default.
const DEFAULT_CAPACITY: usize = 1000;

/// One attempt at a delivery.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) delivery: u64,
    pub(crate) event_id: String,
    /// The inquiry that the event was about, or the object of an event without one.
    pub(crate) group_id: String,
    /// Which attempt it was, counted from one.
    pub(crate) number: u32,
    /// In sandbox time.
    pub(crate) began: Moment,
    pub(crate) took: Duration,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) result: AttemptResult,
    /// The beginning of the response body.
    pub(crate) answer: Bytes,
    /// The network error, if there is no response.
    pub(crate) cause: Option<String>,
    /// The fault that was applied.
    pub(crate) fault: Option<String>,
}

/// The latest attempts.
#[derive(Debug)]
pub(crate) struct Attempts {
    latest: Mutex<VecDeque<Arc<Attempt>>>,
    capacity: usize,
}

impl Default for Attempts {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

impl Attempts {
    /// Keeps this many.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            latest: Mutex::default(),
            capacity,
        }
    }

    /// Adds an attempt.
    pub(crate) fn add(&self, attempt: Attempt) {
        let mut attempts = self.latest();
        if attempts.len() == self.capacity {
            attempts.pop_front();
        }
        attempts.push_back(Arc::new(attempt));
    }

    /// The attempts at a delivery that are kept, oldest first.
    pub(crate) fn for_delivery(&self, delivery: u64, event_id: &str) -> Vec<Arc<Attempt>> {
        let attempts = self.latest();
        attempts
            .iter()
            .filter(|attempt| attempt.delivery == delivery && attempt.event_id == event_id)
            .map(Arc::clone)
            .collect()
    }

    /// Removes the attempts about this redacted object.
    pub(crate) fn redact(&self, id: &str) {
        let mut attempts = self.latest();
        attempts.retain(|attempt| attempt.group_id != id);
    }

    /// Removes all attempts.
    pub(crate) fn clear(&self) {
        self.latest().clear();
    }

    fn latest(&self) -> MutexGuard<'_, VecDeque<Arc<Attempt>>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
