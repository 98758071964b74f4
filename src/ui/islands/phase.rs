//! The phase of a verification on the page: the one value from which the page derives its texts.

use crate::{
    api::{ApiError, ErrorCode},
    model::{InquiryId, InquirySummaryView},
    ui::islands::status_text::{StatusText, Tone, inquiry_text},
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

    /// The text of the last known status, where it is newer than the phase.
    fn newer_status(&self, known: Option<&InquirySummaryView>) -> Option<StatusText> {
        let known = known?;
        let is_newer = match self {
            Self::Idle => true,
            // A status from before the end of the window is outdated.
            Self::Completed { inquiry_id, .. } => {
                known.inquiry_id == *inquiry_id && !known.status.is_unfinished()
            }
            _ => false,
        };
        is_newer.then(|| inquiry_text(&known.status, known.is_submitted))
    }

    /// Whether this status replaces the phase.
    pub(super) fn is_outdated_by(&self, summary: &InquirySummaryView) -> bool {
        matches!(self, Self::Cancelled | Self::Failed(_)) && !summary.status.is_unfinished()
    }

    /// The line beside the button.
    pub(super) fn line(&self, known: Option<&InquirySummaryView>) -> String {
        if let Some(status) = self.newer_status(known) {
            return status.sentence.into();
        }
        match self {
            Self::Idle => "Takes about two minutes. Have a government ID at hand.".into(),
            Self::Requesting => "Preparing your verification…".into(),
            Self::Opening => "Opening the verification…".into(),
            Self::Open => "The verification is open.".into(),
            Self::Cancelled => {
                "You closed the verification. Your progress is kept: continue whenever you like."
                    .into()
            }
            Self::Completed {
                has_failed: false, ..
            } => "Thank you, your answers are submitted. We are waiting for the result; it will \
                  appear here."
                .into(),
            Self::Completed {
                has_failed: true, ..
            } => "Submitted. Persona's window says that your identity could not be verified this \
                  time; we are waiting for the result. You can try again."
                .into(),
            Self::Failed(failure) => failure.line(),
        }
    }

    /// Whether the page offers the flow on Persona's own page.
    pub(super) fn offers_hosted_flow(&self) -> bool {
        match self {
            Self::Failed(Failure::SdkBlocked | Failure::WindowBlocked) => true,
            Self::Failed(Failure::Window(error)) => *error == WindowError::Other,
            _ => false,
        }
    }

    /// The tone of the line.
    pub(super) fn tone(&self, known: Option<&InquirySummaryView>) -> Tone {
        if let Some(status) = self.newer_status(known) {
            return status.tone;
        }
        match self {
            Self::Failed(failure) => failure.tone(),
            Self::Completed {
                has_failed: true, ..
            } => Tone::Bad,
            _ => Tone::Open,
        }
    }
}

impl Failure {
    /// A refusal is not always bad: "you are verified" must not look like an error.
    fn tone(&self) -> Tone {
        match self {
            Self::Server(error) => match error.code() {
                ErrorCode::Approved => Tone::Good,
                ErrorCode::Waiting => Tone::Open,
                _ => Tone::Bad,
            },
            Self::Expired => Tone::Open,
            Self::SdkBlocked | Self::WindowBlocked | Self::Window(_) => Tone::Bad,
        }
    }

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
            Self::Expired => {
                "Your earlier verification ran out of time or was opened too often, so it has to \
                 start again. Press the button when you are ready."
                    .into()
            }
            Self::Window(WindowError::Other) => {
                "Persona's window could not go on. Press the button again: you continue where you \
                 left off, or start anew if that is not possible any more. You can also continue \
                 on Persona's own page."
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

/// The failure when the server does not respond in time.
pub(super) fn response_timeout() -> Failure {
    Failure::Server(ApiError::new(ErrorCode::Timeout))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChangeNumber, ResultId};

    fn all() -> Vec<Phase> {
        let inquiry_id = || InquiryId::parse("inq_1").unwrap();
        vec![
            Phase::Idle,
            Phase::Requesting,
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
            Phase::Failed(response_timeout()),
            Phase::Failed(Failure::Expired),
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
            assert!(!phase.line(None).is_empty(), "{phase:?}");
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

    fn known(id: &str, status: &str) -> InquirySummaryView {
        InquirySummaryView {
            number: ChangeNumber(1),
            inquiry_id: InquiryId::parse(id).unwrap(),
            result_id: ResultId::parse(format!("res_{id}")).ok(),
            status: status.to_owned().into(),
            is_submitted: false,
        }
    }

    #[test]
    fn nothing_but_an_approval_of_this_inquiry_is_called_verified() {
        let says_yes = |phase: &Phase, known: Option<&InquirySummaryView>| {
            phase.line(known).contains("You are verified") || phase.tone(known) == Tone::Good
        };
        for phase in all() {
            assert!(!says_yes(&phase, None), "{phase:?}");
            for status in [
                "created",
                "pending",
                "completed",
                "needs_review",
                "declined",
            ] {
                assert!(
                    !says_yes(&phase, Some(&known("inq_1", status))),
                    "{phase:?}"
                );
            }
            let is_completed = matches!(phase, Phase::Completed { .. });
            assert_eq!(
                says_yes(&phase, Some(&known("inq_1", "approved"))),
                is_completed || phase == Phase::Idle,
                "{phase:?}"
            );
            assert_eq!(
                says_yes(&phase, Some(&known("inq_2", "approved"))),
                phase == Phase::Idle,
                "{phase:?}"
            );
        }
    }

    #[test]
    fn after_the_end_the_line_waits_until_the_server_knows_more() {
        let completed = Phase::Completed {
            inquiry_id: InquiryId::parse("inq_1").unwrap(),
            has_failed: false,
        };
        let line = |status| completed.line(Some(&known("inq_1", status)));
        assert!(line("created").contains("waiting for the result"));
        assert!(line("pending").contains("waiting for the result"));
        assert!(line("completed").contains("being checked"));
        assert!(line("declined").contains("could not be verified"));
    }

    #[test]
    fn a_submission_is_still_awaited_on_the_next_page() {
        for status in ["created", "pending"] {
            let known = InquirySummaryView {
                is_submitted: true,
                ..known("inq_1", status)
            };
            let line = Phase::Idle.line(Some(&known));
            assert!(line.contains("waiting for the result"), "{status}: {line}");
        }
    }

    #[test]
    fn a_refusal_for_a_good_reason_is_not_a_failure() {
        let tone = |code| Phase::Failed(Failure::Server(ApiError::new(code))).tone(None);
        assert_eq!(tone(ErrorCode::Approved), Tone::Good);
        assert_eq!(tone(ErrorCode::Waiting), Tone::Open);
        assert_eq!(tone(ErrorCode::Declined), Tone::Bad);
        assert_eq!(tone(ErrorCode::PersonaFailed), Tone::Bad);
    }
}
