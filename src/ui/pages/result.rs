//! The page of one result: the status of the inquiry, and its history.

use jiff::Timestamp;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    NotFound,
    layout::{Page, current_user},
    time::Time,
};
use crate::{
    app::AppState,
    base::error_chain,
    domain::{self, HistoryEntry, HistoryItem, HistorySource, InquiryResult},
    model::{ChangeNumber, ResultId},
    ui::{
        islands::status_text::{inquiry_text, status_text},
        islands::{CopyButton, LiveParts},
    },
};

/// The parts that are kept current.
const STATUS: &str = "result-status";
const TIMES: &str = "result-times";
const HISTORY: &str = "result-history";

/// The result of one of the signed-in user's inquiries; "not found" for another user's. The router
/// redirects signed-out visitors.
#[component]
pub(in crate::ui) fn ResultPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    let id = id.and_then(|id| ResultId::parse(id).ok());
    let request = use_context::<AppState>().zip(current_user()).zip(id);
    let page = Suspend::new(async move {
        let found = match request {
            Some(((state, user), id)) => domain::find_result(&state.store, &user.id, &id).await,
            None => Ok(None),
        };
        match found {
            Ok(Some(result)) => view! { <Result result /> }.into_any(),
            Ok(None) => view! { <NotFound /> }.into_any(),
            Err(error) => {
                tracing::error!(error = error_chain(&error), "could not load a result");
                view! { <Unavailable /> }.into_any()
            }
        }
    });
    view! { <Suspense>{page}</Suspense> }
}

#[component]
fn Unavailable() -> impl IntoView {
    view! {
        <Title text="Your result - Dog Walker" />
        <Page>
            <h1>"Your result"</h1>
            <p class="notice" role="alert">
                "Your result cannot be shown right now. Nothing is lost; please try again in a \
                 moment."
            </p>
        </Page>
    }
}

#[component]
fn Result(result: InquiryResult) -> impl IntoView {
    let summary = result.summary;
    let text = inquiry_text(&summary.status, summary.is_submitted);
    let times = [
        ("Created", Some(summary.created_at)),
        ("Started", started_at(&result.history)),
        ("Completed", result.completed_at),
        ("Decided", result.decided_at),
        // A finished inquiry has no expiry.
        (
            "Open until",
            result.expires_at.filter(|_| text.asks_for_more),
        ),
        ("Data erased", result.redacted_at),
    ];
    let times = times
        .into_iter()
        .filter_map(|(name, at)| at.map(|at| view! { <NamedTime name at /> }))
        .collect_view();
    let entries = result
        .history
        .into_iter()
        .map(|entry| view! { <Item entry /> })
        .collect_view();
    let id = summary.inquiry_id.to_string();
    let parts = [STATUS, TIMES, HISTORY].map(ToOwned::to_owned).to_vec();
    view! {
        <Title text="Your result - Dog Walker" />
        <Page>
            <LiveParts newest=ChangeNumber(summary.number) only=Some(summary.inquiry_id) parts />
            <p class="way-back">
                <a href="/results">"All results"</a>
            </p>
            <h1>"Your result"</h1>
            <section class="card" aria-labelledby="status-heading">
                <div id=STATUS>
                    <h2 id="status-heading" class="status-heading">
                        "Status"
                        <span class=format!("tag {}", text.tone.class())>{text.label}</span>
                    </h2>
                    <p>{text.sentence}</p>
                    {text
                        .asks_for_more
                        .then(|| {
                            view! {
                                <p>
                                    <a class="button" href="/onboarding">
                                        "Go to the verification"
                                    </a>
                                </p>
                            }
                        })}
                </div>
                <dl id=TIMES class="information">
                    {times}
                </dl>
                <div class="inquiry-id">
                    <p>
                        <span class="hint">"Inquiry ID"</span>
                        <code>{id.clone()}</code>
                    </p>
                    <CopyButton text=id />
                </div>
            </section>
            <section class="card" aria-labelledby="history-heading">
                <h2 id="history-heading">"What happened"</h2>
                <ol id=HISTORY class="timeline">
                    {entries}
                </ol>
            </section>
        </Page>
    }
}

/// When the person began: the first time it was pending.
fn started_at(history: &[HistoryEntry]) -> Option<Timestamp> {
    let is_start = |entry: &&HistoryEntry| match &entry.item {
        HistoryItem::StatusChange { status, .. } => status.as_str() == "pending",
        HistoryItem::Event { name } => name == "inquiry.started",
    };
    history.iter().find(is_start).map(|entry| entry.at)
}

#[component]
fn NamedTime(name: &'static str, at: Timestamp) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>
                <Time at />
            </dd>
        </div>
    }
}

#[component]
fn Item(entry: HistoryEntry) -> impl IntoView {
    let (title, class, note) = match entry.item {
        HistoryItem::StatusChange { status, source } => {
            let text = status_text(&status);
            (text.label.to_owned(), text.tone.class(), note(source))
        }
        HistoryItem::Event { name } => (name, "is-aside", "Reported by Persona".to_owned()),
    };
    view! {
        <li class=class>
            <p class="timeline-title">{title}</p>
            <p class="hint">
                <Time at=entry.at />
                {(!note.is_empty()).then(|| format!(" · {note}"))}
            </p>
        </li>
    }
}

fn note(source: HistorySource) -> String {
    match source {
        HistorySource::Click => "Seen when you pressed the button".to_owned(),
        HistorySource::Event { name: Some(name) } => format!("Reported by Persona: {name}"),
        HistorySource::Event { name: None } => "Reported by Persona".to_owned(),
        HistorySource::Fetched => "Seen when we asked Persona".to_owned(),
        HistorySource::Inferred => String::new(),
    }
}
