//! The status card, as the server renders it. In the browser an island keeps it current.

use leptos::prelude::*;

use super::layout::{support_url, texts};
use crate::{
    i18n::Word,
    ui::islands::{
        StatusCard, button_class,
        panel_ids::{
            ADDITION, AFTER_LINK, BEFORE_LINK, BEGUN_ANOTHER, BUTTON, CARD, DETAILS, DRAWING,
            FIRST_VISIT, FORM, HEADING, HOSTED_BUTTON, HOSTED_FORM, IDENTITY_STEP, LABEL, LINE,
            LINK, REFERENCE, REFERENCE_ID,
        },
        status_text::{Action, Progress, split_link},
        words::word,
    },
};

/// The card, and three steps below it that say how far the person has come.
#[component]
pub(super) fn StatusCardView(
    card: StatusCard,
    /// The path of the inquiry's details.
    details: Option<String>,
    /// The origin of Persona's window, to which the browser connects when the button is about to be pressed.
    window_origin: String,
    /// The data of the island that keeps the card current, as JSON.
    panel: String,
) -> impl IntoView {
    let t = texts();
    let sentence = word(card.sentence);
    let (before, link, after) = split_link(&sentence);
    let [before, link, after] = [before, link, after].map(ToOwned::to_owned);
    let heading = word(card.heading);
    let has_reference = card.reference.is_some();
    let reference = card.reference.map(|id| id.to_string());
    let has_details = details.is_some();
    let is_identity_current = (card.progress == Progress::Identity).then_some("step");
    view! {
        <section
            id=CARD
            class="card status-card"
            aria-label=t.text("card-label")
            tabindex="-1"
            data-panel=panel
        >
            <svg class="drawing" viewBox="0 0 120 120" aria-hidden="true">
                <use id=DRAWING href=card.drawing.href()></use>
            </svg>
            <div id=LINE class=card.tone.class() role="status">
                <h2 id=HEADING>{heading}</h2>
                <p>
                    <span id=BEFORE_LINK>{before}</span>
                    <a id=LINK href=support_url() hidden=link.is_empty()>
                        {link.clone()}
                    </a>
                    <span id=AFTER_LINK>{after}</span>
                </p>
            </div>
            <p id=FIRST_VISIT class="trust" hidden=!card.is_first_visit>
                {t.text("trust-notice")}
                // For screens that are no phone's.
                <span class="on-phone">" " {t.text("on-phone")}</span>
            </p>
            <p id=BEGUN_ANOTHER class="trust" hidden=!card.has_begun_another>
                {t.text("begun-another")}
            </p>
            <div class="actions">
                <form
                    id=FORM
                    class="verify"
                    method="post"
                    action="/onboarding/start"
                    data-opening=word(Word::OpeningHeading)
                    data-window=window_origin
                    hidden=card.action.is_none()
                >
                    <button id=BUTTON class=button_class(!card.is_quiet) type="submit">
                        <span id=LABEL>{card.action.map(|action| word(action.label()))}</span>
                        <span id=ADDITION class="visually-hidden">
                            {card.action.and_then(Action::addition).map(word)}
                        </span>
                    </button>
                </form>
                <form
                    id=HOSTED_FORM
                    class="hosted"
                    method="post"
                    action="/onboarding/start"
                    hidden=!card.offers_hosted_flow
                >
                    <button id=HOSTED_BUTTON class=button_class(card.is_quiet) type="submit">
                        {t.text("hosted-flow")}
                    </button>
                </form>
            </div>
            <p class="reference">
                <span id=REFERENCE hidden=!has_reference>
                    {t.text("reference")}
                    " "
                    <code id=REFERENCE_ID>{reference}</code>
                </span>
                <a id=DETAILS href=details hidden=!has_details>
                    {t.text("details-link")}
                </a>
            </p>
            <ol class="steps" aria-label=t.text("steps-label")>
                <li>{t.text("step-profile")}</li>
                <li id=IDENTITY_STEP aria-current=is_identity_current>
                    {t.text("step-identity")}
                </li>
                <li>{t.text("step-ready")}</li>
            </ol>
        </section>
    }
}
