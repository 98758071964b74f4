//! The interface for metrics.

use std::{fmt, time::Duration};

use super::Operation;

/// Receives an event for each request and for each change of the circuit breaker. The methods run
/// in the request's task, so an implementation must not block.
pub trait Observer: fmt::Debug + Send + Sync {
    /// A request ended. `outcome` is `ok` or [`ErrorKind::name`](super::ErrorKind::name).
    fn call_ended(&self, operation: Operation, outcome: &'static str, elapsed: Duration);

    /// The circuit breaker opened (`true`) or closed (`false`).
    fn calls_paused(&self, is_paused: bool);
}
