//! The panel: the status card with the button, and the texts for developers.

use leptos::prelude::*;

use super::{
    phase::{Failure, Phase},
    status_cache::StatusCache,
    status_card::{StatusCard, status_card},
    status_text::{Action, Progress, split_link},
    verification::Verification,
};
use crate::{
    api::ApiError,
    model::{InquiryId, InquirySummaryView, SdkSettings},
    ui::browser::page,
};

/// The ID of the form around the button, which works without script, too.
const FORM: &str = "verify-form";
/// The button's ID.
const BUTTON: &str = "verify-button";
/// The ID of the card, which takes the focus when it has no button.
const CARD: &str = "status-card";

/// Shows the person's status, and drives the verification.
#[island]
pub(in crate::ui) fn VerificationPanel(
    sdk: SdkSettings,
    /// The statuses of the person's inquiries.
    statuses: Vec<InquirySummaryView>,
    /// Why the plain form's handler could not start a verification.
    problem: Option<ApiError>,
    /// Whether a decision does not rule out another verification.
    may_repeat: bool,
    /// The URL of the support.
    support: String,
    /// The content between the card and the texts for developers, which never changes.
    children: Children,
) -> impl IntoView {
    let phase = RwSignal::new(initial_phase(problem));
    let is_slow = RwSignal::new(false);
    let statuses = RwSignal::new(StatusCache::new(statuses));
    let completed = RwSignal::new(None);
    let verification = Verification::new(phase, is_slow, statuses, sdk, [BUTTON, CARD], completed);
    verification.hydrate(FORM);

    let on_intent = {
        let verification = verification.clone();
        move || verification.prepare()
    };
    let on_focus = on_intent.clone();

    let card =
        Memo::new(move |_| status_card(&phase.read(), is_slow.get(), &statuses.read(), may_repeat));
    Effect::new(move |_| page::set_title(&card.read().title()));
    let result = move || result_path(statuses.read().about(phase.read().subject()));

    let is_done = move |step| card.read().progress > step;
    let is_current = move |step| (card.read().progress == step).then_some("step");

    view! {
        <section id=CARD class="card status-card" aria-label="Your verification" tabindex="-1">
            <svg class="drawing" viewBox="0 0 120 120" aria-hidden="true">
                <use href=move || card.read().drawing.href()></use>
            </svg>
            <div id="verify-line" class=move || card.read().tone.class() role="status">
                <h2 id="status-heading">{move || card.read().heading.clone()}</h2>
                <p>
                    {move || sentence_part(&card.read(), Part::Before)}
                    <a href=support hidden=move || sentence_part(&card.read(), Part::Link).is_empty()>
                        {move || sentence_part(&card.read(), Part::Link)}
                    </a>
                    {move || sentence_part(&card.read(), Part::After)}
                </p>
            </div>
            <p class="trust" hidden=move || !card.read().is_first_visit>
                "A passport, driver's license or national ID will do. A window by Persona, our \
                 identity partner, opens here. Your photos go to Persona, never to us."
            </p>
            <p class="trust" hidden=move || !card.read().has_begun_another>
                "You have started another verification since. You may finish it, but you don't have to."
            </p>
            <div class="actions">
                <form
                    id=FORM
                    class="verify"
                    method="post"
                    action="/onboarding/start"
                    hidden=move || card.read().action.is_none()
                    on:submit=move |event| {
                        event.prevent_default();
                        verification.start();
                    }
                >
                    <button
                        id=BUTTON
                        class="button"
                        class:is-second=move || card.read().is_quiet
                        type="submit"
                        aria-disabled=move || (!phase.read().accepts_click()).then_some("true")
                        aria-busy=move || phase.read().is_busy().then_some("true")
                        on:pointerenter=move |_| on_intent()
                        on:focus=move |_| on_focus()
                    >
                        {move || card.read().action.map(Action::label)}
                        <span class="visually-hidden">
                            {move || card.read().action.map(Action::addition)}
                        </span>
                    </button>
                </form>
                <form
                    class="hosted"
                    method="post"
                    action="/onboarding/start"
                    hidden=move || !card.read().offers_hosted_flow
                >
                    <button class="button" class:is-second=move || !card.read().is_quiet type="submit">
                        "Continue on Persona's website"
                    </button>
                </form>
            </div>
            <p class="reference" hidden=move || result().is_none()>
                <span hidden=move || card.read().reference.is_none()>
                    "Reference "
                    <code>{move || card.read().reference.as_ref().map(ToString::to_string)}</code>
                </span>
                <a href=move || result().unwrap_or_default()>"See the details of your verification"</a>
            </p>
            <ol class="steps" aria-label="Your way to the first walk">
                <li class="is-done">"Profile" <span class="visually-hidden">": done"</span></li>
                <li
                    class:is-done=move || is_done(Progress::Identity)
                    aria-current=move || is_current(Progress::Identity)
                >
                    "Identity"
                    <span class="visually-hidden" hidden=move || !is_done(Progress::Identity)>
                        ": done"
                    </span>
                </li>
                <li
                    class:is-done=move || is_done(Progress::Check)
                    aria-current=move || is_current(Progress::Check)
                >
                    "Ready to walk"
                    <span class="visually-hidden" hidden=move || !is_done(Progress::Check)>
                        ": done"
                    </span>
                </li>
            </ol>
        </section>
        {children()}
        <section class="debug" aria-labelledby="debug-heading">
            <h2 id="debug-heading">"Debug info"</h2>
            <div id="debug-info" class="debug-info">
                {move || debug_lines(completed.get())}
            </div>
        </section>
    }
}

fn initial_phase(problem: Option<ApiError>) -> Phase {
    problem.map_or(Phase::Idle, |error| Phase::Failed(Failure::Server(error)))
}

/// The card as the server renders it.
#[cfg(feature = "ssr")]
pub(in crate::ui) fn initial_card(
    problem: Option<ApiError>,
    statuses: Vec<InquirySummaryView>,
    may_repeat: bool,
) -> StatusCard {
    let statuses = StatusCache::new(statuses);
    status_card(&initial_phase(problem), false, &statuses, may_repeat)
}

/// A part of the card's sentence, which may contain a link.
#[derive(Clone, Copy)]
enum Part {
    Before,
    Link,
    After,
}

fn sentence_part(card: &StatusCard, part: Part) -> String {
    let (before, link, after) = split_link(&card.sentence);
    match part {
        Part::Before => before,
        Part::Link => link,
        Part::After => after,
    }
    .to_owned()
}

/// The path of the inquiry's details: the list, until the result ID is known.
fn result_path(summary: Option<&InquirySummaryView>) -> Option<String> {
    summary.map(|summary| match &summary.result_id {
        Some(id) => format!("/results/{id}"),
        None => "/results".to_owned(),
    })
}

/// The texts for developers.
fn debug_lines(completed: Option<InquiryId>) -> impl IntoView {
    let (first, second) = match completed {
        Some(inquiry_id) => (
            format!("Completed inquiry with ID: {inquiry_id}"),
            Some("Keep this ID: the results are looked up with it. Quote it if you contact us."),
        ),
        None => ("No inquiry completed on this page.".to_owned(), None),
    };
    view! {
        <p>{first}</p>
        {second.map(|text| view! { <p>{text}</p> })}
    }
}
