//! The HTTP server: Persona's API, the sandbox's own controls, and the pages.

mod api;
mod control;
mod hosts;
mod pages;
mod transport;

use std::sync::Arc;

use axum::{Router, middleware};

use crate::openapi::OpenApi;
use crate::runtime::Environments;
pub(crate) use api::operations;
pub use hosts::{SdkFolder, SdkFolderError};
pub(crate) use transport::{Port, serve};

/// The routes of the whole sandbox. `sdk` is served at the host name of Persona's CDN, `ca` is the
/// certificate (PEM) of the TLS port's authority, `openapi` the vendor's file.
pub(crate) fn router(
    environments: Environments,
    sdk: Option<SdkFolder>,
    ca: Option<&str>,
    openapi: Option<Arc<OpenApi>>,
) -> Router {
    let config = Arc::new(environments.default_environment().config().clone());
    let router = Router::new()
        .merge(api::router(openapi))
        .merge(control::router(&config, ca))
        .merge(pages::router(&config))
        .with_state(environments);
    hosts::by_name(router, sdk).layer(middleware::from_fn(transport::log))
}
