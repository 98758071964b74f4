//! What goes into a step of the machine, and what comes out of it.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    model::TemplateId,
    store::{AttemptRow, AttemptWrite},
};
use persona_api::IdempotencyKey;

/// What the runner reads from clocks and dice for one step.
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

/// What the runner does next. Each effect gives one input, but for the last.
pub(crate) enum Effect {
    /// Read the user's row. Gives [`Input::Row`].
    ReadRow,
    /// Ask Persona for the user's inquiries, also for those of this template. Gives
    /// [`Input::LookedUp`].
    LookUp { template: Option<TemplateId> },
    /// Write the row, if it is still at this version. Gives [`Input::Written`].
    Write {
        version: Option<i64>,
        write: AttemptWrite,
    },
    /// Send the create request, and confirm the inquiry of its answer. Gives [`Input::Answered`].
    Send(CreateRequest),
    /// Take a retry out of the retry budget. Gives [`Input::Budget`].
    SpendRetry,
    /// Sleep. Gives [`Input::Slept`].
    Sleep(Duration),
    /// Expire the inquiry that the last lookup found. Gives [`Input::Expired`].
    ExpireSpent,
    /// Nothing more.
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

/// What an effect came to.
pub(crate) enum Input {
    /// The row.
    Row(Option<AttemptRow>),
    /// What the policy makes of the inquiries found.
    LookedUp(Lookup),
    /// The row's new version; `None` if another process has written it since.
    Written(Option<i64>),
    /// What became of the create request.
    Answered(Answer),
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
    /// There is an inquiry to go on with.
    Unfinished,
    /// There is one to go on with, but it has used up its sessions.
    Spent,
    /// There is nothing to go on with, and the policy denies a new one.
    Denied,
    /// There is nothing to go on with, and nothing against a new one.
    Nothing,
    /// It failed. "Could not look" is never "nothing there".
    Failed,
}

/// What became of a create request. The durations are waits before the next send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// An unfinished inquiry, confirmed to be the user's.
    Unfinished,
    /// An inquiry that has ended since, or is gone.
    Ended,
    /// Persona has not looked at it: rate limited, no connection, not sent.
    NotProcessed(Duration),
    /// Persona may have acted, and may act until the send's time is up.
    Lost(Duration),
    /// A failure that Persona may have stored for the key: 5xx, 409, an unreadable answer. Persona
    /// may have acted, and may act for [`super::LATE_COMMIT_WINDOW`].
    Failed(Duration),
    /// The inquiry is another person's. Persona may have stored that answer for the key.
    Foreign(Duration),
    /// No retry will help this click, and nothing is decided about the key.
    Stopped,
    /// Persona said no: there will be no inquiry by this key.
    Rejected,
}

/// What the click came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An unfinished inquiry was there.
    Found,
    /// An inquiry was created by this attempt.
    Created,
    /// The policy denies another inquiry.
    Denied,
    /// The last error is the click's.
    Failed,
    /// Another click is at work for longer than this one can wait.
    Busy,
}
