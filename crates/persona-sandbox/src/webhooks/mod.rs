//! Sending webhooks.
//!
//! The state decides what is to be sent: a commit with events adds a [`Delivery`] for each
//! webhook that wants them, in the same record of the journal. The sender takes what is due and
//! writes down what came of it; it holds no lock while it sends, and what it forgets with the
//! process is pending in the journal still, so an event is sent at least once.
//!
//! Docs: `webhooks`, `webhooks-best-practices`, `quickstart-webhooks`.
//!
//! [`Delivery`]: super::model::Delivery

mod attempt;
mod attempts;
mod blocklist;
mod lanes;
mod message;
mod queue;
mod sender;
mod signature;

pub(crate) use attempts::{Attempt, Attempts};
pub(crate) use message::{Message, body};
pub(crate) use queue::Deliveries;
pub(crate) use sender::{client, run};
