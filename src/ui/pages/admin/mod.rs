//! The operators' pages: who is stuck and why, and what can be done about it.
//!
//! Nothing personal is shown: a person is a user ID, and what an event held of them was dropped
//! before it was kept. The router lets only operators in, and no page reads anything for others.

mod audit;
mod event;
mod overview;
mod person;
mod timeline;

use leptos::prelude::*;
use leptos_meta::Title;

pub(in crate::ui) use self::{audit::Audit, event::Event, overview::Overview, person::Person};
use super::layout::{Page, query_value};
use crate::{app::AppState, domain::Operator};

/// What a page of this area reads from, if it is an operator who asks.
fn state_for_operator() -> Option<AppState> {
    let parts = use_context::<axum::http::request::Parts>()?;
    parts.extensions.get::<Operator>()?;
    use_context()
}

/// A page of this area: wider, with a way back and what the last action came to.
#[component]
fn AdminPage(
    /// The heading, and the window's title.
    title: &'static str,
    /// Whether it is the area's start.
    #[prop(optional)]
    is_start: bool,
    children: Children,
) -> impl IntoView {
    let said = query_value("said").and_then(|said| sentence(&said));
    view! {
        <Title text=format!("{title} - Operators - Dog Walker") />
        <Page>
            <div class="is-wide">
                {(!is_start)
                    .then(|| {
                        view! {
                            <p class="way-back">
                                <a href="/admin">"Operators"</a>
                            </p>
                        }
                    })}
                <h1>{title}</h1>
                {said
                    .map(|sentence| {
                        view! {
                            <p class="notice is-news" role="status">
                                {sentence}
                            </p>
                        }
                    })}
                {children()}
            </div>
        </Page>
    }
}

/// What an action came to, by the word in the address that it leads back to.
fn sentence(said: &str) -> Option<&'static str> {
    Some(match said {
        "nothing-found" => {
            "Nothing was found. Search for a whole reference ID (usr_…), inquiry ID (inq_…), event \
             ID (evt_…) or e-mail."
        }
        "changed" => "Persona was asked: the status has changed.",
        "unchanged" => "Persona was asked: the status is what we knew.",
        "unknown-to-persona" => {
            "Persona does not know this inquiry: it was deleted there, or belongs to another \
             environment."
        }
        "persona-failed" => {
            "Persona could not be asked. Nothing has changed; try again in a moment."
        }
        "replayed" => "It is being applied again. Reload the page to see what came of it.",
        "not-replayed" => "It cannot be applied again: it waits already, or its body was erased.",
        _ => return None,
    })
}

/// Said when our database does not answer.
#[component]
fn Unavailable() -> impl IntoView {
    view! {
        <p class="notice" role="alert">
            "This cannot be shown right now, since the database does not answer. Please try again in \
             a moment."
        </p>
    }
}
