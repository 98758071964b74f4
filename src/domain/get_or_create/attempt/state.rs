//! The states of the machine.

use std::time::Duration;

use tokio::time::Instant;

use super::{effect::Outcome, row_view::RowView};
use persona_api::IdempotencyKey;

/// The effect under way, and what belongs to it.
pub(crate) enum State {
    Reading,
    Polling,
    LookingUp(RowView),
    Expiring,
    /// Writes to the row that this key and body are about to be sent.
    Claiming(LeaseHolder),
    Sending(LeaseHolder),
    /// Looks up whether a failed send has created an inquiry.
    CheckingFailure(LeaseHolder, Duration),
    Budgeting(LeaseHolder, Wait),
    Renewing(LeaseHolder, Wake),
    Sleeping(LeaseHolder, Wake),
    /// Looks up, now that nothing sent can act any more.
    CheckingRotation(LeaseHolder),
    Completing(Next),
    Releasing,
    Finished,
}

/// The click that holds the lease, and its attempt.
pub(crate) struct LeaseHolder {
    pub(crate) version: Option<i64>,
    pub(crate) key: IdempotencyKey,
    pub(crate) body: Vec<u8>,
    pub(crate) key_use: KeyUse,
    /// Until when the send that the row announces must have its answer.
    pub(crate) send_until: i64,
    /// Until when Persona may still act on sends of this key whose answers are unknown or failures.
    pub(crate) may_act_until: i64,
    pub(crate) sends: u32,
}

/// What is known about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyUse {
    /// It has never been sent.
    Fresh,
    /// It may have been sent.
    Repeated,
    /// This click has seen it fail.
    Failed,
}

/// How a lease is taken or kept for a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    Begin,
    Resend,
    RotateKey,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) duration: Duration,
    pub(crate) then: Then,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Wake {
    pub(crate) at: Instant,
    pub(crate) then: Then,
}

/// What a lease holder waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Resend,
    RotateKey,
}

/// What follows a completed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    LookAgain,
    Expire,
    Finish(Outcome),
}

impl KeyUse {
    pub(crate) fn after_send(self) -> Self {
        match self {
            Self::Fresh | Self::Repeated => Self::Repeated,
            Self::Failed => Self::Failed,
        }
    }
}
