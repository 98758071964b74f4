//! The pages: the widget, the hosted flow and the dashboard.
//!
//! HTML is rendered here only; every change of an inquiry is an operation of `domain`. The flow sets
//! no cookies, because cookies ignore ports and would collide with those of the app: it uses session
//! tokens. The dashboard needs no sign-in; its one cookie says which environment it shows. Every page
//! is labelled as a sandbox and uses none of Persona's marks or artwork.

mod assets;
mod dashboard;
mod flow;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use crate::core::Config;
use crate::runtime::Environments;

/// The routes of all pages.
pub(crate) fn router(config: &Arc<Config>) -> Router<Environments> {
    Router::new()
        .route("/", get(async || Redirect::to("/dashboard")))
        .merge(assets::router())
        .merge(flow::router())
        .merge(dashboard::router(config))
}
