//! The pages: the widget, the hosted flow and the dashboard.
//!
//! HTML is rendered here only; every change of an inquiry is an operation of `domain`. The pages
//! set no cookies, because cookies ignore ports and would collide with those of the app: the flow
//! uses session tokens, and the dashboard needs no sign-in. Every page is labelled as a sandbox and
//! uses none of Persona's marks or artwork.

mod assets;
mod dashboard;
mod flow;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use crate::runtime::Emulator;

/// The routes of all pages.
pub(crate) fn router(emulator: &Emulator) -> Router<Emulator> {
    Router::new()
        .route("/", get(async || Redirect::to("/dashboard")))
        .merge(assets::router())
        .merge(flow::router())
        .merge(dashboard::router(emulator))
}
