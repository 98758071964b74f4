//! The page with the user's sessions.

use axum::http::request::Parts;
use jiff::Timestamp;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    layout::{Page, query_value},
    time::{Time, in_words},
};
use crate::{
    app::{self, AppState},
    base::error_chain,
    model::SessionView,
};

/// The signed-in user's sessions. The router redirects signed-out visitors.
#[component]
pub(in crate::ui) fn Sessions() -> impl IntoView {
    let ended = query_value("ended").and_then(|ended| ended_sentence(&ended));
    let request = use_context::<AppState>().zip(use_context::<Parts>());
    let list = Suspend::new(async move {
        let sessions = match request {
            Some((state, parts)) => app::list_sessions(&state, &parts).await,
            None => Ok(Vec::new()),
        };
        match sessions {
            Ok(sessions) => view! { <List sessions /> }.into_any(),
            Err(error) => {
                tracing::error!(
                    error = error_chain(error.as_ref()),
                    "could not list a user's sessions"
                );
                view! {
                    <p class="notice" role="alert">
                        "We can't show your devices right now. Try again in a moment."
                    </p>
                }
                .into_any()
            }
        }
    });
    view! {
        <Title text="Where you're signed in - Dog Walker" />
        <Page>
            <h1>"Where you're signed in"</h1>
            <p class="lead">
                "Sign out any device that you don't recognize or no longer use."
            </p>
            {ended
                .map(|sentence| {
                    view! {
                        // Takes the focus, since the button that was pressed is gone.
                        <p class="notice is-news" role="status" tabindex="-1" autofocus>
                            {sentence}
                        </p>
                    }
                })}
            <Suspense>{list}</Suspense>
        </Page>
    }
}

/// What the last action has done, by the query's `ended`.
fn ended_sentence(ended: &str) -> Option<&'static str> {
    match ended {
        "one" => Some("The device is signed out."),
        "others" => Some("All other devices are signed out."),
        _ => None,
    }
}

#[component]
fn List(sessions: Vec<SessionView>) -> impl IntoView {
    let has_others = sessions.iter().any(|session| !session.is_current);
    let items = sessions
        .into_iter()
        .map(|session| view! { <Item session /> })
        .collect_view();
    view! {
        <ul class="card sessions">{items}</ul>
        {has_others
            .then(|| {
                view! {
                    <form method="post" action="/account/sessions/revoke-others">
                        <button class="quiet-button" type="submit">
                            "Sign out everywhere else"
                        </button>
                    </form>
                }
            })}
    }
}

#[component]
fn Item(session: SessionView) -> impl IntoView {
    let [signed_in, last_seen] = [session.signed_in_at, session.last_seen_at]
        .map(|at| Timestamp::from_millisecond(at).unwrap_or_default());
    // Sessions may look alike, so the button's label names the session.
    let which = format!(
        "Sign out: {}, signed in {}",
        session.browser,
        in_words(signed_in)
    );
    let end = if session.is_current {
        view! { <p class="tag">"This device"</p> }.into_any()
    } else {
        view! {
            <form method="post" action="/account/sessions/revoke">
                <input type="hidden" name="session" value=session.public_id />
                <button class="quiet-button" type="submit" aria-label=which>
                    "Sign out"
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <h2>{session.browser}</h2>
                <p class="hint">"Signed in " <Time at=signed_in /></p>
                <p class="hint">"Last active " <Time at=last_seen /></p>
            </div>
            {end}
        </li>
    }
}
