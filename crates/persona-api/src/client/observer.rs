//! Where a program counts and times what the client does.

use std::{fmt, time::Duration};

use super::Operation;

/// Is told of each request and of the circuit breaker. Called while the request's task runs, so an
/// implementation must not block.
pub trait Observer: fmt::Debug + Send + Sync {
    /// A request ended. `outcome` is `ok` or [`ErrorKind::name`](super::ErrorKind::name).
    fn call_ended(&self, operation: Operation, outcome: &'static str, elapsed: Duration);

    /// The circuit breaker opened (`true`) or closed (`false`).
    fn calls_paused(&self, is_paused: bool);
}
