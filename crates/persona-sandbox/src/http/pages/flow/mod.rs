//! The flow that a person goes through: embedded in a page (`/widget`) or hosted (`/verify`).
//!
//! Both show the same screens ([`screens`]) and move through them by the same steps
//! ([`progress`]). The widget's script talks to Persona's SDK; the hosted flow is plain forms and
//! needs no script.

mod art;
mod document;
mod environment;
mod error;
mod handoff;
mod hosted;
mod inputs;
mod parameters;
mod progress;
mod redirect;
mod screens;
mod step_image;
mod texts;
mod widget;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderName, header};
use axum::routing::{get, post};

use crate::core::model::OneTimeLink;
use crate::runtime::{Emulator, Environments};

/// More than any form of the flow holds.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// The routes of the flow.
pub(super) fn router() -> Router<Environments> {
    Router::new()
        .route("/widget", get(widget::page))
        .route("/widget/start", post(widget::start))
        .route("/widget/step", post(widget::step))
        .route("/widget/exit", post(widget::exit))
        .route("/preload", get(widget::preload))
        .route("/verify", get(hosted::page))
        // Where older links lead.
        .route("/inquiry", get(hosted::page))
        .route("/verify/step", post(hosted::step))
        .route("/verify/handoff", post(handoff::status))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

fn text_header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The start of links to the hosted flow.
fn link_base(emulator: &Emulator, headers: &HeaderMap) -> String {
    let host = text_header(headers, &header::HOST);
    emulator.config().link_base(host.as_deref())
}

/// The address for another device: the short form, since a QR code holds it.
fn link_for_device(link: &OneTimeLink, link_base: &str) -> String {
    format!("{link_base}/verify?code={}", link.short_code)
}

fn accept_language(headers: &HeaderMap) -> Option<String> {
    text_header(headers, &header::ACCEPT_LANGUAGE)
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    text_header(headers, &header::USER_AGENT)
}
