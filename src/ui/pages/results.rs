//! The page with all results: each of the user's inquiries and its status.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    layout::{Page, current_user},
    time::Time,
};
use crate::{
    app::AppState,
    domain::{self, InquirySummary},
    model::ChangeNumber,
    ui::{islands::LiveParts, islands::status_text::status_text},
};

/// The parts that are kept current.
const PART: &str = "results";

/// The signed-in user's inquiries. The router redirects signed-out visitors.
#[component]
pub(in crate::ui) fn ResultsPage() -> impl IntoView {
    let request = use_context::<AppState>().zip(current_user());
    let list = Suspend::new(async move {
        let standings = match request {
            Some((state, user)) => domain::list_inquiry_summaries(&state.store, &user.id).await,
            None => Ok(Vec::new()),
        };
        match standings {
            Ok(standings) => view! { <Results standings /> }.into_any(),
            Err(error) => {
                tracing::error!("could not list results: {:#}", anyhow::Error::from(error));
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
fn Results(standings: Vec<InquirySummary>) -> impl IntoView {
    let newest = standings.iter().map(|standing| standing.number).max();
    let list = if standings.is_empty() {
        view! { <Empty /> }.into_any()
    } else {
        view! { <List standings /> }.into_any()
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
fn List(standings: Vec<InquirySummary>) -> impl IntoView {
    let items = standings
        .into_iter()
        .map(|standing| view! { <Item standing /> })
        .collect_view();
    view! { <ul class="card results">{items}</ul> }
}

#[component]
fn Item(standing: InquirySummary) -> impl IntoView {
    let text = status_text(&standing.status);
    let id = standing.inquiry_id.to_string();
    let name_id = format!("name-{}", standing.result_id);
    view! {
        <li>
            <div>
                <h2>
                    <a href=format!("/results/{}", standing.result_id) aria-describedby=name_id.clone()>
                        "Verification of "
                        <Time at=standing.created_at />
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
