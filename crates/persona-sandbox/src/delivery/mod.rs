//! Sending webhooks.
//!
//! A commit with events adds a delivery for each webhook that wants them, in the same
//! transaction. The sender takes the deliveries that are due and writes down what came of each. It
//! holds no lock while it sends. What it forgets with the process is still pending in the state, so
//! an event is sent at least once.
//!
//! Docs: `webhooks`, `webhooks-best-practices`, `quickstart-webhooks`.

mod attempt;
mod lanes;
mod message;
mod sender;
mod signature;
mod tls;

pub(crate) use sender::{client, run};
pub use tls::tls_config;
