//! The HTTP server: Persona's API, the sandbox's own controls, and the pages.

mod api;
mod control;
mod hosts;
mod pages;
mod transport;

use axum::{Router, middleware};

use crate::runtime::Emulator;
pub(crate) use api::operations;
pub use hosts::{SdkFolder, SdkFolderError};
pub(crate) use transport::{Port, serve};

/// The routes of the whole sandbox. `sdk` is served at the host name of Persona's CDN, `ca` is the
/// certificate (PEM) of the TLS port's authority.
pub(crate) fn router(emulator: Emulator, sdk: Option<SdkFolder>, ca: Option<&str>) -> Router {
    let router = Router::new()
        .merge(api::router())
        .merge(control::router(&emulator, ca))
        .merge(pages::router(&emulator))
        .with_state(emulator);
    hosts::by_name(router, sdk).layer(middleware::from_fn(transport::log))
}
