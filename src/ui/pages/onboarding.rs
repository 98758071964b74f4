//! The onboarding page: where the person stands, and their data.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    layout::{Page, current_user, query_value, texts},
    status_card::StatusCardView,
};
use crate::{
    api::ErrorCode,
    app::AppState,
    base::error_chain,
    domain::{self, InquiryPolicy, InquirySummary, User},
    model::{InquirySummaryView, PanelData, SdkSettings},
    ui::islands::{
        VerificationPanel, initial_card,
        panel_ids::{DEBUG_INFO, INFORMATION},
        status_text::Action,
        words::word,
    },
};

/// Onboarding. The router redirects signed-out visitors to the sign-in page.
#[component]
pub(in crate::ui) fn Onboarding() -> impl IntoView {
    let request = use_context::<AppState>().zip(current_user());
    let page = Suspend::new(async move {
        let (state, user) = request?;
        domain::record_view(&state.store, &user.id, texts().locale().tag());
        sync_submitted(&state, &user).await;
        let statuses = list_statuses(&state, &user).await;
        // Set by the plain form's handler if it failed.
        let problem = query_value("problem").and_then(|name| ErrorCode::from_name(&name));
        let may_repeat = state.config.inquiry_policy == InquiryPolicy::Repeat;
        let (card, details) = initial_card(problem, statuses.clone(), may_repeat);
        let title = card.title();
        let is_waiting = card.action.is_none();
        let is_first_visit = statuses.is_empty();
        let t = texts();
        let greeting = t.text_with("greeting", [("name", user.greeting_name().into())]);
        let window_origin = state.config.persona.widget_origin.clone();
        let sdk = SdkSettings {
            language: Some(t.locale().persona_tag().to_owned()),
            ..state.config.persona.sdk.clone()
        };
        let panel = PanelData {
            sdk,
            statuses,
            problem: problem.map(|code| code.name().to_owned()),
            may_repeat,
        };
        // Plain data, which JSON can always hold.
        let panel = serde_json::to_string(&panel).unwrap_or_default();
        Some(view! {
            <Title text=title />
            <Page>
                <h1 class:is-greeting=!is_first_visit>
                    {greeting}
                </h1>
                {is_first_visit
                    .then(|| view! { <p class="lead">{t.text("onboarding-lead")}</p> })}
                <StatusCardView card details window_origin panel />
                <VerificationPanel />
                {is_waiting.then(|| view! { <WithoutScript may_repeat /> })}
                <Information user />
                <section class="debug" aria-labelledby="debug-heading">
                    <h2 id="debug-heading">{t.text("debug-heading")}</h2>
                    <p id=DEBUG_INFO class="debug-info">
                        {t.text("debug-nothing")}
                    </p>
                </section>
            </Page>
        })
    });
    view! { <Suspense>{page}</Suspense> }
}

/// What a browser without script can do while the result is awaited: nothing changes by itself there.
#[component]
fn WithoutScript(may_repeat: bool) -> impl IntoView {
    view! {
        <noscript>
            <div class="without-script">
                <a class="button" href="/onboarding">
                    {texts().text("check-result")}
                </a>
                {may_repeat
                    .then(|| {
                        view! {
                            <form method="post" action="/onboarding/start">
                                <button class="button is-second" type="submit">
                                    {word(Action::VerifyAgain.label())}
                                    <span class="visually-hidden">
                                        {Action::VerifyAgain.addition().map(word)}
                                    </span>
                                </button>
                            </form>
                        }
                    })}
            </div>
        </noscript>
    }
}

/// The person's name and birthdate, which Persona compares with the ID.
#[component]
fn Information(user: User) -> impl IntoView {
    let t = texts();
    view! {
        <section id=INFORMATION class="card" aria-labelledby="information-heading">
            <h2 id="information-heading">{t.text("information-heading")}</h2>
            <dl class="information">
                <div>
                    <dt>{t.text("information-name")}</dt>
                    <dd>{user.full_name()}</dd>
                </div>
                <div>
                    <dt>{t.text("birthdate")}</dt>
                    <dd>{t.date(user.birthdate)}</dd>
                </div>
            </dl>
            <p class="change">
                <a href="/account/profile">{t.text("information-change")}</a>
            </p>
        </section>
    }
}

/// Asks Persona about a submitted inquiry, so that a reload shows its outcome although the webhook is
/// late. The page is useful without.
async fn sync_submitted(state: &AppState, user: &User) {
    let synced = domain::sync_submitted_inquiry(&state.persona, &state.store, &user.id).await;
    if let Err(error) = synced {
        tracing::warn!(
            reference_id = %user.id,
            error = error_chain(&error),
            "could not fetch the submitted inquiry: the page says that the result is awaited"
        );
    }
}

/// The user's overall status, and the inquiry that changed last. Empty if the database fails: the page is
/// useful without.
async fn list_statuses(state: &AppState, user: &User) -> Vec<InquirySummaryView> {
    match domain::list_inquiry_summaries(&state.store, &user.id).await {
        Ok(summaries) => {
            let all: Vec<_> = summaries
                .into_iter()
                .map(InquirySummary::into_view)
                .collect();
            let newest = all.iter().max_by_key(|summary| summary.number);
            let overall = InquirySummaryView::overall(&all);
            let mut statuses: Vec<_> = overall.into_iter().chain(newest).cloned().collect();
            statuses.dedup();
            statuses
        }
        Err(error) => {
            tracing::error!(
                error = error_chain(&error),
                "could not list the user's inquiries"
            );
            Vec::new()
        }
    }
}
