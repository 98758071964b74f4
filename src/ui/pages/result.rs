//! The page of one result: the status of the inquiry, and its history.

use jiff::Timestamp;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    NotFound,
    layout::{Page, SupportSentence, current_user},
    time::Time,
};
use crate::{
    app::AppState,
    base::error_chain,
    domain::{self, HistoryEntry, HistoryItem, InquiryResult},
    model::{ChangeNumber, InquiryStatus, ResultId},
    ui::{
        islands::status_text::{Action, inquiry_text, status_text},
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
        <Title text="Your verification - Dog Walker" />
        <Page>
            <h1>"Your verification"</h1>
            <p class="notice" role="alert">
                "We can't show your verification right now. Nothing is lost. Try again in a moment."
            </p>
        </Page>
    }
}

#[component]
fn Result(result: InquiryResult) -> impl IntoView {
    let summary = result.summary.clone();
    let text = inquiry_text(&summary.status, summary.is_submitted);
    let times = times(&result, text.action.is_some())
        .into_iter()
        .map(|(name, at)| view! { <NamedTime name at /> })
        .collect_view();
    let entries = result
        .history
        .into_iter()
        .filter_map(|entry| match entry.item {
            HistoryItem::StatusChange { status, .. } => Some((entry.at, status)),
            // Persona's other events are for operators.
            HistoryItem::Event { .. } => None,
        })
        .map(|(at, status)| view! { <Item at status /> })
        .collect_view();
    let id = summary.inquiry_id.to_string();
    let parts = [STATUS, TIMES, HISTORY].map(ToOwned::to_owned).to_vec();
    view! {
        <Title text=format!("{} - Dog Walker", text.heading) />
        <Page>
            <LiveParts newest=ChangeNumber(summary.number) only=Some(summary.inquiry_id) parts />
            <p class="way-back">
                <a href="/results">"All verifications"</a>
            </p>
            <section class="card" aria-label="Status">
                <div id=STATUS class="result-status">
                    <h1>{text.heading}</h1>
                    <p class=format!("tag {}", text.tone.class())>{text.label}</p>
                    <p>
                        <SupportSentence sentence=text.sentence />
                    </p>
                    {text
                        .action
                        .map(|action| {
                            let label = match action {
                                Action::Start => "Start",
                                action => action.label(),
                            };
                            view! {
                                <p>
                                    <a class="button" href="/onboarding">
                                        {label}
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
                        <span class="hint">"Reference"</span>
                        <code>{id.clone()}</code>
                    </p>
                    <CopyButton text=id />
                </div>
            </section>
            <section class="card" aria-labelledby="history-heading">
                <h2 id="history-heading">"History"</h2>
                <ol id=HISTORY class="timeline">
                    {entries}
                </ol>
            </section>
        </Page>
    }
}

/// The times that matter to a person, at most three.
fn times(result: &InquiryResult, is_unfinished: bool) -> Vec<(&'static str, Timestamp)> {
    let times = [
        ("Started", started_at(&result.history)),
        ("Sent", result.completed_at),
        ("Decided", result.decided_at),
        // A finished inquiry has no expiry.
        ("Finish by", result.expires_at.filter(|_| is_unfinished)),
        ("Data deleted on", result.redacted_at),
    ];
    let known: Vec<_> = times
        .into_iter()
        .filter_map(|(name, at)| Some((name, at?)))
        .collect();
    // The later ones matter more.
    known[known.len().saturating_sub(3)..].to_vec()
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
fn Item(at: Timestamp, status: InquiryStatus) -> impl IntoView {
    view! {
        <li class=status_text(&status).tone.class()>
            <p class="timeline-title">{past(&status)}</p>
            <p class="hint">
                <Time at />
            </p>
        </li>
    }
}

/// What happened when an inquiry entered a status.
fn past(status: &InquiryStatus) -> &'static str {
    match status {
        InquiryStatus::Created => "Created",
        InquiryStatus::Pending => "Started",
        InquiryStatus::Completed => "Photos sent",
        InquiryStatus::NeedsReview => "Passed to a person for a closer look",
        InquiryStatus::Approved
        | InquiryStatus::Declined
        | InquiryStatus::Failed
        | InquiryStatus::Expired
        | InquiryStatus::Unknown(_) => status_text(status).label,
    }
}
