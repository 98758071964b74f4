//! The panel: the person's data, the button, and the status.

use leptos::prelude::*;

use super::{phase::Phase, status_cache::StatusCache, verification::Verification};
use crate::{
    model::{InquiryId, InquirySummaryView, ProfileView, SdkSettings},
    ui::islands::status_text::Tone,
};

/// The ID of the form around the button, which works without script, too.
const FORM: &str = "verify-form";
/// The button's ID.
const BUTTON: &str = "verify-button";

/// Shows the person's data and status, and drives the verification.
#[island]
pub(in crate::ui) fn VerificationPanel(
    profile: ProfileView,
    sdk: SdkSettings,
    /// The statuses of the person's inquiries.
    statuses: Vec<InquirySummaryView>,
) -> impl IntoView {
    let phase = RwSignal::new(Phase::Idle);
    let statuses = RwSignal::new(StatusCache::new(statuses));
    let completed = RwSignal::new(None);
    let verification = Verification::new(phase, statuses, sdk, BUTTON, completed);
    verification.hydrate(FORM);

    let on_intent = {
        let verification = verification.clone();
        move || verification.prepare()
    };
    let on_focus = on_intent.clone();

    let line = move || {
        phase
            .read()
            .line(statuses.read().about(phase.read().subject()))
    };
    let tone = move || {
        phase
            .read()
            .tone(statuses.read().about(phase.read().subject()))
    };
    let result = move || result_path(statuses.read().about(phase.read().subject()));

    view! {
        <section class="card" aria-labelledby="information-heading">
            <h2 id="information-heading">"Your Information"</h2>
            <dl class="information">
                <div>
                    <dt>"Name"</dt>
                    <dd>{profile.name}</dd>
                </div>
                <div>
                    <dt>"Birthdate"</dt>
                    <dd>{profile.birthdate}</dd>
                </div>
            </dl>
            <p class="change">
                <a href="/account/profile">"Change name or birthdate"</a>
            </p>
            <form
                id=FORM
                class="verify"
                method="post"
                action="/onboarding/start"
                on:submit=move |event| {
                    event.prevent_default();
                    verification.start();
                }
            >
                <button
                    id=BUTTON
                    class="button"
                    type="submit"
                    aria-disabled=move || (!phase.read().accepts_click()).then_some("true")
                    aria-busy=move || phase.read().is_busy().then_some("true")
                    on:pointerenter=move |_| on_intent()
                    on:focus=move |_| on_focus()
                >
                    "Start Verifying"
                </button>
                <p
                    id="verify-line"
                    class="verify-line"
                    class:is-good=move || tone() == Tone::Good
                    class:is-bad=move || tone() == Tone::Bad
                    role="status"
                >
                    {line}
                </p>
            </form>
            <p
                class="hint"
                hidden=move || *phase.read() != Phase::Idle || !statuses.read().has_begun_another()
            >
                "You have started another verification since. You may finish it, but you don't have to."
            </p>
            <p class="result-link" hidden=move || result().is_none()>
                <a href=move || result().unwrap_or_default()>"See the details"</a>
            </p>
            <form
                class="hosted"
                method="post"
                action="/onboarding/start"
                hidden=move || !phase.read().offers_hosted_flow()
            >
                <button class="quiet-button" type="submit">"Continue on Persona's page"</button>
            </form>
        </section>
        <section class="debug" aria-labelledby="debug-heading">
            <h2 id="debug-heading">"Debug info"</h2>
            <div id="debug-info" class="debug-info">
                {move || debug_lines(completed.get())}
            </div>
        </section>
    }
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
            Some("Keep this ID: it is what the results are looked up with."),
        ),
        None => ("No inquiry completed on this page yet.".to_owned(), None),
    };
    view! {
        <p>{first}</p>
        {second.map(|text| view! { <p>{text}</p> })}
    }
}
