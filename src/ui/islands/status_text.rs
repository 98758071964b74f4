//! The texts of each status for people: the only place that contains them.
//!
//! Only `approved` is a yes, and each text ends with what comes next: a step of theirs, or ours.

use crate::model::InquiryStatus;

/// The texts of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) struct StatusText {
    /// Persona's name of the status.
    pub(in crate::ui) label: &'static str,
    /// What it means, and what comes next.
    pub(in crate::ui) sentence: &'static str,
    /// The tone.
    pub(in crate::ui) tone: Tone,
    /// Whether the person may want to go on from here.
    pub(in crate::ui) asks_for_more: bool,
}

/// The tone of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Tone {
    /// It is under way.
    Open,
    /// Yes.
    Good,
    /// No, or not this time.
    Bad,
}

impl Tone {
    /// The CSS class of elements in this tone.
    #[cfg(feature = "ssr")]
    pub(in crate::ui) fn class(self) -> &'static str {
        match self {
            Self::Open => "is-open",
            Self::Good => "is-good",
            Self::Bad => "is-bad",
        }
    }
}

/// The texts of an unfinished inquiry whose submission Persona has not confirmed yet.
const SUBMITTED: StatusText = StatusText {
    label: "Submitted",
    sentence: "Thank you, your answers are submitted. We are waiting for the result, usually for \
               about a minute; it will appear here. You may leave this page.",
    tone: Tone::Open,
    asks_for_more: false,
};

/// The texts of an inquiry: of its status, unless the person has submitted it since.
pub(in crate::ui) fn inquiry_text(status: &InquiryStatus, is_submitted: bool) -> StatusText {
    if is_submitted && status.is_unfinished() {
        SUBMITTED
    } else {
        status_text(status)
    }
}

/// The texts of a status.
pub(in crate::ui) fn status_text(status: &InquiryStatus) -> StatusText {
    let (label, tone, asks_for_more, sentence) = match status {
        InquiryStatus::Created => (
            "Created",
            Tone::Open,
            true,
            "Your verification is ready. It takes about two minutes; have a government ID at hand.",
        ),
        InquiryStatus::Pending => (
            "Pending",
            Tone::Open,
            true,
            "Your verification is not finished. Continue where you left off.",
        ),
        InquiryStatus::Completed => (
            "Completed",
            Tone::Open,
            false,
            "Your answers are in and being checked. The result will appear here.",
        ),
        InquiryStatus::NeedsReview => (
            "Needs review",
            Tone::Open,
            false,
            "A person is taking a closer look at your answers. There is nothing for you to do; \
             the result will appear here.",
        ),
        InquiryStatus::Approved => (
            "Approved",
            Tone::Good,
            false,
            "You are verified. There is nothing more to do.",
        ),
        InquiryStatus::Declined => (
            "Declined",
            Tone::Bad,
            false,
            "Your identity could not be verified. If you think that this is a mistake, please \
             contact our support.",
        ),
        InquiryStatus::Failed => (
            "Failed",
            Tone::Bad,
            true,
            "Your identity could not be verified this time. You can try again.",
        ),
        InquiryStatus::Expired => (
            "Expired",
            Tone::Bad,
            true,
            "The time for this verification has run out. You can start again.",
        ),
        // A status that this release does not know counts as in progress.
        InquiryStatus::Unknown(_) => (
            "In progress",
            Tone::Open,
            false,
            "Your verification is being processed. The result will appear here.",
        ),
    };
    StatusText {
        label,
        sentence,
        tone,
        asks_for_more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 9] = [
        "created",
        "pending",
        "completed",
        "failed",
        "expired",
        "needs_review",
        "approved",
        "declined",
        "paused",
    ];

    fn text(status: &str) -> StatusText {
        status_text(&status.to_owned().into())
    }

    #[test]
    fn only_approved_is_a_yes() {
        for status in ALL {
            let text = text(status);
            let is_yes = text.tone == Tone::Good || text.sentence.contains("You are verified");
            assert_eq!(is_yes, status == "approved", "{status}");
        }
    }

    #[test]
    fn a_submission_outweighs_only_a_status_from_before_it() {
        for status in ALL {
            let known = status.to_owned().into();
            let expected = match status {
                "created" | "pending" => SUBMITTED,
                _ => text(status),
            };
            assert_eq!(inquiry_text(&known, true), expected, "{status}");
            assert_eq!(inquiry_text(&known, false), text(status), "{status}");
        }
    }

    #[test]
    fn every_status_says_what_comes_next() {
        let next_steps = [
            "have a government ID at hand",
            "Continue",
            "will appear here",
            "nothing more to do",
            "contact our support",
            "You can",
        ];
        for status in ALL {
            let sentence = text(status).sentence;
            assert!(
                next_steps.iter().any(|step| sentence.contains(step)),
                "{status}: {sentence}"
            );
        }
    }
}
