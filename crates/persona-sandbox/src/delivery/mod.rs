//! Sending webhooks.
//!
//! A commit with events adds a delivery for each subscribed webhook, in the same transaction. The
//! sender takes due deliveries and records the result of each. It holds no lock while it sends. A
//! delivery whose result was lost with the process is still pending in the state, so an event is
//! sent at least once.
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
