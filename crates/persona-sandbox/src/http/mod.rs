//! What is served: Persona's API, the sandbox's own controls, and the pages.

mod api;
mod control;
mod pages;
mod transport;

use axum::{Router, middleware};

use crate::runtime::Emulator;
pub(crate) use api::operations;
pub(crate) use transport::serve;

/// The routes of the whole sandbox.
pub(crate) fn router(emulator: Emulator) -> Router {
    Router::new()
        .merge(api::router())
        .merge(control::router(&emulator))
        .merge(pages::router(&emulator))
        .layer(middleware::from_fn(transport::log))
        .with_state(emulator)
}
