//! The layout of every page.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;
use url::Url;

use crate::{
    api::extension,
    app::{AppState, CurrentUser},
    domain::User,
    i18n::{Locale, Texts},
    ui::islands::status_text::split_link,
};

/// The texts in the language of the request.
pub(in crate::ui) fn texts() -> Texts {
    use_context::<Texts>().unwrap_or_default()
}

/// The signed-in user of the current request.
pub(super) fn current_user() -> Option<User> {
    extension().and_then(|CurrentUser(user)| user)
}

/// A value of the request's query.
pub(super) fn query_value(name: &str) -> Option<String> {
    with_context(|parts: &Parts| {
        let query = parts.uri.query()?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    })
    .flatten()
}

/// The URL of the support.
pub(super) fn support_url() -> Option<String> {
    let state = use_context::<AppState>()?;
    Some(state.config.support_url.to_string())
}

/// A sentence whose words in square brackets are the link to the support.
#[component]
pub(super) fn SupportSentence(#[prop(into)] sentence: String) -> impl IntoView {
    view! { <LinkSentence sentence href=support_url() /> }
}

/// A sentence whose words in square brackets are a link.
#[expect(clippy::needless_pass_by_value, reason = "a component owns its props")]
#[component]
pub(super) fn LinkSentence(sentence: String, href: Option<String>) -> impl IntoView {
    let (before, link, after) = split_link(&sentence);
    let [before, link, after] = [before, link, after].map(ToOwned::to_owned);
    let link = (!link.is_empty()).then(|| view! { <a href=href>{link}</a> });
    view! {
        {before}
        {link}
        {after}
    }
}

/// The title of a page, with the brand's name.
#[component]
pub(super) fn PageTitle(
    #[prop(into)] title: String,
    /// Whether the page says that something was not accepted.
    #[prop(optional)]
    has_problem: bool,
) -> impl IntoView {
    let t = texts();
    let title = if has_problem {
        t.text_with("problem-title", [("title", title.into())])
    } else {
        title
    };
    view! { <Title text=t.title(&title) /> }
}

/// A page: header, content, footer.
#[component]
pub(super) fn Page(children: Children) -> impl IntoView {
    let user = current_user();
    let is_signed_in = user.is_some();
    let is_operator = use_context::<AppState>()
        .zip(user)
        .is_some_and(|(state, user)| state.is_operator(&user));
    let t = texts();
    let navigation = is_signed_in.then(|| {
        view! {
            <nav class="site-nav" aria-label=t.text("account-navigation")>
                {is_operator
                    .then(|| view! { <NavLink href="/admin" name=t.text("operators-link") /> })}
                <NavLink href="/results" name=t.text("results-link") />
                <NavLink href="/account/sessions" name=t.text("sessions-link") />
                <form method="post" action="/sign-out">
                    <button class="quiet-button" type="submit">
                        {t.text("sign-out")}
                    </button>
                </form>
            </nav>
        }
    });
    view! {
        <a class="skip-link" href="#content">
            {t.text("skip-link")}
        </a>
        <header class="site-header">
            <a class="brand" href="/" aria-current=is_current("/onboarding").then_some("page")>
                <Mark />
                <span class="brand-name">{t.text("brand-name")}</span>
            </a>
            {navigation}
        </header>
        <main id="content" class="content" tabindex="-1">{children()}</main>
        <footer class="site-footer">
            <p>{t.text("photos-notice")}</p>
            <p>
                <a href=support_url()>{t.text("get-help")}</a>
            </p>
            <LegalLinks />
            <Languages />
        </footer>
    }
}

/// The choice of the language: a button for each, in its own language.
#[component]
fn Languages() -> impl IntoView {
    let t = texts();
    let page =
        with_context(|parts: &Parts| parts.uri.path_and_query().map(ToString::to_string)).flatten();
    let button = |locale: Locale| {
        let is_current = (locale == t.locale()).then_some("true");
        view! {
            <button
                class="language"
                type="submit"
                name="language"
                value=locale.tag()
                lang=locale.tag()
                dir=locale.direction()
                aria-current=is_current
            >
                {locale.native_name()}
            </button>
        }
    };
    let buttons = t.offered().into_iter().map(button).collect_view();
    view! {
        <form class="languages" method="post" action="/language" aria-label=t.text("language-choice")>
            <input type="hidden" name="next" value=page.unwrap_or_default() />
            {buttons}
        </form>
    }
}

/// A link of the navigation; the one to the current page says so.
#[component]
fn NavLink(href: &'static str, name: String) -> impl IntoView {
    view! {
        <a href=href aria-current=is_current(href).then_some("page")>
            {name}
        </a>
    }
}

/// Whether the request is for this page.
fn is_current(path: &str) -> bool {
    with_context(|parts: &Parts| parts.uri.path() == path).unwrap_or_default()
}

/// The mark. Inline, so that it takes the colours of the page.
#[component]
fn Mark() -> impl IntoView {
    use_context::<AppState>().map(|state| {
        let mark = &state.config.brand.mark;
        view! {
            <svg
                class="brand-mark"
                viewBox=mark.view_box.clone()
                aria-hidden="true"
                inner_html=mark.content.clone()
            ></svg>
        }
    })
}

/// The brand's links on people's data and the terms, if it has them.
#[component]
fn LegalLinks() -> impl IntoView {
    let t = texts();
    let state = use_context::<AppState>()?;
    let links = &state.config.brand.links;
    let link = |key, url: &Option<Url>| {
        let (url, name) = (url.as_ref()?.to_string(), t.text(key));
        Some(view! {
            <p>
                <a href=url>{name}</a>
            </p>
        })
    };
    Some((
        link("privacy-link", &links.privacy),
        link("terms-link", &links.terms),
    ))
}
