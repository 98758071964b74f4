//! The panel: drives the verification and keeps the status card of the page current.
//!
//! The card is rendered on the server (`pages/status_card.rs`). This island renders nothing: it sets the
//! texts and attributes of the card's elements by their IDs. With a reactive view of the same elements the
//! browser downloads 121,353 instead of 110,030 bytes (`script/sizes.mjs`).

use leptos::prelude::*;

use super::{
    phase::{Failure, Phase},
    status_cache::StatusCache,
    status_card::{StatusCard, status_card},
    status_text::{Action, Progress, split_link},
    verification::Verification,
    words::word,
};
use crate::{
    api::{ApiError, ErrorCode},
    i18n::Word,
    model::InquiryId,
    ui::browser::{page, panel_data},
};

/// The elements that take the focus after the window, and if the focused one is hidden: the first of them
/// that is shown.
const FOCUS_TARGETS: [&str; 2] = [ids::BUTTON, ids::CARD];

/// The attribute of the card with the island's data ([`PanelData`](crate::model::PanelData)).
pub(in crate::ui) const DATA_ATTRIBUTE: &str = "data-panel";

/// The IDs of the card's elements.
pub(in crate::ui) mod ids {
    /// The card, which takes the focus when it has no button.
    pub(in crate::ui) const CARD: &str = "status-card";
    pub(in crate::ui) const DRAWING: &str = "status-drawing";
    /// The live region.
    pub(in crate::ui) const LINE: &str = "verify-line";
    pub(in crate::ui) const HEADING: &str = "status-heading";
    pub(in crate::ui) const BEFORE_LINK: &str = "status-before-link";
    pub(in crate::ui) const LINK: &str = "status-link";
    pub(in crate::ui) const AFTER_LINK: &str = "status-after-link";
    pub(in crate::ui) const FIRST_VISIT: &str = "first-visit";
    pub(in crate::ui) const BEGUN_ANOTHER: &str = "begun-another";
    /// The form around the button, which works without script, too.
    pub(in crate::ui) const FORM: &str = "verify-form";
    pub(in crate::ui) const BUTTON: &str = "verify-button";
    pub(in crate::ui) const LABEL: &str = "verify-label";
    pub(in crate::ui) const ADDITION: &str = "verify-addition";
    pub(in crate::ui) const HOSTED_FORM: &str = "hosted-form";
    pub(in crate::ui) const HOSTED_BUTTON: &str = "hosted-button";
    pub(in crate::ui) const REFERENCE: &str = "reference";
    pub(in crate::ui) const REFERENCE_ID: &str = "reference-id";
    pub(in crate::ui) const DETAILS: &str = "details-link";
    /// The person's name and birthdate, below the card.
    pub(in crate::ui) const INFORMATION: &str = "information";
    pub(in crate::ui) const IDENTITY_STEP: &str = "step-identity";
    pub(in crate::ui) const DEBUG_INFO: &str = "debug-info";
}

/// Drives the verification, and keeps the status card current.
#[island]
pub(in crate::ui) fn VerificationPanel() -> impl IntoView {
    let Some(data) = panel_data(ids::CARD, DATA_ATTRIBUTE) else {
        return;
    };
    let may_repeat = data.may_repeat;
    let problem = data.problem.as_deref().and_then(ErrorCode::from_name);
    let phase = RwSignal::new(initial_phase(problem));
    let is_slow = RwSignal::new(false);
    let statuses = RwSignal::new(StatusCache::new(data.statuses));
    let completed = RwSignal::new(None);
    let verification =
        Verification::new(phase, is_slow, statuses, data.sdk, FOCUS_TARGETS, completed);
    for intent in ["pointerenter", "focus"] {
        let verification = verification.clone();
        page::on_event(ids::BUTTON, intent, move || verification.prepare());
    }
    let submitted = verification.clone();
    page::on_submit(ids::FORM, move || submitted.start());
    verification.hydrate(ids::FORM);
    Effect::new(move |_| {
        let phase = phase.read();
        let statuses = statuses.read();
        let card = status_card(&phase, is_slow.get(), &statuses, may_repeat);
        let details = details_path(&phase, &statuses);
        update_card(&card, &phase, details.as_deref());
        if let Some(id) = completed.get() {
            page::set_text(ids::DEBUG_INFO, &completed_text(&id));
        }
    });
}

fn initial_phase(problem: Option<ErrorCode>) -> Phase {
    problem.map_or(Phase::Idle, |code| {
        Phase::Failed(Failure::Server(ApiError::new(code)))
    })
}

/// The card as the server renders it, and the path of the details.
#[cfg(feature = "ssr")]
pub(in crate::ui) fn initial_card(
    problem: Option<ErrorCode>,
    statuses: Vec<crate::model::InquirySummaryView>,
    may_repeat: bool,
) -> (StatusCard, Option<String>) {
    let (phase, statuses) = (initial_phase(problem), StatusCache::new(statuses));
    let card = status_card(&phase, false, &statuses, may_repeat);
    let details = details_path(&phase, &statuses);
    (card, details)
}

/// The path of the inquiry's details: the list, until the result ID is known.
fn details_path(phase: &Phase, statuses: &StatusCache) -> Option<String> {
    let summary = statuses.about(phase.subject())?;
    Some(match &summary.result_id {
        Some(id) => ["/results/", id.as_str()].concat(),
        None => "/results".to_owned(),
    })
}

/// Shows or hides an element.
fn show(id: &str, is_shown: bool) {
    page::set_attribute(id, "hidden", (!is_shown).then_some(""));
}

/// Sets the texts of the card's elements.
fn update_texts(card: &StatusCard) {
    page::set_title(&card.title());
    page::set_text(ids::HEADING, &word(card.heading));
    let sentence = word(card.sentence);
    let (before, link, after) = split_link(&sentence);
    page::set_text(ids::BEFORE_LINK, before);
    page::set_text(ids::LINK, link);
    page::set_text(ids::AFTER_LINK, after);
    show(ids::LINK, !link.is_empty());
    if let Some(action) = card.action {
        page::set_text(ids::LABEL, &word(action.label()));
        let addition = action.addition().map(word).unwrap_or_default();
        page::set_text(ids::ADDITION, &addition);
    }
}

/// Sets the texts and attributes of the card's elements.
fn update_card(card: &StatusCard, phase: &Phase, details: Option<&str>) {
    // Without its file of words the page keeps the texts that the server has rendered.
    if !word(card.heading).is_empty() {
        update_texts(card);
    }
    page::set_attribute(ids::DRAWING, "href", Some(card.drawing.href()));
    page::set_attribute(ids::LINE, "class", Some(card.tone.class()));
    show(ids::FIRST_VISIT, card.is_first_visit);
    show(ids::BEGUN_ANOTHER, card.has_begun_another);
    show(ids::FORM, card.action.is_some());
    page::set_attribute(ids::BUTTON, "class", Some(button_class(!card.is_quiet)));
    let is_under_way = (!phase.accepts_click()).then_some("true");
    page::set_attribute(ids::BUTTON, "aria-disabled", is_under_way);
    let is_busy = phase.is_busy().then_some("true");
    page::set_attribute(ids::BUTTON, "aria-busy", is_busy);
    show(ids::HOSTED_FORM, card.offers_hosted_flow);
    page::set_attribute(
        ids::HOSTED_BUTTON,
        "class",
        Some(button_class(card.is_quiet)),
    );

    show(ids::REFERENCE, card.reference.is_some());
    if let Some(reference) = &card.reference {
        page::set_text(ids::REFERENCE_ID, reference.as_str());
    }
    show(ids::DETAILS, details.is_some());
    page::set_attribute(ids::DETAILS, "href", details);
    let is_current = (card.progress == Progress::Identity).then_some("step");
    page::set_attribute(ids::IDENTITY_STEP, "aria-current", is_current);
    // Another person who sits here now need not see whose account it was.
    show(ids::INFORMATION, card.action != Some(Action::SignIn));
    for part in [ids::CARD, ids::INFORMATION] {
        page::rescue_focus(part, FOCUS_TARGETS);
    }
}

/// The classes of a button, which is the main one or not.
pub(in crate::ui) fn button_class(is_main: bool) -> &'static str {
    if is_main {
        "button"
    } else {
        "button is-second"
    }
}

fn completed_text(id: &InquiryId) -> String {
    [
        &word(Word::InquiryCompleted),
        " ",
        id.as_str(),
        "\n",
        &word(Word::InquiryCompletedHint),
    ]
    .concat()
}
