//! A log of the requests made for one unit of work.
//!
//! The client records each request when it ends; the caller that passed the log in reads it
//! afterwards. A record contains no body and no token, and no ID except Persona's request ID.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::error::Operation;

/// The log of one unit of work. Clones share their records.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<Mutex<Vec<CallRecord>>>);

/// One request that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// The operation.
    pub operation: Operation,
    /// When it was sent.
    pub sent: Instant,
    /// The time until the response was read.
    pub elapsed: Duration,
    /// The response's HTTP status; `None` without a response.
    pub status: Option<u16>,
    /// [`ErrorKind::name`](super::ErrorKind::name) of the failure; `None` on success.
    pub failure: Option<&'static str>,
    /// Persona's request ID, if the response contains one.
    pub request_id: Option<String>,
}

impl CallLog {
    pub(super) fn record(&self, record: CallRecord) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(record);
    }

    /// Removes and returns the records, in the order in which the requests ended.
    #[must_use]
    pub fn take(&self) -> Vec<CallRecord> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
