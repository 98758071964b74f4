//! What was sent to Persona for one piece of work, so that it can be told afterwards.
//!
//! The client notes each request here as it ends; whoever handed the log in reads it at the end.
//! It holds no body, no token and no ID but Persona's of the request.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::error::Operation;

/// The log of one piece of work. Clones write to the same one.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<Mutex<Vec<CallRecord>>>);

/// One request that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// Which call it was.
    pub operation: Operation,
    /// When it was sent.
    pub sent: Instant,
    /// How long it took, the answer included.
    pub elapsed: Duration,
    /// The answer's HTTP status; `None` if there was no answer.
    pub status: Option<u16>,
    /// How it failed, in a word; `None` if Persona answered with success.
    pub failure: Option<&'static str>,
    /// Persona's ID of the request, if it answered with one.
    pub request_id: Option<String>,
}

impl CallLog {
    pub(super) fn record(&self, record: CallRecord) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(record);
    }

    /// Takes what was noted until now, in the order in which it ended.
    #[must_use]
    pub fn take(&self) -> Vec<CallRecord> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
