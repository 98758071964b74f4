//! The page for an unknown path.

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::layout::{LinkSentence, Page, PageTitle, support_url, texts};

/// The page, with status 404 and a link back.
#[component]
pub(in crate::ui) fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NOT_FOUND);
    }
    let t = texts();
    view! {
        <PageTitle title=t.text("not-found-title") />
        <Page>
            <h1>{t.text("not-found-title")}</h1>
            <p>
                <LinkSentence sentence=t.text("not-found-text") href=Some("/".to_owned()) />
            </p>
            <p>
                <a href=support_url()>{t.text("get-help")}</a>
            </p>
        </Page>
    }
}
