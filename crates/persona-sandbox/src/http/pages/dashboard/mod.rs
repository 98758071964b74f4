//! The dashboard, for integrators during development.
//!
//! Plain pages and forms, complete without JavaScript. It needs no sign-in, since the sandbox is
//! for one developer's machine; a request that changes something is refused if another site sent it.
//!
//! Longer than 400 lines: it has the short handlers of all pages; what they show is in files beside it.

mod api_logs;
mod clock;
mod controls;
mod delivery;
mod environment;
mod faults;
mod form;
mod inquiries;
mod inquiry;
mod layout;
mod operations;
mod scenarios;
mod shown;
mod templates;
mod webhook;
mod webhook_list;
mod webhook_settings;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};

use crate::core::Config;
use crate::core::model::{Decision, Reviewer, Status};
use crate::domain::DomainError;
use crate::http::control;
use crate::http::transport::PageHeaders;
use crate::http::transport::guard;
use crate::runtime::{DEFAULT_ENVIRONMENT, Emulator, Environments};
use crate::scenario::Scenario;
use inquiry::Action;
use layout::Place;
use shown::Shown;
use templates::Settings;

/// The routes of the dashboard.
pub(super) fn router(config: &Arc<Config>) -> Router<Environments> {
    Router::new()
        .route("/dashboard", get(list_inquiries))
        .route(
            "/dashboard/inquiries",
            get(async || Redirect::permanent("/dashboard")),
        )
        .route("/dashboard/inquiries/{id}", get(show_inquiry))
        .route("/dashboard/inquiries/{id}/flow", post(open_flow))
        .route("/dashboard/inquiries/{id}/{action}", post(act))
        .route("/dashboard/templates", get(list_templates))
        .route("/dashboard/templates/{id}", get(show_template))
        .route("/dashboard/templates/{id}/settings", get(first_settings))
        .route(
            "/dashboard/templates/{id}/settings/{part}",
            get(show_settings).post(save_settings),
        )
        .route("/dashboard/api-logs", get(list_calls))
        .route("/dashboard/api-logs/{id}", get(show_call))
        .route("/dashboard/clock", get(show_clock).post(change_clock))
        .route("/dashboard/faults", get(list_faults).post(add_fault))
        .route("/dashboard/faults/clear", post(clear_faults))
        .route(
            "/dashboard/scenarios",
            get(edit_scenario).post(run_scenario),
        )
        .route("/dashboard/operations", get(list_operations))
        .route("/dashboard/controls", get(list_controls))
        .merge(webhooks::router())
        .route(
            "/dashboard/environment",
            get(show_environment).post(choose_environment),
        )
        .route("/dashboard/environment/remove", post(remove_environment))
        .route("/dashboard/reset", post(reset))
        .layer(middleware::from_fn_with_state(
            Arc::clone(config),
            check_sender,
        ))
        .layer(middleware::map_response(with_headers))
}

async fn with_headers(response: Response) -> Response {
    let headers = PageHeaders {
        frame_ancestors: "'none'".to_owned(),
        form_target: None,
        camera: false,
        // Forms need an Origin header to be recognised as ours; other sites learn nothing.
        referrer_policy: "same-origin",
    };
    headers.apply(response)
}

/// Other sites may link here, but only our own forms may change something. Requests by a host name
/// that is not allowed (DNS rebinding) are refused.
async fn check_sender(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let checked = if request.method().is_safe() {
        guard::check_address(request.headers(), &config)
    } else {
        guard::check_sender(request.headers(), &config)
    };
    match checked {
        Ok(()) => next.run(request).await,
        Err(forbidden) => {
            let problem = format!("Nothing was changed: {forbidden}.");
            problem_page(StatusCode::FORBIDDEN, &problem)
        }
    }
}

fn problem_page(status: StatusCode, problem: &str) -> Response {
    let content = html! {
        h1 { (status.canonical_reason().unwrap_or("Problem")) }
        p .problem role="alert" { (problem) }
        p { a href="/dashboard" { "Inquiries" } }
    };
    (
        status,
        layout::page(DEFAULT_ENVIRONMENT, Place::Inquiries, "Problem", &content),
    )
        .into_response()
}

/// A page that reloads itself: 304 while its version of the state is current.
fn live_page(headers: &HeaderMap, version: &str, render: impl FnOnce() -> Markup) -> Response {
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if known == Some(version) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    render().into_response()
}

async fn list_inquiries(
    Shown(emulator): Shown,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = inquiries::Query::parse(&query.unwrap_or_default());
    emulator.with(|state, _| {
        let version = emulator.page_version(state);
        live_page(&headers, &version, || {
            inquiries::render(emulator.name(), state, &query, &version)
        })
    })
}

async fn show_inquiry(
    Shown(emulator): Shown,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    emulator.with(|state, _| match state.inquiry(&id) {
        Ok(inquiry) => {
            let version = emulator.page_version(state);
            live_page(&headers, &version, || {
                inquiry::render(emulator.name(), state, &inquiry, &version)
            })
        }
        Err(error) => error_page(&error),
    })
}

async fn act(Shown(emulator): Shown, Path((id, action)): Path<(String, String)>) -> Response {
    let Some(action) = Action::parse(&action) else {
        return problem_page(StatusCode::NOT_FOUND, "There is no such action.");
    };
    // Decisions by the API have no reviewer; those in the dashboard are made by a user.
    let reviewer = || {
        Some(Reviewer {
            kind: "user".to_owned(),
            id: "user_dashboard".to_owned(),
        })
    };
    let done = emulator.try_transact(|tx, now| match action {
        Action::Approve => tx.decide_inquiry(&id, Decision::Approve, reviewer(), None, now),
        Action::Decline => tx.decide_inquiry(&id, Decision::Decline, reviewer(), None, now),
        Action::MarkForReview => tx.mark_inquiry_for_review(&id, now),
        Action::Expire => tx.expire_inquiry(&id, now),
        Action::Redact => tx.redact_inquiry(&id, now),
    });
    match done {
        Ok(inquiry) => {
            Redirect::to(&format!("/dashboard/inquiries/{}", inquiry.id)).into_response()
        }
        Err(error) => error_page(&error),
    }
}

/// Opens the flow of an inquiry, as the person who has it would: by a one-time link. One that has
/// expired is resumed.
async fn open_flow(Shown(emulator): Shown, Path(id): Path<String>) -> Response {
    let opened = emulator.try_transact(|tx, now| {
        if tx.inquiry(&id)?.status == Status::Expired {
            tx.resume_inquiry(&id, now)?;
        }
        let (_, link) = tx.create_one_time_link(&id, None, now)?;
        Ok(link)
    });
    match opened {
        Ok(link) => Redirect::to(&format!("/verify?code={}", link.code)).into_response(),
        Err(error) => error_page(&error),
    }
}

fn error_page(error: &DomainError) -> Response {
    match error {
        DomainError::NotFound { what } => {
            let problem = format!("There is no such {what}. It may have gone with a reset.");
            problem_page(StatusCode::NOT_FOUND, &problem)
        }
        DomainError::Write(_) => {
            let problem = "The sandbox could not write its state file. Nothing was changed.";
            problem_page(StatusCode::INTERNAL_SERVER_ERROR, problem)
        }
        other => problem_page(StatusCode::CONFLICT, &format!("{other}.")),
    }
}

async fn list_templates(Shown(emulator): Shown) -> Markup {
    emulator.with(|state, _| templates::list(emulator.name(), state))
}

async fn show_template(Shown(emulator): Shown, Path(id): Path<String>) -> Response {
    emulator.with(|state, _| match state.template(&id) {
        Ok(template) => templates::overview(emulator.name(), &template).into_response(),
        Err(error) => error_page(&error),
    })
}

async fn first_settings(Path(id): Path<String>) -> Redirect {
    Redirect::to(&Settings::General.path(&id))
}

async fn show_settings(
    Shown(emulator): Shown,
    Path((id, part)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let saved = query.as_deref() == Some("saved");
    emulator.with(
        |state, _| match (state.templates.find(&id), Settings::parse(&part)) {
            (Some(template), Some(part)) => {
                templates::settings(emulator.name(), template, part, saved).into_response()
            }
            _ => error_page(&DomainError::NotFound {
                what: "page of settings",
            }),
        },
    )
}

async fn save_settings(
    Shown(emulator): Shown,
    Path((id, part)): Path<(String, String)>,
    form: Bytes,
) -> Response {
    let saved = emulator.transact(|tx, _| {
        let (Some(template), Some(part)) = (tx.templates.find(&id), Settings::parse(&part)) else {
            return error_page(&DomainError::NotFound {
                what: "page of settings",
            });
        };
        let changed = match templates::apply(template, part, &form) {
            Ok(changed) => changed,
            Err(problem) => return problem_page(StatusCode::UNPROCESSABLE_ENTITY, problem),
        };
        tx.put_template(changed);
        Redirect::to(&format!("{}?saved", part.path(&id))).into_response()
    });
    saved.unwrap_or_else(|error| error_page(&DomainError::Write(error)))
}

async fn list_calls(
    Shown(emulator): Shown,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = api_logs::Query::parse(&query.unwrap_or_default());
    let now = emulator.with(|_, now| now);
    let mut calls = emulator.log().newest_first(now);
    // Every call has an ID of its own, so the newest one tells whether the log has grown.
    let newest = calls.first().map(|call| call.request_id.clone());
    let version = newest.unwrap_or_else(|| "none".to_owned());
    live_page(&headers, &version, || {
        calls.retain(|call| query.wants(call));
        let operations = emulator.operations();
        api_logs::list(emulator.name(), &calls, &query, operations, &version)
    })
}

async fn show_call(Shown(emulator): Shown, Path(id): Path<String>) -> Response {
    match emulator.log().find(&id) {
        Some(call) => {
            let url = &emulator.config().public_url;
            let api_key = environment::example_key(emulator.name());
            api_logs::show(emulator.name(), &call, url, &api_key).into_response()
        }
        None => error_page(&DomainError::NotFound {
            what: "call in the log",
        }),
    }
}

async fn show_clock(Shown(emulator): Shown) -> Markup {
    emulator.with(|state, _| clock::render(emulator.name(), &state.clock()))
}

async fn change_clock(Shown(emulator): Shown, form: Bytes) -> Response {
    let change = match clock::read(&form::Form::parse(&form)) {
        Ok(change) => change,
        Err(problem) => return unprocessable(&problem),
    };
    let changed = emulator.transact(|tx, _| {
        let clock = change.apply(tx.clock())?;
        tx.set_clock(clock);
        Ok::<_, String>(())
    });
    match changed {
        Ok(Ok(())) => Redirect::to("/dashboard/clock").into_response(),
        Ok(Err(problem)) => unprocessable(&problem),
        Err(error) => error_page(&DomainError::Write(error)),
    }
}

fn unprocessable(problem: &str) -> Response {
    problem_page(StatusCode::UNPROCESSABLE_ENTITY, &format!("{problem}."))
}

async fn list_faults(Shown(emulator): Shown) -> Markup {
    let faults = emulator.faults().describe();
    faults::render(emulator.name(), &faults, emulator.operations())
}

async fn add_fault(Shown(emulator): Shown, form: Bytes) -> Response {
    let request = faults::read(&form::Form::parse(&form));
    let seed = emulator.config().seed.unwrap_or_default();
    let added =
        request.and_then(|request| emulator.faults().add(&request, emulator.operations(), seed));
    match added {
        Ok(()) => Redirect::to("/dashboard/faults").into_response(),
        Err(problem) => unprocessable(&problem),
    }
}

async fn clear_faults(Shown(emulator): Shown) -> Redirect {
    emulator.faults().clear();
    Redirect::to("/dashboard/faults")
}

async fn edit_scenario(Shown(emulator): Shown) -> Markup {
    scenarios::editor(emulator.name())
}

/// Runs a scenario, and shows its report.
async fn run_scenario(Shown(emulator): Shown, form: Bytes) -> Response {
    let form = form::Form::parse(&form);
    // A browser sends the lines of a text area with carriage returns.
    let file = form
        .value("scenario")
        .unwrap_or_default()
        .replace("\r\n", "\n");
    let name = emulator.name();
    let scenario = match Scenario::parse(&file, emulator.operations()) {
        Ok(scenario) => scenario,
        Err(error) => {
            let page = scenarios::problem(name, &file, &error.to_string());
            return (StatusCode::UNPROCESSABLE_ENTITY, page).into_response();
        }
    };
    match scenario.run(&emulator) {
        Ok(report) => scenarios::report(name, &file, &report).into_response(),
        Err(error) => error_page(&DomainError::Write(error)),
    }
}

async fn list_controls(Shown(emulator): Shown) -> Markup {
    let description = control::description();
    controls::render(emulator.name(), &description, &emulator.config().public_url)
}

async fn list_operations(Shown(emulator): Shown) -> Markup {
    operations::list(emulator.name(), emulator.operations())
}

async fn show_environment(
    State(environments): State<Environments>,
    Shown(emulator): Shown,
) -> Markup {
    let config = emulator.config();
    let host = config
        .public_url
        .split_once("://")
        .map_or("", |(_, host)| host);
    let all = environments.all();
    let names: Vec<_> = all.iter().map(Emulator::name).collect();
    let page = environment::Page {
        environment: emulator.name(),
        names: &names,
        host,
        environment_id: &config.environment_id,
    };
    emulator.with(|state, _| environment::render(state, &page))
}

/// Shows an environment from now on, which is opened if it is new.
async fn choose_environment(State(environments): State<Environments>, form: Bytes) -> Response {
    let form = form::Form::parse(&form);
    match environments.by_text(form.value("environment").unwrap_or_default()) {
        Ok(emulator) => (
            [(header::SET_COOKIE, shown::remember(&emulator))],
            Redirect::to("/dashboard"),
        )
            .into_response(),
        Err(error) => problem_page(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error}.")),
    }
}

/// Removes an environment with everything in it.
async fn remove_environment(State(environments): State<Environments>, form: Bytes) -> Response {
    let form = form::Form::parse(&form);
    match environments.remove(form.value("environment").unwrap_or_default()) {
        Ok(()) => Redirect::to("/dashboard/environment").into_response(),
        Err(error) => problem_page(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error}.")),
    }
}

async fn reset(Shown(emulator): Shown) -> Response {
    match emulator.reset() {
        Ok(()) => Redirect::to("/dashboard").into_response(),
        Err(error) => error_page(&DomainError::Write(error)),
    }
}
