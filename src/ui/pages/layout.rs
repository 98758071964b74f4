//! The layout of every page.

use axum::http::request::Parts;
use leptos::prelude::*;

use crate::{
    app::{AppState, CurrentUser},
    domain::User,
    ui::islands::status_text::split_link,
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

/// The URL of the support.
pub(super) fn support_url() -> Option<String> {
    let state = use_context::<AppState>()?;
    Some(state.config.support_url.to_string())
}

/// A sentence whose words in square brackets are the link to the support.
#[expect(clippy::needless_pass_by_value, reason = "a component owns its props")]
#[component]
pub(super) fn SupportSentence(#[prop(into)] sentence: String) -> impl IntoView {
    let (before, link, after) = split_link(&sentence);
    let [before, link, after] = [before, link, after].map(ToOwned::to_owned);
    let link = (!link.is_empty()).then(|| view! { <a href=support_url()>{link}</a> });
    view! {
        {before}
        {link}
        {after}
    }
}

/// A page: header, content, footer.
#[component]
pub(super) fn Page(children: Children) -> impl IntoView {
    let user = current_user();
    let is_signed_in = user.is_some();
    let is_operator = use_context::<AppState>()
        .zip(user)
        .is_some_and(|(state, user)| state.is_operator(&user));
    view! {
        <a class="skip-link" href="#content">"Skip to main content"</a>
        <header class="site-header">
            <a class="brand" href="/">
                <Mark />
                <span class="brand-name">"Dog Walker"</span>
            </a>
            {is_signed_in
                .then(|| {
                    view! {
                        <nav class="site-nav" aria-label="Your account">
                            {is_operator
                                .then(|| view! { <NavLink href="/admin" name="Operators" /> })}
                            <NavLink href="/results" name="Verifications" />
                            <NavLink href="/account/sessions" name="Devices" />
                            <form method="post" action="/sign-out">
                                <button class="quiet-button" type="submit">"Sign out"</button>
                            </form>
                        </nav>
                    }
                })}
        </header>
        <main id="content" class="content" tabindex="-1">{children()}</main>
        <footer class="site-footer">
            <p>
                "Persona checks identities for us. Your photos go straight to Persona; we never receive \
                 them."
            </p>
            <p>
                <a href=support_url()>"Get help"</a>
            </p>
        </footer>
    }
}

/// A link of the navigation; the one to the current page says so.
#[component]
fn NavLink(href: &'static str, name: &'static str) -> impl IntoView {
    let is_current = use_context::<Parts>().is_some_and(|parts| parts.uri.path() == href);
    view! {
        <a href=href aria-current=is_current.then_some("page")>
            {name}
        </a>
    }
}

/// The mark: a paw. Inline, so that it takes the colours of the page.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="10" fill="currentColor"></rect>
            <g>
                <ellipse cx="9" cy="14" rx="2.6" ry="3.4"></ellipse>
                <ellipse cx="13.4" cy="9.4" rx="2.5" ry="3.5"></ellipse>
                <ellipse cx="18.6" cy="9.4" rx="2.5" ry="3.5"></ellipse>
                <ellipse cx="23" cy="14" rx="2.6" ry="3.4"></ellipse>
                <path d="M16 14.6c-3.4 0-6.6 4.3-6.6 7.1 0 2 1.6 2.8 3.4 2.8 1.3 0 2.1-.6 \
                 3.2-.6s1.9.6 3.2.6c1.8 0 3.4-.8 3.4-2.8 0-2.8-3.2-7.1-6.6-7.1z"></path>
            </g>
        </svg>
    }
}
