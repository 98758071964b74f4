//! The phase of a verification on the page. What the page says in it is in `status_card`.

use crate::{
    api::{ApiError, ErrorCode},
    model::{InquiryId, InquirySummaryView},
};

/// The phase of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the click.
    Idle,
    /// The inquiry is being requested from the server.
    Requesting,
    /// Persona's window is loading.
    Opening,
    /// Persona's window is open.
    Open,
    /// The person closed the window before the end.
    Cancelled,
    /// The person reached the end of the flow. The decision is not known here.
    Completed {
        /// The inquiry that was completed.
        inquiry_id: InquiryId,
        /// Whether the window reported that the attempts are used up: a hint, not a result.
        has_failed: bool,
    },
    /// It failed.
    Failed(Failure),
}

/// Why it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server rejected the request or failed.
    Server(ApiError),
    /// The SDK did not load.
    SdkBlocked,
    /// The SDK loaded, Persona's window did not.
    WindowBlocked,
    /// Persona's window reported an error.
    Window(WindowError),
    /// The inquiry expired while its window was open. Another one is ready to be opened.
    Expired,
}

/// What Persona's window reports (docs.withpersona.com/docs/embedded-flow-client-callbacks).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WindowError {
    /// The inquiry needs a session token, or a fresher one.
    Unauthenticated,
    /// The settings are wrong.
    InvalidConfig,
    /// The template is not active.
    InactiveTemplate,
    /// Anything else.
    Other,
}

impl WindowError {
    /// Reads the code of the SDK's `onError`.
    pub(super) fn from_code(code: &str) -> Self {
        match code {
            "unauthenticated" => Self::Unauthenticated,
            "invalid_config" => Self::InvalidConfig,
            "inactive_template" => Self::InactiveTemplate,
            _ => Self::Other,
        }
    }
}

impl Phase {
    /// Whether a click starts or continues something.
    pub(super) fn accepts_click(&self) -> bool {
        match self {
            Self::Idle | Self::Cancelled | Self::Completed { .. } | Self::Failed(_) => true,
            Self::Requesting | Self::Opening | Self::Open => false,
        }
    }

    /// Whether the person waits for us.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Requesting | Self::Opening)
    }

    /// The one inquiry that the phase is about.
    pub(super) fn subject(&self) -> Option<&InquiryId> {
        match self {
            Self::Completed { inquiry_id, .. } => Some(inquiry_id),
            _ => None,
        }
    }

    /// Whether this status replaces the phase.
    pub(super) fn is_outdated_by(&self, summary: &InquirySummaryView) -> bool {
        matches!(self, Self::Cancelled | Self::Failed(_)) && !summary.status.is_unfinished()
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Server(error)
    }
}

/// The failure when the server does not respond in time.
pub(super) fn response_timeout() -> Failure {
    Failure::Server(ApiError::new(ErrorCode::Timeout))
}
