//! The page of one user: the present problem, the inquiries, and the timeline.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{AdminPage, Unavailable, state_for_operator, timeline::Item};
use crate::{
    app::AppState,
    base::error_chain,
    domain::{self, Finding, InquirySummary, Timeline},
    model::{InquiryStatus, ReferenceId},
    ui::{
        islands::status_text::status_text,
        pages::{not_found::NotFound, time::ExactTime},
    },
};

/// One user, by user ID.
#[component]
pub(in crate::ui) fn Person() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    let id = id.and_then(|id| ReferenceId::parse(id).ok());
    let request = state_for_operator().zip(id);
    let page = Suspend::new(async move {
        let Some((state, id)) = request else {
            return view! { <NotFound /> }.into_any();
        };
        match domain::find_timeline(&state.store, &id).await {
            Ok(Some(timeline)) => view! { <Details timeline state /> }.into_any(),
            Ok(None) => view! { <NotFound /> }.into_any(),
            Err(error) => {
                tracing::error!(
                    error = error_chain(&error),
                    "could not load a user's timeline"
                );
                view! {
                    <AdminPage title="Person">
                        <Unavailable />
                    </AdminPage>
                }
                .into_any()
            }
        }
    });
    view! { <Suspense>{page}</Suspense> }
}

#[component]
fn Details(timeline: Timeline, state: AppState) -> impl IntoView {
    let findings = timeline
        .findings
        .into_iter()
        .map(|finding| view! { <FindingItem finding /> })
        .collect_view();
    let has_inquiries = !timeline.inquiries.is_empty();
    let inquiries = timeline
        .inquiries
        .into_iter()
        .map(|summary| {
            let dashboard = state.config.persona.dashboard_of(&summary.inquiry_id);
            view! { <Inquiry summary dashboard /> }
        })
        .collect_view();
    let has_entries = !timeline.entries.is_empty();
    let entries = timeline
        .entries
        .into_iter()
        .map(|entry| view! { <Item entry /> })
        .collect_view();
    view! {
        <AdminPage title=timeline.user.to_string()>
            <p class="lead">"Joined " <ExactTime at=timeline.since /></p>
            <section class="card" aria-labelledby="glance-heading">
                <h2 id="glance-heading">"At a glance"</h2>
                <ul class="findings">{findings}</ul>
            </section>
            <section class="card" aria-labelledby="inquiries-heading">
                <h2 id="inquiries-heading">"Inquiries"</h2>
                {if has_inquiries {
                    view! { <ul class="rows">{inquiries}</ul> }.into_any()
                } else {
                    view! { <p class="aside">"None."</p> }.into_any()
                }}
            </section>
            <section class="card" aria-labelledby="story-heading">
                <h2 id="story-heading">"What happened"</h2>
                {if has_entries {
                    view! { <ol class="timeline">{entries}</ol> }.into_any()
                } else {
                    view! { <p class="aside">"Nothing yet."</p> }.into_any()
                }}
            </section>
        </AdminPage>
    }
}

#[component]
fn FindingItem(finding: Finding) -> impl IntoView {
    match finding {
        Finding::EventParked { id, reason } => view! {
            <li class="is-bad">
                "An event is parked: " {reason} ". "
                <a href=format!("/admin/events/{id}")>"Look at it and replay it"</a>
            </li>
        }
        .into_any(),
        Finding::EventDelayed { id, reason } => view! {
            <li class="is-bad">
                "An event fails repeatedly: " {reason} ". "
                <a href=format!("/admin/events/{id}")>"Look at it"</a>
            </li>
        }
        .into_any(),
        Finding::LastClickFailed {
            at,
            failure,
            request_id,
        } => view! {
            <li class="is-bad">
                "Last click failed: " {failure}
                {request_id.map(|id| view! { " (request " <code>{id}</code> ")" })} ", "
                <ExactTime at />
            </li>
        }
        .into_any(),
        Finding::NotStarted => {
            view! { <li>"Has no inquiry: has not started, or was not let in."</li> }.into_any()
        }
        Finding::CurrentStatus {
            inquiry_id,
            status,
            since,
        } => {
            let class = status_text(&status).tone.class();
            view! {
                <li class=class>
                    {next_actor(&status)} " since " <ExactTime at=since /> " ("
                    <code>{inquiry_id.to_string()}</code> ")"
                </li>
            }
            .into_any()
        }
    }
}

/// Who acts next, as the beginning of a sentence that continues with "since".
fn next_actor(status: &InquiryStatus) -> String {
    match status {
        InquiryStatus::Created => "Has not begun the newest inquiry: waiting for the person",
        InquiryStatus::Pending => "In the middle of the newest inquiry: waiting for the person",
        InquiryStatus::Completed => "Finished: waiting for a decision of Persona's workflow",
        InquiryStatus::NeedsReview => "Waiting for a decision by a reviewer",
        InquiryStatus::Approved => "Approved",
        InquiryStatus::Declined => "Declined",
        InquiryStatus::Failed => "Failed: the person may try again",
        InquiryStatus::Expired => "Expired: the person may start again",
        InquiryStatus::Unknown(status) => return format!("Unknown status ({status})"),
    }
    .to_owned()
}

#[component]
fn Inquiry(summary: InquirySummary, dashboard: String) -> impl IntoView {
    let id = summary.inquiry_id.to_string();
    let text = status_text(&summary.status);
    view! {
        <li class="is-pair">
            <div>
                <p class="timeline-title">
                    <code>{id.clone()}</code>
                    " "
                    <span class=format!("tag {}", text.tone.class())>
                        {summary.status.to_string()}
                    </span>
                </p>
                <p class="hint">"Created " <ExactTime at=summary.created_at /></p>
                <p class="hint">"In this status since " <ExactTime at=summary.at /></p>
                <p class="hint">
                    <a
                        href=dashboard
                        rel="noreferrer"
                        aria-label=format!("{id} in Persona's dashboard")
                    >
                        "Persona's dashboard"
                    </a>
                </p>
            </div>
            <form method="post" action="/admin/refresh">
                <input type="hidden" name="inquiry" value=id.clone() />
                <button
                    class="quiet-button"
                    type="submit"
                    aria-label=format!("Refresh from Persona: {id}")
                >
                    "Refresh from Persona"
                </button>
            </form>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glance_names_who_acts_next() {
        for (status, expected) in [
            ("pending", "waiting for the person"),
            ("completed", "waiting for a decision"),
            ("needs_review", "reviewer"),
            ("paused", "paused"),
        ] {
            let text = next_actor(&status.to_owned().into());
            assert!(text.contains(expected), "{status}: {text}");
        }
    }
}
