//! What each status means for people: its texts, which are in `locales/`, and what can be done.
//!
//! Only `approved` is a yes. A heading with its sentence says where the person is and what comes next: a
//! step of theirs, or ours.

use crate::{i18n::Word, model::InquiryStatus, ui::islands::words::word};

/// The texts of a status, and what the person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) struct StatusText {
    /// Where the person is.
    pub(in crate::ui) heading: Word,
    /// What comes next. Words in square brackets are the link to the support.
    pub(in crate::ui) sentence: Word,
    /// The tone.
    pub(in crate::ui) tone: Tone,
    /// The drawing beside the heading.
    pub(in crate::ui) drawing: Drawing,
    /// What the person can do, if anything.
    pub(in crate::ui) action: Option<Action>,
    /// How far the person has come.
    pub(in crate::ui) progress: Progress,
}

impl StatusText {
    /// Heading and sentence in one line, without the link's brackets.
    pub(super) fn line(&self) -> String {
        let (heading, sentence) = (word(self.heading), word(self.sentence));
        let (before, link, after) = split_link(&sentence);
        [&heading, ". ", before, link, after].concat()
    }
}

/// Splits a sentence at the link to the support: before it, the link's words, after it.
pub(in crate::ui) fn split_link(sentence: &str) -> (&str, &str, &str) {
    let Some((before, rest)) = sentence.split_once('[') else {
        return (sentence, "", "");
    };
    let (link, after) = rest.split_once(']').unwrap_or((rest, ""));
    (before, link, after)
}

/// The tone of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Tone {
    /// It is under way.
    Open,
    /// Yes.
    Good,
    /// Not this time, or not now.
    Caution,
    /// No.
    Bad,
}

impl Tone {
    /// The CSS class of elements in this tone.
    pub(in crate::ui) fn class(self) -> &'static str {
        match self {
            Self::Open => "is-open",
            Self::Good => "is-good",
            Self::Caution => "is-caution",
            Self::Bad => "is-bad",
        }
    }
}

/// What the person can do next. One button on the onboarding page does all of it; its label names the
/// step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Action {
    /// Start the first verification.
    Start,
    /// Continue an unfinished one.
    Continue,
    /// Start another after one that did not succeed.
    TryAgain,
    /// Start another after one that ran out.
    StartAgain,
    /// Start another although the person is verified.
    VerifyAgain,
    /// Sign in first.
    SignIn,
}

impl Action {
    /// The button's label. The first one is the tutorial's.
    pub(in crate::ui) fn label(self) -> Word {
        match self {
            Self::Start => Word::StartAction,
            Self::Continue => Word::ContinueAction,
            Self::TryAgain => Word::TryAgainAction,
            Self::StartAgain => Word::StartAgainAction,
            Self::VerifyAgain => Word::VerifyAgainAction,
            Self::SignIn => Word::SignInAction,
        }
    }

    /// What a screen reader adds to the label. The button's name contains the tutorial's label in every
    /// state, so that people and scripts who know it by that name find it.
    pub(in crate::ui) fn addition(self) -> Option<Word> {
        match self {
            Self::Start => None,
            Self::Continue => Some(Word::ContinueAddition),
            Self::TryAgain => Some(Word::TryAgainAddition),
            Self::StartAgain => Some(Word::StartAgainAddition),
            Self::VerifyAgain => Some(Word::VerifyAgainAddition),
            Self::SignIn => Some(Word::SignInAddition),
        }
    }
}

/// The drawings beside the heading: the symbols of `brand/drawings.svg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Drawing {
    /// An ID card.
    Card,
    /// An ID card that is half filled in.
    Unfinished,
    /// A magnifier over an ID card.
    Checking,
    /// A person with a magnifier.
    Person,
    /// A dog with a medal.
    Verified,
    /// A letter.
    Letter,
    /// A lamp over an ID card.
    Retry,
    /// A clock.
    Clock,
    /// A padlock.
    Lock,
    /// A window that is shut.
    Blocked,
    /// A plug that is out.
    Unplugged,
}

impl Drawing {
    /// The URL of the symbol.
    pub(in crate::ui) fn href(self) -> &'static str {
        match self {
            Self::Card => "/drawings.svg#card",
            Self::Unfinished => "/drawings.svg#unfinished",
            Self::Checking => "/drawings.svg#checking",
            Self::Person => "/drawings.svg#person",
            Self::Verified => "/drawings.svg#verified",
            Self::Letter => "/drawings.svg#letter",
            Self::Retry => "/drawings.svg#retry",
            Self::Clock => "/drawings.svg#clock",
            Self::Lock => "/drawings.svg#lock",
            Self::Blocked => "/drawings.svg#blocked",
            Self::Unplugged => "/drawings.svg#unplugged",
        }
    }
}

/// How far a person has come of the three steps: profile, identity, ready to walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::ui) enum Progress {
    /// The profile is complete, the identity is not verified.
    Identity,
    /// Verified: all steps are done.
    Ready,
}

/// The texts of an unfinished inquiry whose submission Persona has not confirmed yet.
pub(super) const SUBMITTED: StatusText = StatusText {
    heading: Word::SubmittedHeading,
    sentence: Word::SubmittedSentence,
    tone: Tone::Open,
    drawing: Drawing::Checking,
    action: None,
    progress: Progress::Identity,
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
    match status {
        InquiryStatus::Created => StatusText {
            heading: Word::CreatedHeading,
            sentence: Word::CreatedSentence,
            tone: Tone::Open,
            drawing: Drawing::Card,
            action: Some(Action::Start),
            progress: Progress::Identity,
        },
        InquiryStatus::Pending => StatusText {
            heading: Word::PendingHeading,
            sentence: Word::PendingSentence,
            tone: Tone::Open,
            drawing: Drawing::Unfinished,
            action: Some(Action::Continue),
            progress: Progress::Identity,
        },
        InquiryStatus::Completed => StatusText {
            heading: Word::CompletedHeading,
            sentence: Word::CompletedSentence,
            tone: Tone::Open,
            drawing: Drawing::Checking,
            action: None,
            progress: Progress::Identity,
        },
        InquiryStatus::NeedsReview => StatusText {
            heading: Word::NeedsReviewHeading,
            sentence: Word::NeedsReviewSentence,
            tone: Tone::Open,
            drawing: Drawing::Person,
            action: None,
            progress: Progress::Identity,
        },
        InquiryStatus::Approved => StatusText {
            heading: Word::ApprovedHeading,
            sentence: Word::ApprovedSentence,
            tone: Tone::Good,
            drawing: Drawing::Verified,
            action: None,
            progress: Progress::Ready,
        },
        InquiryStatus::Declined => StatusText {
            heading: Word::DeclinedHeading,
            sentence: Word::DeclinedSentence,
            tone: Tone::Bad,
            drawing: Drawing::Letter,
            action: None,
            progress: Progress::Identity,
        },
        InquiryStatus::Failed => StatusText {
            heading: Word::FailedHeading,
            sentence: Word::FailedSentence,
            tone: Tone::Caution,
            drawing: Drawing::Retry,
            action: Some(Action::TryAgain),
            progress: Progress::Identity,
        },
        InquiryStatus::Expired => StatusText {
            heading: Word::ExpiredHeading,
            sentence: Word::ExpiredSentence,
            tone: Tone::Open,
            drawing: Drawing::Clock,
            action: Some(Action::StartAgain),
            progress: Progress::Identity,
        },
        // A status that this release does not know counts as in progress.
        InquiryStatus::Unknown(_) => StatusText {
            heading: Word::UnknownHeading,
            sentence: Word::UnknownSentence,
            tone: Tone::Open,
            drawing: Drawing::Checking,
            action: None,
            progress: Progress::Identity,
        },
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
            let is_yes = text.tone == Tone::Good || text.line().contains("You're verified");
            assert_eq!(is_yes, status == "approved", "{status}");
            assert_eq!(text.progress == Progress::Ready, is_yes, "{status}");
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
            "You'll need a photo ID",
            "Continue",
            "close this page and come back",
            "You're all set",
            "contact us",
            "Try again",
            "Start again",
        ];
        for status in ALL {
            let line = text(status).line();
            assert!(
                next_steps.iter().any(|step| line.contains(step)),
                "{status}: {line}"
            );
        }
    }

    #[test]
    fn a_sentence_is_split_at_its_link() {
        assert_eq!(split_link("Ask [us] now."), ("Ask ", "us", " now."));
        assert_eq!(split_link("No link."), ("No link.", "", ""));
    }

    #[test]
    fn the_buttons_name_contains_the_label_of_the_tutorial() {
        for action in [
            Action::Start,
            Action::Continue,
            Action::TryAgain,
            Action::StartAgain,
            Action::VerifyAgain,
            Action::SignIn,
        ] {
            let addition = action.addition().map(word).unwrap_or_default();
            let name = format!("{}{addition}", word(action.label()));
            assert!(name.to_lowercase().contains("start verifying"), "{name}");
        }
    }

    #[test]
    fn every_drawing_is_in_the_file() {
        let file = include_str!("../../../brand/drawings.svg");
        for drawing in [
            Drawing::Card,
            Drawing::Unfinished,
            Drawing::Checking,
            Drawing::Person,
            Drawing::Verified,
            Drawing::Letter,
            Drawing::Retry,
            Drawing::Clock,
            Drawing::Lock,
            Drawing::Blocked,
            Drawing::Unplugged,
        ] {
            let (_, id) = drawing.href().split_once('#').unwrap();
            assert!(file.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
}
