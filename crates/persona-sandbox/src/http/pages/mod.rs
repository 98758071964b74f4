//! What people see of the sandbox: the widget, the hosted flow and the dashboard.
//!
//! HTML is made here and nowhere else; every change of an inquiry goes through the verbs of
//! `lifecycle`. The pages set no cookies, since cookies ignore ports and would meet the app's:
//! the flow is carried by session tokens, the dashboard needs no sign-in. It names itself a
//! sandbox everywhere and uses none of Persona's marks or artwork.

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
