//! Where a verification stands on the page: one value, from which everything shown follows.

use crate::{
    api::{ApiError, ErrorCode},
    model::InquiryId,
};

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing has been asked yet.
    Idle,
    /// The server is asked for the inquiry.
    Asking,
    /// Persona's window is loading.
    Opening,
    /// Persona's window is open.
    Open,
    /// The person closed the window before the end.
    Cancelled,
    /// The person reached the end. Whether it is a yes is not known here.
    Completed {
        /// The inquiry that was completed.
        inquiry_id: InquiryId,
        /// Whether Persona's window said that the attempts are used up.
        has_failed: bool,
    },
    /// It did not come about.
    Failed(Failure),
}

/// Why it did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server refused or could not.
    Server(ApiError),
    /// The SDK did not load.
    SdkBlocked,
    /// The SDK loaded, Persona's window did not.
    WindowBlocked,
    /// Persona's window says that it cannot go on.
    Window(WindowError),
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
            Self::Asking | Self::Opening | Self::Open => false,
        }
    }

    /// Whether the person waits for us.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Asking | Self::Opening)
    }

    /// The line beside the button.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Idle => "Takes about two minutes. Have a government ID at hand.".into(),
            Self::Asking => "Preparing your verification…".into(),
            Self::Opening => "Opening the verification…".into(),
            Self::Open => "The verification is open.".into(),
            Self::Cancelled => {
                "You closed the verification. Your progress is kept: continue whenever you like."
                    .into()
            }
            Self::Completed {
                has_failed: false, ..
            } => "Thank you. Your answers are in and being checked.".into(),
            Self::Completed {
                has_failed: true, ..
            } => "Your identity could not be verified this time. You can try again.".into(),
            Self::Failed(failure) => failure.line(),
        }
    }

    /// Whether the way through Persona's own page is offered.
    pub(super) fn offers_hosted_flow(&self) -> bool {
        match self {
            Self::Failed(Failure::SdkBlocked | Failure::WindowBlocked) => true,
            Self::Failed(Failure::Window(error)) => *error == WindowError::Other,
            _ => false,
        }
    }

    /// Whether something went wrong.
    pub(super) fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Failed(_)
                | Self::Completed {
                    has_failed: true,
                    ..
                }
        )
    }
}

impl Failure {
    fn line(&self) -> String {
        match self {
            Self::Server(error) => error.to_string(),
            Self::SdkBlocked => {
                "Persona's script did not load. A content blocker or your network may have stopped \
                 it: allow it and try again, or continue on Persona's own page."
                    .into()
            }
            Self::WindowBlocked => {
                "Persona's window did not open. A content blocker or your network may have stopped \
                 it: allow it and try again, or continue on Persona's own page."
                    .into()
            }
            Self::Window(WindowError::Unauthenticated) => {
                "Your verification could not be continued. Please try again in a moment.".into()
            }
            Self::Window(WindowError::InvalidConfig | WindowError::InactiveTemplate) => {
                "The verification is not set up correctly. Please tell our support; nothing is \
                 lost."
                    .into()
            }
            Self::Window(WindowError::Other) => {
                "Persona's window stopped unexpectedly. Please try again, or continue on Persona's \
                 own page."
                    .into()
            }
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Server(error)
    }
}

/// What is said when the server did not answer in time.
pub(super) fn no_answer() -> Failure {
    Failure::Server(ApiError::new(ErrorCode::Timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Phase> {
        let inquiry_id = || InquiryId::parse("inq_1").unwrap();
        vec![
            Phase::Idle,
            Phase::Asking,
            Phase::Opening,
            Phase::Open,
            Phase::Cancelled,
            Phase::Completed {
                inquiry_id: inquiry_id(),
                has_failed: false,
            },
            Phase::Completed {
                inquiry_id: inquiry_id(),
                has_failed: true,
            },
            Phase::Failed(no_answer()),
            Phase::Failed(Failure::SdkBlocked),
            Phase::Failed(Failure::WindowBlocked),
            Phase::Failed(Failure::Window(WindowError::Unauthenticated)),
            Phase::Failed(Failure::Window(WindowError::InvalidConfig)),
            Phase::Failed(Failure::Window(WindowError::Other)),
        ]
    }

    #[test]
    fn there_is_no_dead_end_and_always_a_line() {
        for phase in all() {
            assert!(!phase.line().is_empty(), "{phase:?}");
            let is_under_way = phase.is_busy() || phase == Phase::Open;
            assert_eq!(phase.accepts_click(), !is_under_way, "{phase:?}");
        }
    }

    #[test]
    fn the_hosted_flow_is_offered_where_the_window_cannot_help() {
        let offered: Vec<_> = all()
            .into_iter()
            .filter(Phase::offers_hosted_flow)
            .collect();
        assert_eq!(
            offered,
            [
                Phase::Failed(Failure::SdkBlocked),
                Phase::Failed(Failure::WindowBlocked),
                Phase::Failed(Failure::Window(WindowError::Other)),
            ]
        );
    }

    #[test]
    fn completed_is_never_called_verified() {
        for phase in all() {
            let line = phase.line();
            assert!(!line.contains("You are verified"), "{line}");
        }
    }
}
