//! The events of Persona's SDK.

use crate::model::SessionToken;

/// The SDK cannot be used: its script did not load, or defines no client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) struct Blocked;

/// An event of Persona's window (docs.withpersona.com/docs/embedded-flow-client-callbacks).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "only a browser reports")
)]
pub(in crate::ui) enum Event {
    /// The frame has loaded.
    Load,
    /// It can be shown.
    Ready,
    /// The person pressed the last button.
    Complete {
        /// Whether the status said `failed`.
        has_failed: bool,
    },
    /// The person closed the window.
    Cancel {
        /// The session token that reopens the inquiry without a request to the server.
        session_token: Option<SessionToken>,
    },
    /// The window cannot go on.
    Error {
        /// Persona's error code.
        code: String,
    },
}
