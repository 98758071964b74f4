//! `/verify`: the flow on a page of its own, for browsers without frames or scripts.
//!
//! It uses plain forms. Each step responds with a redirect to the page of the next, so that a
//! reload repeats nothing. The session token is in the parameter `session-token`, as in Persona's
//! links. The page refuses to be framed, like Persona's.
//!
//! In a WebView (`is-webview=true`) the script sends the forms and shows the next screen in place: an
//! app may send any navigation but the return to the phone's browser, as Persona's Android sample
//! does. The return is the only navigation there.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::form_urlencoded;

use super::document::Presentation;
use super::environment;
use super::error::SdkError;
use super::parameters::{Parameters, present};
use super::progress::{self, FlowView};
use super::redirect::ReturnUrl;
use super::screens::{Screen, ScreenView};
use super::{accept_language, link_base, link_for_device, user_agent};
use crate::core::clock::Moment;
use crate::http::transport::PageHeaders;
use crate::runtime::Environments;
use crate::store::{self, Tx, WriteError};

/// The name of the form that leaves a WebView.
const CANCEL: &str = "cancel";

/// The page for a link: an inquiry's ID, a one-time code, or a template.
pub(super) async fn page(
    State(environments): State<Environments>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let (parameters, emulator) = environment::read(query.as_bytes(), &environments);
    let agent = user_agent(&headers);
    // Opening the page spends a one-time link and begins the session of a token; link checkers and
    // prefetches must not.
    let opens = method == Method::GET && !is_prefetch(&headers);
    if parameters.code.is_some() && !opens {
        return StatusCode::NO_CONTENT.into_response();
    }
    let done = emulator.transact(|tx, now| {
        let view = if parameters.code.is_some() {
            progress::open(tx, &parameters, agent.as_deref(), now)
        } else if opens {
            progress::show(tx, &parameters, agent.as_deref(), now)
        } else {
            progress::preview(tx, &parameters, now)
        };
        let return_url = return_url(tx, &parameters, &view);
        (view, return_url)
    });
    let (view, return_url) = done.unwrap_or_else(not_written);
    let presentation =
        Presentation::from_parameters(&parameters, accept_language(&headers).as_deref())
            .among(&view.languages);
    let link_base = link_base(&emulator, &headers);
    render(&presentation, &parameters, &link_base, view, return_url)
}

fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose"].iter().any(|name| {
        headers
            .get(*name)
            .is_some_and(|value| value.as_bytes().starts_with(b"prefetch"))
    })
}

/// The screen for a state that cannot be written. The state is unchanged.
fn not_written(error: WriteError) -> (FlowView, Result<Option<ReturnUrl>, String>) {
    (FlowView::refused(&error.into()), Ok(None))
}

/// Where the last screen's button leads: the link decides, else the inquiry, else the template.
fn return_url(
    state: &store::State,
    parameters: &Parameters,
    view: &FlowView,
) -> Result<Option<ReturnUrl>, String> {
    // The device that began the flow leads back to the caller.
    if view.is_other_device {
        return Ok(None);
    }
    let template = match &view.inquiry {
        Some(inquiry) => state.templates.find(&inquiry.template_id),
        None => progress::template_asked_for(state, parameters),
    };
    let of_inquiry = view
        .inquiry
        .as_ref()
        .and_then(|inquiry| inquiry.redirect_uri.as_ref());
    let of_template = template.and_then(|template| template.redirect_uri.as_ref());
    let is_webview = parameters.is_webview();
    let given = parameters.redirect_uri.as_ref();
    let given = given.or(of_inquiry).or(of_template);
    let parsed = given.map(|text| ReturnUrl::parse(text, template.map(AsRef::as_ref), is_webview));
    let default = || is_webview.then(ReturnUrl::webview_default);
    Ok(parsed.transpose()?.or_else(default))
}

fn render(
    presentation: &Presentation,
    parameters: &Parameters,
    link_base: &str,
    view: FlowView,
    return_url: Result<Option<ReturnUrl>, String>,
) -> Response {
    let (view, return_url) = match return_url {
        Ok(return_url) => (view, return_url),
        Err(reason) => (FlowView::invalid_config(&reason), None),
    };
    let carried = carried(parameters, &view);
    let screen = ScreenView {
        screen: &view.screen,
        language: presentation.language,
        steps: &view.steps,
        action: "/verify/step",
        carried: &carried,
        pass: view.pass,
        may_finish: return_url.is_some(),
        inputs: &view.inputs,
        handoff_link: view
            .handoff
            .as_deref()
            .map(|link| link_for_device(link, link_base)),
        may_hand_over: !parameters.is_webview(),
        is_other_device: view.is_other_device,
        problem: view.problem.as_ref(),
        data: view.data(None).to_string(),
    }
    .render();
    let heading = view.screen.heading(presentation.language);
    let headers = PageHeaders {
        camera: true,
        ..own_headers(return_url.map(|return_url| return_url.csp_source()))
    };
    (
        status_code(&view),
        headers.apply(presentation.hosted(heading, &screen, parameters.is_webview())),
    )
        .into_response()
}

fn status_code(view: &FlowView) -> StatusCode {
    match (&view.screen, &view.error) {
        (Screen::SessionExpired, _) => StatusCode::CONFLICT,
        (Screen::InquiryExpired | Screen::LinkUsed | Screen::LinkExpired, _) => StatusCode::GONE,
        (Screen::Refused(_), Some(SdkError { status: 404, .. })) => StatusCode::NOT_FOUND,
        (Screen::Refused(_), Some(SdkError { status: 0, .. })) => StatusCode::INTERNAL_SERVER_ERROR,
        (Screen::Refused(_), _) => StatusCode::BAD_REQUEST,
        _ if view.problem.is_some() => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    }
}

fn own_headers(form_target: Option<String>) -> PageHeaders {
    PageHeaders {
        frame_ancestors: "'self'".to_owned(),
        form_target,
        camera: false,
        referrer_policy: "no-referrer",
    }
}

/// The hidden fields of every form of the page.
fn carried(parameters: &Parameters, view: &FlowView) -> Vec<(String, String)> {
    let inquiry_id = view.inquiry.as_ref().map(|inquiry| inquiry.id.clone());
    let new = if inquiry_id.is_none() {
        parameters.new_inquiry_pairs()
    } else {
        Vec::new()
    };
    let named = [
        ("inquiry-id", &inquiry_id),
        ("session-token", &view.session_token),
        ("redirect-uri", &parameters.redirect_uri),
    ];
    present(named)
        .chain(new)
        .chain(parameters.presentation_pairs())
        .collect()
}

/// Submits the form of a step, and redirects to the page of the next screen.
pub(super) async fn step(
    State(environments): State<Environments>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (parameters, emulator) = environment::read(&body, &environments);
    let agent = user_agent(&headers);
    let in_place = is_sent_by_script(&headers);
    if parameters.is_webview() && parameters.step.as_deref() == Some(CANCEL) {
        let canceled = emulator.transact(|tx, now| cancel(tx, &parameters, agent.as_deref(), now));
        let location = canceled.unwrap_or_else(|_| cancellation_of_refused(&parameters));
        return leave(&location, in_place);
    }
    let finishing = matches!(parameters.step.as_deref(), Some("success" | "fail"));
    let done = emulator.transact(|tx, now| {
        let mut view = progress::preview(tx, &parameters, now);
        if !finishing {
            let next = progress::advance(tx, &parameters, agent.as_deref(), now);
            // A late form gets the screen that its page would show now.
            if !matches!(
                next.screen,
                Screen::AlreadyFinished | Screen::SessionExpired
            ) {
                view = next;
            }
        }
        let return_url = return_url(tx, &parameters, &view);
        (view, return_url)
    });
    let (view, return_url) = done.unwrap_or_else(not_written);
    match return_url {
        Ok(Some(return_url)) if finishing && view.screen.reports_result() => {
            leave(&return_url.with_result(&view), in_place)
        }
        // Without an inquiry there is no page to redirect to, so the response shows the screen
        // itself.
        return_url
            if in_place
                || view.inquiry.is_none()
                || finishing
                || view.problem.is_some()
                || view.handoff.is_some()
                || return_url.is_err() =>
        {
            let presentation =
                Presentation::from_parameters(&parameters, accept_language(&headers).as_deref())
                    .among(&view.languages);
            let link_base = link_base(&emulator, &headers);
            render(&presentation, &parameters, &link_base, view, return_url)
        }
        _ => see_other(&page_url(&parameters, &view)),
    }
}

/// Whether the script sends the form, and shows the response in the place of the present screen. A
/// browser that navigates does not ask for JSON.
fn is_sent_by_script(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept.is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

/// Leaves a WebView with the x, and returns where it leads. At Persona a page creates its inquiry
/// when it opens, so there is one to name unless the page was refused.
fn cancel(tx: &mut Tx, parameters: &Parameters, agent: Option<&str>, now: Moment) -> String {
    let mut view = progress::preview(tx, parameters, now);
    let Ok(Some(url)) = return_url(tx, parameters, &view) else {
        return cancellation_of_refused(parameters);
    };
    if view.inquiry.is_none() && parameters.session_token.is_none() {
        view = progress::open(tx, parameters, agent, now);
    }
    let token = view.session_token.as_ref();
    if let Some(token) = token.or(parameters.session_token.as_ref()) {
        // What cannot be canceled, such as a finished flow, can be left all the same.
        let _ = tx.cancel_flow(token, now);
    }
    let inquiry_id = view.inquiry.as_ref().map(|inquiry| &inquiry.id);
    url.with_cancellation(inquiry_id.or(parameters.inquiry_id.as_ref()))
}

fn cancellation_of_refused(parameters: &Parameters) -> String {
    ReturnUrl::webview_default().with_cancellation(parameters.inquiry_id.as_ref())
}

/// Leads back to the caller: by a redirect, or by the script that sent the form.
fn leave(location: &str, in_place: bool) -> Response {
    if in_place {
        own_headers(None).apply(Json(json!({ "location": location })))
    } else {
        see_other(location)
    }
}

/// The address of the page that shows the screen.
fn page_url(parameters: &Parameters, view: &FlowView) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(carried(parameters, view));
    let names_its_step = match &view.screen {
        Screen::Submission(step) => view.steps.first() == Some(step),
        screen => *screen == Screen::Retry,
    };
    if names_its_step {
        query.append_pair("step", view.screen.step());
    }
    if !view.pass {
        query.append_pair("pass-verifications", "off");
    }
    format!("/verify?{}", query.finish())
}

fn see_other(location: &str) -> Response {
    let headers = own_headers(None);
    match HeaderValue::try_from(location) {
        Ok(location) => headers.apply((StatusCode::SEE_OTHER, [(header::LOCATION, location)])),
        // A URL that was parsed is ASCII; this cannot be reached by a person.
        Err(_) => headers.apply(StatusCode::BAD_REQUEST),
    }
}
