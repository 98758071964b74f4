//! The inputs and effects of the state machine.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    model::TemplateId,
    store::{AttemptRow, AttemptWrite},
};
use persona_api::IdempotencyKey;

/// The time, and random values, for one step.
#[derive(Debug, Clone)]
pub(crate) struct Now {
    /// This process's monotonic time.
    pub(crate) instant: Instant,
    /// The earliest that the database's time can be.
    pub(crate) earliest_ms: i64,
    /// The latest that the database's time can be.
    pub(crate) latest_ms: i64,
    /// This process's clock, which keys' ages are in.
    pub(crate) clock_ms: i64,
    /// Drawn evenly from 0 to 1.
    pub(crate) jitter: f64,
    /// A key that no attempt has had before.
    pub(crate) new_key: IdempotencyKey,
}

/// What the runner does next. Each effect but the last yields one input.
pub(crate) enum Effect {
    /// Read the user's row. Yields [`Input::Row`].
    ReadRow,
    /// Ask Persona for the user's inquiries, also for those of this template. Yields
    /// [`Input::LookedUp`].
    LookUp { template: Option<TemplateId> },
    /// Write the row, if it is still at this version. Yields [`Input::Written`].
    Write {
        version: Option<i64>,
        write: AttemptWrite,
    },
    /// Send the create request, and confirm the inquiry in its response. Yields [`Input::Sent`].
    Send(CreateRequest),
    /// Take a retry out of the retry budget. Yields [`Input::Budget`].
    SpendRetry,
    /// Sleep. Yields [`Input::Slept`].
    Sleep(Duration),
    /// Expire the inquiry that the last lookup found. Yields [`Input::Expired`].
    ExpireSpent,
    /// The click ends.
    Finish(Outcome),
}

/// A create request.
#[derive(Clone)]
pub(crate) struct CreateRequest {
    pub(crate) key: IdempotencyKey,
    pub(crate) body: Vec<u8>,
    /// When its time is up. Past it, the request must not be sent any more.
    pub(crate) deadline: Instant,
    /// Whether the key may have been sent before, so that the answer may be stale.
    pub(crate) is_repeated: bool,
    /// Which send of this lease holder it is, from 1.
    pub(crate) number: u32,
}

/// The result of an effect.
pub(crate) enum Input {
    /// The row.
    Row(Option<AttemptRow>),
    /// What the policy decides by the inquiries found.
    LookedUp(Lookup),
    /// The row's new version; `None` if another process has written it since.
    Written(Option<i64>),
    /// The result of the create request.
    Sent(SendResult),
    /// Whether the retry budget had a retry left.
    Budget(bool),
    /// The sleep is over.
    Slept,
    /// The spent inquiry has ended.
    Expired,
}

/// What a lookup says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// There is an inquiry to continue.
    Unfinished,
    /// There is one to continue, but it has used up its sessions.
    Spent,
    /// There is none to continue, and the policy denies a new one.
    Denied,
    /// There is none to continue, and a new one is allowed.
    Nothing,
    /// It failed, which never counts as [`Lookup::Nothing`].
    Failed,
}

/// The result of a create request. The durations are waits before the next send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendResult {
    /// An unfinished inquiry, confirmed to be the user's.
    Unfinished,
    /// An inquiry that has ended since, or is gone.
    Ended,
    /// Persona did not process it: rate limited, no connection, not sent.
    NotProcessed(Duration),
    /// No response. Persona may have acted, and may act until the send's time is up.
    Lost(Duration),
    /// A failure that Persona may have stored for the key: 5xx, 409, an unreadable answer. Persona
    /// may have acted, and may act for [`super::rules::LATE_COMMIT_WINDOW`].
    Failed(Duration),
    /// It contains another person's inquiry. Persona may have stored that response for the key.
    Foreign(Duration),
    /// No retry will help this click, and nothing is decided about the key.
    Stopped,
    /// Persona refused it: there will be no inquiry by this key.
    Rejected,
}

/// The click's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An unfinished inquiry was there.
    Found,
    /// An inquiry was created by this attempt.
    Created,
    /// The policy denies another inquiry.
    Denied,
    /// The last error ends the click.
    Failed,
    /// Another click holds the lease for longer than this one can wait.
    Busy,
}
