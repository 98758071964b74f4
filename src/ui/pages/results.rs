//! The page with all results: each of the user's inquiries and its status.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    layout::{Page, current_user},
    time::Time,
};
use crate::{
    app::AppState,
    base::error_chain,
    domain::{self, InquirySummary},
    model::ChangeNumber,
    ui::{islands::LiveParts, islands::status_text::inquiry_text},
};

/// The parts that are kept current.
const PART: &str = "results";

/// The signed-in user's inquiries. The router redirects signed-out visitors.
#[component]
pub(in crate::ui) fn ResultsPage() -> impl IntoView {
    let request = use_context::<AppState>().zip(current_user());
    let list = Suspend::new(async move {
        let summaries = match request {
            Some((state, user)) => domain::list_inquiry_summaries(&state.store, &user.id).await,
            None => Ok(Vec::new()),
        };
        match summaries {
            Ok(summaries) => view! { <Results summaries /> }.into_any(),
            Err(error) => {
                tracing::error!(
                    error = error_chain(&error),
                    "could not list a user's results"
                );
                view! {
                    <p class="notice" role="alert">
                        "Your results cannot be shown right now. Nothing is lost; please try again \
                         in a moment."
                    </p>
                }
                .into_any()
            }
        }
    });
    view! {
        <Title text="Your results - Dog Walker" />
        <Page>
            <h1>"Your results"</h1>
            <p class="lead">"Each verification that you have started, and where it stands."</p>
            <Suspense>{list}</Suspense>
        </Page>
    }
}

#[component]
fn Results(summaries: Vec<InquirySummary>) -> impl IntoView {
    let newest = summaries.iter().map(|summary| summary.number).max();
    let list = if summaries.is_empty() {
        view! { <Empty /> }.into_any()
    } else {
        view! { <List summaries /> }.into_any()
    };
    view! {
        <LiveParts newest=ChangeNumber(newest.unwrap_or_default()) only=None parts=vec![PART.to_owned()] />
        <div id=PART>{list}</div>
    }
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <section class="card empty">
            <h2>"No verification yet"</h2>
            <p>"When you have started one, this page shows where it stands and how it ended."</p>
            <p>
                <a class="button" href="/onboarding">
                    "Go to the verification"
                </a>
            </p>
        </section>
    }
}

#[component]
fn List(summaries: Vec<InquirySummary>) -> impl IntoView {
    let items = summaries
        .into_iter()
        .map(|summary| view! { <Item summary /> })
        .collect_view();
    view! { <ul class="card results">{items}</ul> }
}

#[component]
fn Item(summary: InquirySummary) -> impl IntoView {
    let text = inquiry_text(&summary.status, summary.is_submitted);
    let id = summary.inquiry_id.to_string();
    let name_id = format!("name-{}", summary.result_id);
    view! {
        <li>
            <div>
                <h2>
                    <a href=format!("/results/{}", summary.result_id) aria-describedby=name_id.clone()>
                        "Verification of "
                        <Time at=summary.created_at />
                    </a>
                </h2>
                <p class="hint">{text.sentence}</p>
                <p class="hint" id=name_id>
                    <code>{id}</code>
                </p>
            </div>
            <p class=format!("tag {}", text.tone.class())>{text.label}</p>
        </li>
    }
}
