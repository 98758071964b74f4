//! The status card: what the onboarding page says at each moment, and the one thing that can be done.
//!
//! [`status_card`] is a pure function of what is known about the person. The table in its tests lists
//! every state.
//!
//! Longer than 400 lines: the table of all states.

use super::{
    phase::{Failure, Phase, WindowError},
    status_cache::StatusCache,
    status_text::{
        Action, Drawing, Progress, SUBMITTED, StatusText, Tone, inquiry_text, status_text,
    },
    words::word,
};
use crate::{
    api::{ApiError, ErrorCode},
    i18n::Word,
    model::{InquiryId, InquiryStatus, InquirySummaryView},
};

/// What the card shows.
#[derive(Debug)]
pub(in crate::ui) struct StatusCard {
    pub(in crate::ui) drawing: Drawing,
    pub(in crate::ui) tone: Tone,
    /// Where the person is.
    pub(in crate::ui) heading: Word,
    /// What comes next. Words in square brackets are the link to the support.
    pub(in crate::ui) sentence: Word,
    /// What the button does; `None` hides it.
    pub(in crate::ui) action: Option<Action>,
    /// Whether the button is not what the person needs next.
    pub(in crate::ui) is_quiet: bool,
    /// Whether the card offers the flow on Persona's own website.
    pub(in crate::ui) offers_hosted_flow: bool,
    /// How far the person has come.
    pub(in crate::ui) progress: Progress,
    /// The inquiry to quote to the support, once it has been submitted or has ended.
    pub(in crate::ui) reference: Option<InquiryId>,
    /// Whether the person is verified, and has begun another verification since.
    pub(in crate::ui) has_begun_another: bool,
    /// Whether it is the first visit, which explains what the person needs.
    pub(in crate::ui) is_first_visit: bool,
    /// The document's title names the state, too. While the window is on its way or open it stays.
    title: Word,
}

impl StatusCard {
    /// The document's title.
    pub(in crate::ui) fn title(&self) -> String {
        [word(self.title), word(Word::TitleSuffix)].concat()
    }

    fn new(text: &StatusText) -> Self {
        Self {
            drawing: text.drawing,
            tone: text.tone,
            heading: text.heading,
            sentence: text.sentence,
            action: text.action,
            is_quiet: false,
            offers_hosted_flow: false,
            progress: text.progress,
            reference: None,
            has_begun_another: false,
            is_first_visit: false,
            title: text.heading,
        }
    }

    /// The card of a problem that may pass, after which the person tries again.
    fn problem(drawing: Drawing, heading: Word, sentence: Word) -> Self {
        Self::new(&StatusText {
            heading,
            sentence,
            tone: Tone::Caution,
            drawing,
            action: Some(Action::TryAgain),
            progress: Progress::Identity,
        })
    }

    fn with_hosted_flow(self) -> Self {
        Self {
            offers_hosted_flow: true,
            ..self
        }
    }

    /// The card before the first verification.
    fn first_visit() -> Self {
        Self {
            heading: Word::FirstVisitHeading,
            sentence: Word::CreatedSentence,
            action: Some(Action::Start),
            is_first_visit: true,
            title: Word::FirstVisitTitle,
            ..Self::new(&status_text(&InquiryStatus::Created))
        }
    }

    /// The card of a status.
    fn of_status(status: &InquiryStatus, is_submitted: bool, may_repeat: bool) -> Self {
        let mut card = Self::new(&inquiry_text(status, is_submitted));
        match status {
            InquiryStatus::Approved => card.action = Some(Action::VerifyAgain),
            InquiryStatus::Declined if may_repeat => card.action = Some(Action::TryAgain),
            _ => {}
        }
        card.is_quiet = status.is_decision();
        card
    }

    /// The card of an inquiry, with the reference to quote.
    fn of_inquiry(inquiry: &InquirySummaryView, may_repeat: bool) -> Self {
        let is_submitted = inquiry.is_submitted || !inquiry.status.is_unfinished();
        Self {
            reference: is_submitted.then(|| inquiry.inquiry_id.clone()),
            ..Self::of_status(&inquiry.status, inquiry.is_submitted, may_repeat)
        }
    }
}

/// The card for what is known about the person.
///
/// `is_slow`: the person has been waiting for the window for some seconds. `may_repeat`: a decision does
/// not rule out another verification (`INQUIRY_POLICY=repeat`).
pub(super) fn status_card(
    phase: &Phase,
    is_slow: bool,
    statuses: &StatusCache,
    may_repeat: bool,
) -> StatusCard {
    match phase {
        Phase::Idle => standing(statuses, may_repeat),
        Phase::Requesting | Phase::Opening => opening(standing(statuses, may_repeat), is_slow),
        Phase::Open => StatusCard {
            drawing: Drawing::Unfinished,
            tone: Tone::Open,
            heading: Word::OpenHeading,
            sentence: Word::OpenSentence,
            is_first_visit: false,
            ..standing(statuses, may_repeat)
        },
        Phase::Cancelled => StatusCard {
            sentence: Word::CancelledSentence,
            ..StatusCard::new(&status_text(&InquiryStatus::Pending))
        },
        Phase::Completed {
            inquiry_id,
            has_failed,
        } => match statuses.about(Some(inquiry_id)) {
            // A status from before the end of the window is outdated.
            Some(known) if !known.status.is_unfinished() => {
                StatusCard::of_inquiry(known, may_repeat)
            }
            _ => StatusCard {
                reference: Some(inquiry_id.clone()),
                ..submitted(*has_failed)
            },
        },
        Phase::Failed(failure) => failed(failure, statuses, may_repeat),
    }
}

/// Where the person stands while nothing is under way.
fn standing(statuses: &StatusCache, may_repeat: bool) -> StatusCard {
    let Some(overall) = statuses.about(None) else {
        return StatusCard::first_visit();
    };
    let mut card = StatusCard::of_inquiry(overall, may_repeat);
    if statuses.has_begun_another() {
        card.has_begun_another = true;
        card.action = Some(Action::Continue);
    }
    card
}

/// The window is on its way. The button keeps its place and its label, since it has the focus.
fn opening(standing: StatusCard, is_slow: bool) -> StatusCard {
    let (heading, sentence) = if is_slow {
        (Word::SlowHeading, Word::SlowSentence)
    } else {
        (Word::OpeningHeading, Word::OpeningSentence)
    };
    StatusCard {
        tone: Tone::Open,
        drawing: Drawing::Card,
        heading,
        sentence,
        offers_hosted_flow: is_slow,
        ..standing
    }
}

/// The person has reached the end of the flow, and its outcome is not known here.
fn submitted(has_failed: bool) -> StatusCard {
    if has_failed {
        StatusCard::problem(
            Drawing::Retry,
            Word::UnsuccessfulHeading,
            Word::UnsuccessfulSentence,
        )
    } else {
        StatusCard::new(&SUBMITTED)
    }
}

fn failed(failure: &Failure, statuses: &StatusCache, may_repeat: bool) -> StatusCard {
    match failure {
        Failure::Server(error) => refused(error, statuses, may_repeat),
        Failure::SdkBlocked | Failure::WindowBlocked => StatusCard {
            is_quiet: true,
            ..StatusCard::problem(
                Drawing::Blocked,
                Word::BlockedHeading,
                Word::BlockedSentence,
            )
            .with_hosted_flow()
        },
        Failure::Window(WindowError::Unauthenticated) => StatusCard::problem(
            Drawing::Retry,
            Word::NotContinuedHeading,
            Word::NotContinuedSentence,
        ),
        Failure::Window(WindowError::InvalidConfig | WindowError::InactiveTemplate) => {
            StatusCard::problem(
                Drawing::Unplugged,
                Word::MisconfiguredHeading,
                Word::MisconfiguredSentence,
            )
        }
        Failure::Window(WindowError::Other) => StatusCard::problem(
            Drawing::Blocked,
            Word::WindowClosedHeading,
            Word::WindowClosedSentence,
        )
        .with_hosted_flow(),
        Failure::Expired => StatusCard {
            sentence: Word::StartAgainSentence,
            ..StatusCard::new(&status_text(&InquiryStatus::Expired))
        },
    }
}

/// The server has not opened an inquiry. A refusal that says where the person stands is no failure: its
/// card is that of the status.
fn refused(error: &ApiError, statuses: &StatusCache, may_repeat: bool) -> StatusCard {
    let status = match error.code() {
        ErrorCode::Approved => Some(InquiryStatus::Approved),
        ErrorCode::Declined => Some(InquiryStatus::Declined),
        ErrorCode::Waiting => Some(InquiryStatus::Completed),
        _ => None,
    };
    if let Some(status) = status {
        let overall = statuses.about(None);
        // The page may know more than the refusal says: a person may be looking.
        return match overall.filter(|overall| !overall.status.is_unfinished()) {
            Some(known) if error.code() == ErrorCode::Waiting || known.status == status => {
                StatusCard::of_inquiry(known, may_repeat)
            }
            _ => StatusCard::of_status(&status, false, may_repeat),
        };
    }
    let (drawing, heading, sentence) = match error.code() {
        ErrorCode::TooManyAttempts => (
            Drawing::Clock,
            Word::TooManyAttemptsHeading,
            Word::TooManyAttemptsSentence,
        ),
        ErrorCode::InvalidRequest => (
            Drawing::Unplugged,
            Word::InvalidRequestHeading,
            Word::InvalidRequestSentence,
        ),
        ErrorCode::SignedOut => (
            Drawing::Lock,
            Word::SignedOutHeading,
            Word::SignedOutSentence,
        ),
        ErrorCode::CrossOrigin => (
            Drawing::Blocked,
            Word::CrossOriginHeading,
            Word::CrossOriginSentence,
        ),
        ErrorCode::RateLimited => (
            Drawing::Clock,
            Word::RateLimitedHeading,
            Word::RateLimitedSentence,
        ),
        ErrorCode::Timeout => (Drawing::Clock, Word::TimeoutHeading, Word::TimeoutSentence),
        ErrorCode::Offline => (
            Drawing::Unplugged,
            Word::OfflineHeading,
            Word::OfflineSentence,
        ),
        ErrorCode::PersonaFailed => (
            Drawing::Unplugged,
            Word::PersonaFailedHeading,
            Word::PersonaFailedSentence,
        ),
        // The first three have a card of their status, above.
        ErrorCode::Approved | ErrorCode::Declined | ErrorCode::Waiting | ErrorCode::TryAgain => (
            Drawing::Unplugged,
            Word::TryAgainHeading,
            Word::TryAgainSentence,
        ),
    };
    let action = match error.code() {
        ErrorCode::TooManyAttempts => None,
        ErrorCode::SignedOut => Some(Action::SignIn),
        _ => Some(Action::TryAgain),
    };
    StatusCard {
        action,
        ..StatusCard::problem(drawing, heading, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{ChangeNumber, ResultId},
        ui::islands::phase::response_timeout,
    };

    fn known(number: i64, id: &str, status: &str) -> InquirySummaryView {
        InquirySummaryView {
            number: ChangeNumber(number),
            inquiry_id: InquiryId::parse(id).unwrap(),
            result_id: ResultId::parse(format!("res_{id}")).ok(),
            status: status.to_owned().into(),
            is_submitted: false,
        }
    }

    /// The card of a phase, with one inquiry in this status; `-` is none, `submitted` an unfinished one
    /// that was submitted.
    fn card_of(phase: &Phase, status: &str, may_repeat: bool) -> StatusCard {
        let summaries = match status {
            "-" => Vec::new(),
            "submitted" => vec![InquirySummaryView {
                is_submitted: true,
                ..known(1, "inq_1", "pending")
            }],
            _ => vec![known(1, "inq_1", status)],
        };
        status_card(phase, false, &StatusCache::new(summaries), may_repeat)
    }

    fn completed(has_failed: bool) -> Phase {
        Phase::Completed {
            inquiry_id: InquiryId::parse("inq_1").unwrap(),
            has_failed,
        }
    }

    fn refusal(code: ErrorCode) -> Phase {
        Phase::Failed(Failure::Server(ApiError::new(code)))
    }

    fn window_error(code: &str) -> Phase {
        Phase::Failed(Failure::Window(WindowError::from_code(code)))
    }

    /// Phase and status; heading, button, tone, and whether the hosted flow is offered.
    type Row = (
        Phase,
        &'static str,
        &'static str,
        Option<Action>,
        Tone,
        bool,
    );

    #[rustfmt::skip]
    fn table() -> Vec<Row> {
        use Action::{Continue, SignIn, Start, StartAgain, TryAgain, VerifyAgain};
        use Tone::{Bad, Caution, Good, Open};
        vec![
            (Phase::Idle, "-", "Show that it's you", Some(Start), Open, false),
            (Phase::Requesting, "-", "Opening…", Some(Start), Open, false),
            (Phase::Opening, "-", "Opening…", Some(Start), Open, false),
            (Phase::Opening, "pending", "Opening…", Some(Continue), Open, false),
            (Phase::Open, "-", "Your verification is open", Some(Start), Open, false),
            (Phase::Cancelled, "created", "You're not done yet", Some(Continue), Open, false),
            (Phase::Idle, "created", "You haven't started yet", Some(Start), Open, false),
            (Phase::Idle, "pending", "You're not done yet", Some(Continue), Open, false),
            (completed(false), "pending", "Thanks, we have everything", None, Open, false),
            (completed(true), "pending", "It looks as if this didn't work", Some(TryAgain), Caution, false),
            (completed(false), "approved", "You're verified", Some(VerifyAgain), Good, false),
            (Phase::Idle, "submitted", "Thanks, we have everything", None, Open, false),
            (Phase::Idle, "completed", "We're checking your documents", None, Open, false),
            (Phase::Idle, "needs_review", "A person is taking a closer look", None, Open, false),
            (Phase::Idle, "paused", "We're working on it", None, Open, false),
            (Phase::Idle, "approved", "You're verified", Some(VerifyAgain), Good, false),
            (Phase::Idle, "declined", "We couldn't verify your identity", Some(TryAgain), Bad, false),
            (Phase::Idle, "failed", "We couldn't verify you this time", Some(TryAgain), Caution, false),
            (Phase::Idle, "expired", "You ran out of time", Some(StartAgain), Open, false),
            (Phase::Failed(Failure::Expired), "pending", "You ran out of time", Some(StartAgain), Open, false),
            (refusal(ErrorCode::Waiting), "created", "We're checking your documents", None, Open, false),
            (refusal(ErrorCode::Waiting), "needs_review", "A person is taking a closer look", None, Open, false),
            (refusal(ErrorCode::Approved), "created", "You're verified", Some(VerifyAgain), Good, false),
            (refusal(ErrorCode::Declined), "-", "We couldn't verify your identity", Some(TryAgain), Bad, false),
            (refusal(ErrorCode::TooManyAttempts), "failed", "You've used your 3 tries", None, Caution, false),
            (refusal(ErrorCode::SignedOut), "approved", "You've been signed out", Some(SignIn), Caution, false),
            (refusal(ErrorCode::Offline), "-", "You seem to be offline", Some(TryAgain), Caution, false),
            (refusal(ErrorCode::PersonaFailed), "-", "Our identity partner, Persona, isn't answering", Some(TryAgain), Caution, false),
            (refusal(ErrorCode::TryAgain), "-", "Something went wrong on our side", Some(TryAgain), Caution, false),
            (Phase::Failed(response_timeout()), "-", "That took too long", Some(TryAgain), Caution, false),
            (refusal(ErrorCode::RateLimited), "-", "That was too fast for us", Some(TryAgain), Caution, false),
            (Phase::Failed(Failure::SdkBlocked), "-", "We couldn't open the verification here", Some(TryAgain), Caution, true),
            (Phase::Failed(Failure::WindowBlocked), "-", "We couldn't open the verification here", Some(TryAgain), Caution, true),
            (window_error("unauthenticated"), "-", "We couldn't continue your verification", Some(TryAgain), Caution, false),
            (window_error("invalid_config"), "-", "Something is wrong on our side", Some(TryAgain), Caution, false),
            (window_error("inactive_template"), "-", "Something is wrong on our side", Some(TryAgain), Caution, false),
            (window_error("other"), "-", "The window closed unexpectedly", Some(TryAgain), Caution, true),
        ]
    }

    #[test]
    fn each_state_has_its_own_heading_and_action() {
        for (phase, status, heading, action, tone, offers_hosted_flow) in table() {
            let card = card_of(&phase, status, true);
            let actual = (
                word(card.heading),
                card.action,
                card.tone,
                card.offers_hosted_flow,
            );
            let expected = (heading.to_owned(), action, tone, offers_hosted_flow);
            assert_eq!(actual, expected, "{phase:?} {status}");
            assert!(!word(card.sentence).is_empty(), "{phase:?} {status}");
        }
    }

    #[test]
    fn the_title_names_the_state_and_stays_while_the_window_is_open() {
        for (phase, status, heading, ..) in table() {
            let stays = phase.is_busy() || phase == Phase::Open;
            let expected = match (stays, status) {
                (true, "-") => "Complete Your Profile",
                (true, _) => "You're not done yet",
                (false, "-") if phase == Phase::Idle => "Complete Your Profile",
                (false, _) => heading,
            };
            let title = card_of(&phase, status, true).title();
            assert_eq!(
                title,
                format!("{expected} - Dog Walker"),
                "{phase:?} {status}"
            );
        }
    }

    #[test]
    fn nothing_but_an_approval_is_called_verified() {
        for (phase, status, ..) in table() {
            let card = card_of(&phase, status, true);
            let is_yes = card.tone == Tone::Good
                || word(card.heading).contains("You're verified")
                || card.progress == Progress::Ready;
            let is_signed_out = phase == refusal(ErrorCode::SignedOut);
            let is_approved =
                phase == refusal(ErrorCode::Approved) || (status == "approved" && !is_signed_out);
            assert_eq!(is_yes, is_approved, "{phase:?} {status}");
        }
        // The approval of another inquiry says nothing about the one that was just submitted.
        let statuses = StatusCache::new(vec![known(1, "inq_2", "approved")]);
        let card = status_card(&completed(false), false, &statuses, true);
        assert_eq!(word(card.heading), "Thanks, we have everything");
    }

    #[test]
    fn where_a_decision_is_final_a_declined_person_is_led_to_the_support_alone() {
        for may_repeat in [true, false] {
            let card = card_of(&Phase::Idle, "declined", may_repeat);
            assert_eq!(card.action, may_repeat.then_some(Action::TryAgain));
            assert!(card.is_quiet);
            assert!(word(card.sentence).contains("[contact us]"));
            assert_eq!(card.reference, InquiryId::parse("inq_1").ok());
        }
    }

    #[test]
    fn an_approval_stands_beside_a_verification_that_was_begun_later() {
        let statuses = StatusCache::new(vec![
            known(1, "inq_1", "approved"),
            known(2, "inq_2", "created"),
        ]);
        let card = status_card(&Phase::Idle, false, &statuses, true);
        assert_eq!(word(card.heading), "You're verified");
        assert_eq!((card.action, card.is_quiet), (Some(Action::Continue), true));
        assert!(card.has_begun_another);
    }

    #[test]
    fn a_reference_is_quoted_once_there_is_something_to_ask_about() {
        for (status, has_reference) in [
            ("-", false),
            ("created", false),
            ("pending", false),
            ("submitted", true),
            ("completed", true),
            ("declined", true),
        ] {
            let card = card_of(&Phase::Idle, status, true);
            assert_eq!(card.reference.is_some(), has_reference, "{status}");
        }
    }

    #[test]
    fn a_slow_window_offers_the_way_around_it() {
        let card = status_card(&Phase::Opening, true, &StatusCache::default(), true);
        assert_eq!(word(card.heading), "Still opening…");
        assert!(card.offers_hosted_flow);
    }
}
