//! The page of one result: the status of the inquiry, and its history.

use jiff::Timestamp;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    NotFound,
    copy_button::CopyButton,
    layout::{Page, PageTitle, SupportSentence, current_user, texts},
    live_region::LiveRegion,
    time::Time,
};
use crate::{
    app::AppState,
    base::error_chain,
    domain::{self, HistoryEntry, HistoryItem, InquiryResult},
    i18n::Texts,
    model::{ChangeNumber, InquiryStatus, ResultId},
    ui::{
        islands::{
            status_text::{Action, inquiry_text, status_text},
            words::word,
        },
        pages::status_label::{status_label, summary_label},
    },
};

/// The parts that are kept current.
const STATUS: &str = "result-status";
const TIMES: &str = "result-times";
const HISTORY: &str = "result-history";
const PARTS: &[&str] = &[STATUS, TIMES, HISTORY];

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
    let t = texts();
    view! {
        <PageTitle title=t.text("result-title") />
        <Page>
            <h1>{t.text("result-title")}</h1>
            <p class="notice" role="alert">
                {t.text("result-unavailable")}
            </p>
        </Page>
    }
}

#[component]
fn Result(result: InquiryResult) -> impl IntoView {
    let summary = result.summary.clone();
    let t = texts();
    let text = inquiry_text(&summary.status, summary.is_submitted);
    let label = summary_label(&summary.status, summary.is_submitted, &t);
    let [heading, sentence] = [text.heading, text.sentence].map(word);
    let times = times(&result, text.action.is_some())
        .into_iter()
        .map(|(key, at)| view! { <NamedTime name=t.text(key) at /> })
        .collect_view();
    let mut was_decided = false;
    let entries = result
        .history
        .into_iter()
        .filter_map(|entry| match entry.item {
            HistoryItem::StatusChange { status, .. } => Some((entry.at, status)),
            // Persona's other events are for operators.
            HistoryItem::Event { .. } => None,
        })
        .map(|(at, status)| {
            let is_reversal = was_decided && status.is_decision();
            was_decided |= status.is_decision();
            view! { <Item at status is_reversal /> }
        })
        .collect_view();
    let id = summary.inquiry_id.to_string();
    view! {
        <PageTitle title=heading.clone() />
        <Page>
            <LiveRegion
                newest=ChangeNumber(summary.number)
                only=Some(summary.inquiry_id)
                parts=PARTS
            />
            <p class="way-back">
                <a href="/results">{t.text("result-back")}</a>
            </p>
            <section class="card" aria-label=t.text("result-status")>
                <div id=STATUS class="result-status">
                    <h1>{heading}</h1>
                    <p class=format!("tag {}", text.tone.class())>{label}</p>
                    <p>
                        <SupportSentence sentence />
                    </p>
                    {text
                        .action
                        .map(|action| {
                            let label = match action {
                                Action::Start => texts().text("results-start"),
                                action => word(action.label()),
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
                        <span class="hint">{t.text("reference")}</span>
                        <code>{id.clone()}</code>
                    </p>
                    <CopyButton text=id />
                </div>
            </section>
            <section class="card" aria-labelledby="history-heading">
                <h2 id="history-heading">{t.text("result-history")}</h2>
                <ol id=HISTORY class="timeline">
                    {entries}
                </ol>
            </section>
        </Page>
    }
}

/// The times that matter to a person, each with the key of its name; at most three.
fn times(result: &InquiryResult, is_unfinished: bool) -> Vec<(&'static str, Timestamp)> {
    let times = [
        ("time-started", started_at(&result.history)),
        ("time-sent", result.completed_at),
        ("time-decided", result.decided_at),
        // A finished inquiry has no expiry.
        ("time-expires", result.expires_at.filter(|_| is_unfinished)),
        ("time-deleted", result.redacted_at),
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
fn NamedTime(name: String, at: Timestamp) -> impl IntoView {
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
fn Item(
    at: Timestamp,
    status: InquiryStatus,
    /// Whether it replaces an earlier decision.
    is_reversal: bool,
) -> impl IntoView {
    let t = texts();
    let mut title = past(&status, &t);
    if is_reversal {
        title = t.text_with("history-changed", [("status", title.into())]);
    }
    view! {
        <li class=status_text(&status).tone.class()>
            <p class="timeline-title">{title}</p>
            <p class="hint">
                <Time at />
            </p>
        </li>
    }
}

/// What happened when an inquiry entered a status.
fn past(status: &InquiryStatus, t: &Texts) -> String {
    match status {
        InquiryStatus::Created => t.text("history-created"),
        InquiryStatus::Pending => t.text("history-started"),
        InquiryStatus::Completed => t.text("history-sent"),
        InquiryStatus::NeedsReview => t.text("history-review"),
        InquiryStatus::Approved
        | InquiryStatus::Declined
        | InquiryStatus::Failed
        | InquiryStatus::Expired
        | InquiryStatus::Unknown(_) => status_label(status, t),
    }
}
