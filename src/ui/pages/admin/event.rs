//! The page of one event: its content, its state, and the button to replay it.

use jiff::Timestamp;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{AdminPage, Unavailable, state_for_operator};
use crate::{
    base::error_chain,
    domain::{self, EventBody, EventDetails},
    store::EventState,
    ui::pages::{not_found::NotFound, time::ExactTime},
};

/// One event, by its ID.
#[component]
pub(in crate::ui) fn Event() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    let request = state_for_operator().zip(id);
    let page = Suspend::new(async move {
        let found = match request {
            Some((state, id)) => domain::find_event(&state.store, &id).await,
            None => Ok(None),
        };
        match found {
            Ok(Some(event)) => view! { <Details event /> }.into_any(),
            Ok(None) => view! { <NotFound /> }.into_any(),
            Err(error) => {
                tracing::error!(error = error_chain(&error), "could not load an event");
                view! {
                    <AdminPage title="Event">
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
fn Details(event: EventDetails) -> impl IntoView {
    let EventDetails { event, owner, body } = event;
    let tone = match event.state {
        EventState::Parked => "is-bad",
        EventState::Applied => "",
        EventState::Waiting | EventState::Outdated | EventState::Ignored => "is-open",
    };
    let name = if event.name.is_empty() {
        "unreadable".to_owned()
    } else {
        event.name.clone()
    };
    let can_be_replayed = event.state != EventState::Waiting && event.has_body;
    let times = [
        ("Happened at Persona", event.happened_at),
        ("Received", Some(event.received_at)),
        ("Processed", event.settled_at),
    ];
    let times = times
        .into_iter()
        .filter_map(|(name, at)| {
            let at = Timestamp::from_millisecond(at?).ok()?;
            Some(view! {
                <div>
                    <dt>{name}</dt>
                    <dd>
                        <ExactTime at />
                    </dd>
                </div>
            })
        })
        .collect_view();
    view! {
        <AdminPage title=name>
            <section class="card" aria-labelledby="event-heading">
                <h2 id="event-heading" class="status-heading">
                    "State"
                    <span class=format!("tag {tone}")>{event.state.as_str()}</span>
                </h2>
                {event.reason.clone().map(|reason| view! { <p>"Reason: " {reason} "."</p> })}
                <dl class="information">
                    <div>
                        <dt>"Event ID"</dt>
                        <dd>
                            <code>{event.id.clone()}</code>
                        </dd>
                    </div>
                    {event
                        .inquiry_id
                        .map(|id| {
                            view! {
                                <div>
                                    <dt>"Inquiry ID"</dt>
                                    <dd>
                                        <code>{id}</code>
                                    </dd>
                                </div>
                            }
                        })}
                    {owner
                        .map(|id| {
                            view! {
                                <div>
                                    <dt>"Person"</dt>
                                    <dd>
                                        <a href=format!("/admin/users/{id}")>{id.to_string()}</a>
                                    </dd>
                                </div>
                            }
                        })}
                    {times}
                    <div>
                        <dt>"Failed attempts"</dt>
                        <dd>{event.tries}</dd>
                    </div>
                </dl>
                {can_be_replayed
                    .then(|| {
                        view! {
                            <form
                                method="post"
                                action=format!("/admin/events/{}/replay", event.id)
                            >
                                <button class="button" type="submit">
                                    "Replay"
                                </button>
                            </form>
                        }
                    })}
            </section>
            <section class="card" aria-labelledby="body-heading">
                <h2 id="body-heading">"Body"</h2>
                <Body body />
            </section>
        </AdminPage>
    }
}

#[component]
fn Body(body: EventBody) -> impl IntoView {
    match body {
        EventBody::Redacted(json) => view! {
            // Long ones scroll within themselves.
            <pre class="json" tabindex="0" role="region" aria-label="Body">
                <code>{json}</code>
            </pre>
        }
        .into_any(),
        EventBody::Unreadable { length } => view! {
            <p class="aside">
                {format!("{length} bytes that could not be read as an event. ")}
                "They may hold personal data, so they are not shown. Persona's dashboard has the \
                 delivery, under Webhooks."
            </p>
        }
        .into_any(),
        EventBody::Erased => view! { <p class="aside">"Its body was erased."</p> }.into_any(),
    }
}
