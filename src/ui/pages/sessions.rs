//! The page with the user's sessions.

use axum::http::request::Parts;
use jiff::Timestamp;
use leptos::prelude::*;

use super::{
    layout::{Page, PageTitle, query_value, texts},
    time::TimeInSentence,
};
use crate::{
    app::{self, AppState},
    base::error_chain,
    i18n::Texts,
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
                        {texts().text("sessions-unavailable")}
                    </p>
                }
                .into_any()
            }
        }
    });
    let t = texts();
    view! {
        <PageTitle title=t.text("sessions-heading") />
        <Page>
            <h1>{t.text("sessions-heading")}</h1>
            <p class="lead">{t.text("sessions-lead")}</p>
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
fn ended_sentence(ended: &str) -> Option<String> {
    match ended {
        "one" => Some(texts().text("sessions-one-ended")),
        "others" => Some(texts().text("sessions-others-ended")),
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
                            {texts().text("sessions-end-others")}
                        </button>
                    </form>
                }
            })}
    }
}

/// The name of a browser, which the session keeps in English: `Firefox on Linux`.
fn browser_in_words(name: &str, t: &Texts) -> String {
    match name.split_once(" on ") {
        Some(("A browser", system)) => t.text_with("browser-unnamed", [("system", system.into())]),
        Some((browser, system)) => t.text_with(
            "browser-on-system",
            [("browser", browser.into()), ("system", system.into())],
        ),
        None if name == "An unknown browser" => t.text("browser-unknown"),
        None => name.to_owned(),
    }
}

#[component]
fn Item(session: SessionView) -> impl IntoView {
    let [signed_in, last_seen] = [session.signed_in_at, session.last_seen_at]
        .map(|at| Timestamp::from_millisecond(at).unwrap_or_default());
    // Sessions may look alike, so the button's label names the session.
    let t = texts();
    let browser = browser_in_words(&session.browser, &t);
    let which = t.text_with(
        "sessions-end-one",
        [
            ("browser", browser.as_str().into()),
            ("time", t.time(signed_in).into()),
        ],
    );
    let end = if session.is_current {
        view! { <p class="tag is-open">{t.text("sessions-this-one")}</p> }.into_any()
    } else {
        view! {
            <form method="post" action="/account/sessions/revoke">
                <input type="hidden" name="session" value=session.public_id />
                <button class="quiet-button" type="submit" aria-label=which>
                    {t.text("sign-out")}
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <h2>{browser}</h2>
                <p class="hint">{t.text("sessions-signed-in")} " " <TimeInSentence at=signed_in /></p>
                <p class="hint">{t.text("sessions-last-active")} " " <TimeInSentence at=last_seen /></p>
            </div>
            {end}
        </li>
    }
}
