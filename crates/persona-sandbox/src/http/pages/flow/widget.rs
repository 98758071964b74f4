//! `/widget`: the flow inside the frame of Persona's SDK.
//!
//! The page is complete as served. Its script talks to the SDK, opens the session and fetches the
//! next screens. An error for the SDK is not an HTTP error of the page, because the frame still
//! shows a screen.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, html};
use url::Url;

use super::document::{Presentation, widget_config};
use super::environment;
use super::parameters::{Parameters, present};
use super::progress::{self, FlowView};
use super::screens::ScreenView;
use super::{accept_language, link_base, link_for_device, user_agent};
use crate::core::model::Template;
use crate::http::pages::assets;
use crate::http::transport::PageHeaders;
use crate::runtime::{Emulator, Environments};

/// The page in the frame.
pub(super) async fn page(
    State(environments): State<Environments>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let (parameters, emulator) = environment::read(query.as_bytes(), &environments);
    let presentation =
        Presentation::from_parameters(&parameters, accept_language(&headers).as_deref());
    let (Ok(target), Ok(embedding)) = (parameters.message_target(), parameters.embedding_origins())
    else {
        let view = FlowView::invalid_config(
            "iframe-origin, frame-ancestors and message-target-origin must be origins such as \
             https://app.example; the SDK fills in iframe-origin",
        );
        let page = document(&presentation, &parameters, &view, None);
        return (
            StatusCode::BAD_REQUEST,
            framed_by("'none'".to_owned()).apply(page),
        )
            .into_response();
    };
    let (allowed, view) = emulator.with(|state, now| {
        let template = progress::template_asked_for(state, &parameters);
        let allowed = template.is_none_or(|template| may_embed(template, &embedding));
        (allowed, progress::preview(state, &parameters, now))
    });
    if !allowed {
        let view = FlowView::invalid_config(
            "this page's domain is not among the template's allowed domains for the Embedded Flow",
        );
        let page = document(&presentation, &parameters, &view, target.as_deref());
        return (
            StatusCode::FORBIDDEN,
            framed_by("'none'".to_owned()).apply(page),
        )
            .into_response();
    }
    let presentation = presentation.among(&view.languages);
    // A page that is opened outside a frame posts no messages and may not be framed.
    let ancestors = if embedding.is_empty() {
        "'none'".to_owned()
    } else {
        embedding.join(" ")
    };
    framed_by(ancestors).apply(document(
        &presentation,
        &parameters,
        &view,
        target.as_deref(),
    ))
}

fn framed_by(frame_ancestors: String) -> PageHeaders {
    PageHeaders {
        frame_ancestors,
        form_target: None,
        camera: true,
        referrer_policy: "no-referrer",
    }
}

/// Whether the template lets every one of these pages embed it.
fn may_embed(template: &Template, origins: &[String]) -> bool {
    let list = &template.embedded_flow_domain_allowlist;
    list.is_empty()
        || origins
            .iter()
            .all(|origin| list.iter().any(|entry| names(origin, entry)))
}

/// Whether a list entry, `host`, `host:port` or an origin, names this origin.
fn names(origin: &str, entry: &str) -> bool {
    let Ok(url) = Url::parse(origin) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    entry == origin || entry == host || with_port.as_deref() == Some(entry)
}

fn document(
    presentation: &Presentation,
    parameters: &Parameters,
    view: &FlowView,
    target: Option<&str>,
) -> maud::Markup {
    let start_parameters = view
        .screen
        .in_progress()
        .then(|| start_parameters(parameters));
    let screen = screen(
        presentation,
        parameters,
        // No page shows a link for another device at first.
        "",
        view,
        start_parameters.as_deref(),
    );
    let heading = view.screen.heading(presentation.language);
    presentation.widget(heading, &screen, &widget_config(parameters, target))
}

/// What the script sends to open the session.
fn start_parameters(parameters: &Parameters) -> Vec<(String, String)> {
    let who = [
        ("inquiry-id", &parameters.inquiry_id),
        ("session-token", &parameters.session_token),
    ];
    present(who)
        .chain(parameters.new_inquiry_pairs())
        .chain(parameters.presentation_pairs())
        .collect()
}

fn screen(
    presentation: &Presentation,
    parameters: &Parameters,
    link_base: &str,
    view: &FlowView,
    start_parameters: Option<&[(String, String)]>,
) -> maud::Markup {
    let inquiry_id = view.inquiry.as_ref().map(|inquiry| inquiry.id.clone());
    let who = [
        ("inquiry-id", &inquiry_id),
        ("session-token", &view.session_token),
    ];
    let carried: Vec<_> = present(who)
        .chain(parameters.presentation_pairs())
        .collect();
    ScreenView {
        screen: &view.screen,
        language: presentation.language,
        steps: &view.steps,
        action: "/widget/step",
        carried: &carried,
        pass: view.pass,
        may_finish: true,
        inputs: &view.inputs,
        handoff_link: view
            .handoff
            .as_deref()
            .map(|link| link_for_device(link, link_base)),
        may_hand_over: true,
        is_other_device: false,
        problem: view.problem.as_ref(),
        data: view.data(start_parameters).to_string(),
    }
    .render()
}

/// Opens the session, for the script.
pub(super) async fn start(
    State(environments): State<Environments>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (parameters, emulator) = environment::read(&body, &environments);
    let agent = user_agent(&headers);
    let view = emulator.transact(|tx, now| progress::open(tx, &parameters, agent.as_deref(), now));
    let view = view.unwrap_or_else(|error| FlowView::refused(&error.into()));
    fragment(&emulator, &parameters, &headers, &view)
}

/// Takes a step's form, for the script.
pub(super) async fn step(
    State(environments): State<Environments>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (parameters, emulator) = environment::read(&body, &environments);
    let agent = user_agent(&headers);
    let view =
        emulator.transact(|tx, now| progress::advance(tx, &parameters, agent.as_deref(), now));
    let view = view.unwrap_or_else(|error| FlowView::refused(&error.into()));
    fragment(&emulator, &parameters, &headers, &view)
}

fn fragment(
    emulator: &Emulator,
    parameters: &Parameters,
    headers: &HeaderMap,
    view: &FlowView,
) -> Response {
    let presentation =
        Presentation::from_parameters(parameters, accept_language(headers).as_deref())
            .among(&view.languages);
    framed_by("'none'".to_owned()).apply(screen(
        &presentation,
        parameters,
        &link_base(emulator, headers),
        view,
        None,
    ))
}

/// The person closed the flow. The session stays valid for reopening.
pub(super) async fn exit(State(environments): State<Environments>, body: Bytes) -> StatusCode {
    let (parameters, emulator) = environment::read(&body, &environments);
    let Some(token) = parameters.session_token else {
        return StatusCode::NO_CONTENT;
    };
    match emulator.try_transact(|tx, now| tx.cancel_flow(&token, now)) {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::CONFLICT,
    }
}

/// `/preload`: fills the browser's cache with what the widget loads.
pub(super) async fn preload() -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Persona sandbox" }
                @for path in assets::widget_assets() {
                    @if path.ends_with(".css") {
                        link rel="stylesheet" href=(path);
                    } @else {
                        link rel="modulepreload" href=(path);
                    }
                }
            }
            body {}
        }
    };
    // It shows and does nothing, so any page may frame it.
    framed_by("*".to_owned()).apply(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::Moment;

    #[test]
    fn every_framing_page_must_be_on_the_list() {
        let mut template = Template::kyc("itmpl_x", Moment::from_millis(0), 0);
        let origins = [
            "http://localhost:3000".to_owned(),
            "https://a.example".to_owned(),
        ];
        assert!(may_embed(&template, &origins), "an empty list allows all");
        template.embedded_flow_domain_allowlist = vec!["localhost:3000".to_owned()];
        assert!(may_embed(&template, &origins[..1]));
        assert!(!may_embed(&template, &origins));
        template
            .embedded_flow_domain_allowlist
            .push("https://a.example".to_owned());
        assert!(may_embed(&template, &origins));
    }
}
