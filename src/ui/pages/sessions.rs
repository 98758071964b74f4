//! The page with the user's sessions.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use super::layout::Page;
use crate::{
    app::{self, AppState},
    base::error_chain,
    model::SessionView,
};

/// The signed-in user's sessions. The router redirects signed-out visitors.
#[component]
pub(in crate::ui) fn Sessions() -> impl IntoView {
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
                        "Your sessions cannot be shown right now. Please try again in a moment."
                    </p>
                }
                .into_any()
            }
        }
    });
    view! {
        <Title text="Your sessions - Dog Walker" />
        <Page>
            <h1>"Your sessions"</h1>
            <p class="lead">
                "This is where you are signed in. End what you do not recognise or no longer use."
            </p>
            <Suspense>{list}</Suspense>
        </Page>
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
                        <button class="quiet-button" type="submit">"End all other sessions"</button>
                    </form>
                }
            })}
    }
}

#[component]
fn Item(session: SessionView) -> impl IntoView {
    // Sessions may look alike, so the button's label names the session.
    let which = format!(
        "End session: {}, signed in {}",
        session.browser, session.signed_in
    );
    let end = if session.is_current {
        view! { <p class="tag">"This one"</p> }.into_any()
    } else {
        view! {
            <form method="post" action="/account/sessions/revoke">
                <input type="hidden" name="session" value=session.public_id />
                <button class="quiet-button" type="submit" aria-label=which>
                    "End session"
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <h2>{session.browser}</h2>
                <p class="hint">"Signed in " {session.signed_in}</p>
                <p class="hint">"Last seen " {session.last_seen}</p>
            </div>
            {end}
        </li>
    }
}
