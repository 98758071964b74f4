//! The operators' pages: users who are stuck, the reasons, and the actions that help.
//!
//! They show no personal data: a user is a user ID, and of an event only a redacted body is shown. The
//! router lets only operators in, and no page reads data for anyone else.

mod audit;
mod chart;
mod event;
mod overview;
mod person;
mod statistics;
mod timeline;

use leptos::prelude::*;

pub(in crate::ui) use self::{audit::Audit, event::Event, overview::Overview, person::Person};
use super::layout::{Page, PageTitle, query_value};
use crate::{api::extension, app::AppState, domain::Operator};

/// The code of a search without a result, in the URL's `said`.
const NOTHING_FOUND: &str = "nothing-found";

/// The state, if the request is an operator's.
fn state_for_operator() -> Option<AppState> {
    extension::<Operator>()?;
    use_context()
}

/// A page of this area: wide, with a link back and the result of the last action.
#[component]
fn AdminPage(
    /// The heading, and the window's title.
    #[prop(into)]
    title: String,
    /// Whether it is the start page of the area.
    #[prop(optional)]
    is_start: bool,
    children: Children,
) -> impl IntoView {
    let result = query_value("said").and_then(|code| sentence(&code));
    view! {
        <PageTitle title=format!("{title} - Operators") />
        <Page>
            <div class="is-wide">
                {(!is_start)
                    .then(|| {
                        view! {
                            <p class="way-back">
                                <a href="/admin">"Operators' start page"</a>
                            </p>
                        }
                    })}
                <h1>{title.clone()}</h1>
                {result
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

/// The result of an action, by the code in the URL's `said`.
fn sentence(code: &str) -> Option<&'static str> {
    Some(match code {
        NOTHING_FOUND => {
            "No match. Enter a complete reference ID (usr_…), inquiry ID (inq_…), event ID (evt_…) \
             or e-mail."
        }
        "changed" => "Checked with Persona: the status has changed.",
        "unchanged" => "Checked with Persona: no change.",
        "unknown-to-persona" => {
            "Persona does not know this inquiry: it was deleted there, or belongs to another \
             environment."
        }
        "persona-failed" => "Couldn't reach Persona. Nothing has changed. Try again in a moment.",
        "replayed" => "Applying the event again. Reload to see the outcome.",
        "not-replayed" => "Can't apply it again: it's already waiting, or its body was erased.",
        _ => return None,
    })
}

/// Shown when the database does not respond.
#[component]
fn Unavailable() -> impl IntoView {
    view! {
        <p class="notice" role="alert">
            "We can't show this right now: the database isn't answering. Try again in a moment."
        </p>
    }
}
