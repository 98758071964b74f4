//! The layout of every page.

use axum::http::request::Parts;
use leptos::prelude::*;

use crate::{
    app::{AppState, CurrentUser},
    domain::User,
};

/// The signed-in user of the current request.
pub(super) fn current_user() -> Option<User> {
    let parts = use_context::<Parts>()?;
    parts
        .extensions
        .get::<CurrentUser>()
        .and_then(|CurrentUser(user)| user.clone())
}

/// A value of the request's query.
pub(super) fn query_value(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let query = parts.uri.query()?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// A page: header, content, footer.
#[component]
pub(super) fn Page(children: Children) -> impl IntoView {
    let user = current_user();
    let is_signed_in = user.is_some();
    let state = use_context::<AppState>();
    let support = state
        .as_ref()
        .map(|state| state.config.support_url.to_string());
    let is_operator = state
        .zip(user)
        .is_some_and(|(state, user)| state.is_operator(&user));
    view! {
        <a class="skip-link" href="#content">"Skip to the content"</a>
        <header class="site-header">
            <a class="brand" href="/">
                <span class="brand-mark" aria-hidden="true">"🐾"</span>
                <span class="brand-name">"Dog Walker"</span>
            </a>
            {is_signed_in
                .then(|| {
                    view! {
                        <nav class="site-nav" aria-label="Your account">
                            {is_operator.then(|| view! { <a href="/admin">"Operators"</a> })}
                            <a href="/results">"Results"</a>
                            <a href="/account/sessions">"Sessions"</a>
                            <form method="post" action="/sign-out">
                                <button class="quiet-button" type="submit">"Sign out"</button>
                            </form>
                        </nav>
                    }
                })}
        </header>
        <main id="content" class="content" tabindex="-1">{children()}</main>
        <footer class="site-footer">
            <p>"Identity checks by Persona. Your documents go to Persona and never through us."</p>
            <p>
                <a href=support>"Contact our support"</a>
            </p>
        </footer>
    }
}
