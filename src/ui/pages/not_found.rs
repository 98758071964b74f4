//! The page for an unknown path.

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;

use super::layout::Page;

/// The page, with status 404 and a link back.
#[component]
pub(in crate::ui) fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Page not found - Dog Walker" />
        <Page>
            <h1>"Page not found"</h1>
            <p>
                "We can't find that page. Check the address, or " <a href="/">"go to the start page"</a>
                "."
            </p>
        </Page>
    }
}
