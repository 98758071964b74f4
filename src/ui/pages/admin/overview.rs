//! The start page of the operators' area: the search, the statistics, parked events and failed clicks.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{AdminPage, NOTHING_FOUND, Unavailable, query_value, state_for_operator, statistics};
use crate::{
    base::error_chain,
    domain,
    store::{ActivityRow, EventRow},
    ui::pages::{not_found::NotFound, time::ExactTime},
};

/// Search, statistics, parked events, and failed clicks.
#[component]
pub(in crate::ui) fn Overview() -> impl IntoView {
    let Some(state) = state_for_operator() else {
        return view! { <NotFound /> }.into_any();
    };
    let period = statistics::period();
    // One for all: Leptos polls each once and then waits for them in turns, so a later one would hold a
    // database connection that the first ones of other requests wait for.
    let figures = Suspend::new(async move {
        let picture = match domain::statistics(&state.store, period).await {
            Ok(loaded) => statistics::figures(&loaded, period),
            Err(error) => {
                tracing::error!(error = error_chain(&error), "could not load the statistics");
                view! { <Unavailable /> }.into_any()
            }
        };
        let lists = match domain::operator_overview(&state.store).await {
            Ok(overview) => view! { <Lists overview /> }.into_any(),
            Err(error) => {
                tracing::error!(
                    error = error_chain(&error),
                    "could not load the operators' overview"
                );
                view! { <Unavailable /> }.into_any()
            }
        };
        view! {
            {picture}
            {lists}
        }
    });
    let is_search_again = query_value("said").as_deref() == Some(NOTHING_FOUND);
    view! {
        <AdminPage title="Operators" is_start=true>
            <form class="card search" method="post" action="/admin/search" role="search">
                <div class="field">
                    <label for="term">"Reference ID, e-mail, inquiry ID or event ID"</label>
                    <input
                        id="term"
                        name="term"
                        type="text"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        autofocus=is_search_again
                        required
                    />
                </div>
                <button class="button" type="submit">
                    "Search"
                </button>
            </form>
            <Suspense>{figures}</Suspense>
            <p class="way-on">
                <a href="/admin/audit">"Audit log"</a>
            </p>
        </AdminPage>
    }
    .into_any()
}

#[component]
fn Lists(overview: domain::Overview) -> impl IntoView {
    let has_parked = !overview.parked.is_empty();
    let parked = overview
        .parked
        .into_iter()
        .map(|event| view! { <Parked event /> })
        .collect_view();
    let has_failed = !overview.failed_clicks.is_empty();
    let failed = overview
        .failed_clicks
        .into_iter()
        .map(|click| view! { <Failed click /> })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="parked-heading">
            <h2 id="parked-heading" class="status-heading">
                "Parked events"
                {has_parked
                    .then(|| {
                        view! {
                            <form method="post" action="/admin/replay-parked">
                                <button class="quiet-button" type="submit">
                                    "Replay all"
                                </button>
                            </form>
                        }
                    })}
            </h2>
            {if has_parked {
                view! { <ul class="rows">{parked}</ul> }.into_any()
            } else {
                view! { <p class="aside">"No parked events. Everything from Persona has been applied."</p> }.into_any()
            }}
        </section>
        <section class="card" aria-labelledby="failed-heading">
            <h2 id="failed-heading">"Failed clicks"</h2>
            {if has_failed {
                view! { <ul class="rows">{failed}</ul> }.into_any()
            } else {
                view! { <p class="aside">"No failed clicks."</p> }.into_any()
            }}
        </section>
    }
}

#[component]
fn Parked(event: EventRow) -> impl IntoView {
    let at = Timestamp::from_millisecond(event.received_at).unwrap_or_default();
    let name = if event.name.is_empty() {
        "unreadable".to_owned()
    } else {
        event.name
    };
    view! {
        <li>
            <p class="timeline-title">
                <a href=format!("/admin/events/{}", event.id)>{name}</a>
            </p>
            <p class="hint is-reason">{event.reason}</p>
            <p class="hint">
                <ExactTime at />
                {event.inquiry_id.map(|id| view! { " · " <code>{id}</code> })}
            </p>
        </li>
    }
}

#[component]
fn Failed(click: ActivityRow) -> impl IntoView {
    let at = Timestamp::from_millisecond(click.at).unwrap_or_default();
    let user = click.user_id.to_string();
    view! {
        <li>
            <p class="timeline-title">
                <a href=format!("/admin/users/{user}")>{user.clone()}</a>
                ": "
                {click.failure}
            </p>
            <p class="hint">
                <ExactTime at />
                {click.request_id.map(|id| view! { " · request " <code>{id}</code> })}
            </p>
        </li>
    }
}
