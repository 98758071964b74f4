//! The onboarding page: the person's data, the reason for the check, and the button.

use leptos::prelude::*;
use leptos_meta::Title;

use super::layout::{Page, current_user, query_value};
use crate::{
    api::{ApiError, ErrorCode},
    app::AppState,
    base::error_chain,
    domain::{self, InquirySummary, User},
    model::InquirySummaryView,
    ui::islands::VerificationPanel,
};

/// Onboarding. The router redirects signed-out visitors to the sign-in page.
#[component]
pub(in crate::ui) fn Onboarding() -> impl IntoView {
    let request = use_context::<AppState>().zip(current_user());
    let page = Suspend::new(async move {
        let (state, user) = request?;
        sync_submitted(&state, &user).await;
        let statuses = list_statuses(&state, &user).await;
        // Set by the plain form's handler if it failed.
        let problem = query_value("problem").and_then(|name| ErrorCode::from_name(&name));
        let is_submitted = statuses.iter().any(|summary| summary.is_submitted);
        Some(view! {
            <Page>
                <h1>{format!("Welcome, {} 🐕", user.greeting_name())}</h1>
                <p class="lead">
                    "Owners hand you their keys and their best friend. Before your first walk, we \
                     check that you are who you say you are."
                </p>
                {problem
                    .map(|code| {
                        view! {
                            <p class="notice" role="alert">
                                {ApiError::new(code).to_string()}
                            </p>
                        }
                    })}
                <VerificationPanel
                    profile=user.profile()
                    sdk=state.config.persona.sdk.clone()
                    statuses
                />
                {is_submitted
                    .then(|| {
                        view! {
                            <noscript>
                                <p>
                                    <a href="/onboarding">"Check for the result"</a>
                                </p>
                            </noscript>
                        }
                    })}
            </Page>
        })
    });
    view! {
        <Title text="Complete Your Profile - Dog Walker" />
        <Suspense>{page}</Suspense>
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
