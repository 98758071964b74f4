//! Webhooks in the dashboard, with their deliveries.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};

use super::form::Form;
use super::shown::Shown;
use super::{delivery, live_page, problem_page, webhook, webhook_list, webhook_settings};
use crate::core::model::{AttemptResult, DeliveryStatus, Webhook, WebhookStatus};
use crate::domain::WebhookError;
use crate::runtime::Environments;

/// The routes of these pages.
pub(super) fn router() -> Router<Environments> {
    Router::new()
        .route("/dashboard/webhooks", get(show_list).post(create))
        .route("/dashboard/webhooks/{id}", get(show_webhook))
        .route("/dashboard/webhooks/{id}/secrets", post(reveal_secrets))
        .route("/dashboard/webhooks/{id}/settings", post(save_settings))
        .route(
            "/dashboard/webhooks/{id}/rotate-secret",
            post(rotate_secret),
        )
        .route("/dashboard/webhooks/{id}/{status}", post(set_status))
        .route(
            "/dashboard/webhooks/{id}/deliveries/{number}",
            get(show_delivery),
        )
        .route(
            "/dashboard/webhooks/{id}/deliveries/{number}/resend",
            post(resend),
        )
}

pub(super) fn webhook_path(webhook: &Webhook) -> String {
    format!("/dashboard/webhooks/{}", webhook.id)
}

pub(super) fn status_badge(status: WebhookStatus) -> Markup {
    html! { span .badge data-status=(status.as_str()) { (status.as_str()) } }
}

pub(super) fn delivery_badge(status: DeliveryStatus) -> Markup {
    html! { span .badge data-status=(status.as_str()) { (status.as_str()) } }
}

/// The result of an attempt as text.
pub(super) fn result_text(result: AttemptResult) -> String {
    match result {
        AttemptResult::Status(status) => status.to_string(),
        AttemptResult::TimedOut => "no answer within 5 seconds".to_owned(),
        AttemptResult::Unreachable => "nobody there".to_owned(),
        AttemptResult::NoAnswer => "no answer".to_owned(),
    }
}

fn error_page(error: &WebhookError) -> Response {
    match error {
        WebhookError::NotFound { what } => {
            let problem = format!("There is no such {what}. It may have gone with a reset.");
            problem_page(StatusCode::NOT_FOUND, &problem)
        }
        WebhookError::Archived => problem_page(StatusCode::CONFLICT, "The webhook is archived."),
        WebhookError::NotEnabled => problem_page(
            StatusCode::CONFLICT,
            "The webhook is not enabled. Enable it, then resend.",
        ),
        WebhookError::Write(_) => {
            let problem = "The sandbox could not write its state file. Nothing was changed.";
            problem_page(StatusCode::INTERNAL_SERVER_ERROR, problem)
        }
    }
}

async fn show_list(Shown(emulator): Shown) -> Markup {
    emulator.with(|state, _| webhook_list::render(emulator.name(), state))
}

async fn create(Shown(emulator): Shown, form: Bytes) -> Response {
    let update = match webhook_settings::read_new(&Form::parse(&form)) {
        Ok(update) => update,
        Err(problem) => return problem_page(StatusCode::UNPROCESSABLE_ENTITY, problem),
    };
    let version = crate::wire::Version::default();
    let created = emulator.try_transact(|tx, now| {
        let webhook = tx.create_webhook(update, version.as_str(), now);
        // Webhooks that are created here are enabled, because people expect them to send.
        tx.set_webhook_status(&webhook.id, WebhookStatus::Enabled)
    });
    match created {
        Ok(webhook) => Redirect::to(&webhook_path(&webhook)).into_response(),
        Err(error) => error_page(&error),
    }
}

/// The query `page=2`.
fn page_number(query: Option<&str>) -> usize {
    query
        .and_then(|query| query.strip_prefix("page="))
        .and_then(|page| page.parse().ok())
        .map_or(1, |page: usize| page.max(1))
}

async fn show_webhook(
    Shown(emulator): Shown,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let note = match query.as_deref() {
        Some("saved") => Some("Saved."),
        Some("rotated") => Some("The secret is rotated: give the new one to the receiver."),
        _ => None,
    };
    let page = page_number(query.as_deref());
    emulator.with(|state, now| match state.webhook(&id) {
        Ok(webhook) => {
            let version = emulator.page_version(state);
            live_page(&headers, &version, || {
                let view = webhook::View {
                    now,
                    note,
                    page,
                    version: &version,
                    secrets_are_shown: false,
                };
                webhook::render(emulator.name(), state, &webhook, &view)
            })
        }
        Err(error) => error_page(&error),
    })
}

/// Shows the page with its secrets: by a form, so that no link or history leads to them.
async fn reveal_secrets(Shown(emulator): Shown, Path(id): Path<String>) -> Response {
    emulator.with(|state, now| match state.webhook(&id) {
        Ok(webhook) => {
            let view = webhook::View {
                now,
                note: None,
                page: 1,
                version: "",
                secrets_are_shown: true,
            };
            webhook::render(emulator.name(), state, &webhook, &view).into_response()
        }
        Err(error) => error_page(&error),
    })
}

async fn save_settings(Shown(emulator): Shown, Path(id): Path<String>, form: Bytes) -> Response {
    let saved = emulator.transact(|tx, _| {
        let webhook = match tx.webhook(&id) {
            Ok(webhook) => webhook,
            Err(error) => return error_page(&error),
        };
        let update = match webhook_settings::read(&webhook, &Form::parse(&form)) {
            Ok(update) => update,
            Err(problem) => return problem_page(StatusCode::UNPROCESSABLE_ENTITY, problem),
        };
        match tx.update_webhook(&id, update) {
            Ok(webhook) => {
                Redirect::to(&format!("{}?saved", webhook_path(&webhook))).into_response()
            }
            Err(error) => error_page(&error),
        }
    });
    saved.unwrap_or_else(|error| error_page(&error.into()))
}

async fn rotate_secret(Shown(emulator): Shown, Path(id): Path<String>, form: Bytes) -> Response {
    let Some(overlap) = Form::parse(&form).number("overlap", 0) else {
        let problem = "How long the present secret stays valid must be a whole number of seconds.";
        return problem_page(StatusCode::UNPROCESSABLE_ENTITY, problem);
    };
    match emulator.try_transact(|tx, now| tx.rotate_webhook_secret(&id, overlap, now)) {
        Ok(webhook) => Redirect::to(&format!("{}?rotated", webhook_path(&webhook))).into_response(),
        Err(error) => error_page(&error),
    }
}

async fn set_status(
    Shown(emulator): Shown,
    Path((id, action)): Path<(String, String)>,
) -> Response {
    let status = match action.as_str() {
        "enable" => WebhookStatus::Enabled,
        "disable" => WebhookStatus::Disabled,
        "archive" => WebhookStatus::Archived,
        _ => return problem_page(StatusCode::NOT_FOUND, "There is no such action."),
    };
    match emulator.try_transact(|tx, _| tx.set_webhook_status(&id, status)) {
        Ok(webhook) => Redirect::to(&webhook_path(&webhook)).into_response(),
        Err(error) => error_page(&error),
    }
}

async fn show_delivery(
    Shown(emulator): Shown,
    Path((id, number)): Path<(String, u64)>,
    headers: HeaderMap,
) -> Response {
    emulator.with(|state, _| {
        let (Ok(webhook), Ok(delivery)) = (state.webhook(&id), state.delivery(number)) else {
            return error_page(&WebhookError::NotFound { what: "delivery" });
        };
        if delivery.webhook_id != id {
            return error_page(&WebhookError::NotFound { what: "delivery" });
        }
        let version = emulator.page_version(state);
        live_page(&headers, &version, || {
            let attempts = emulator.attempts().for_delivery(number, &delivery.event_id);
            delivery::render(
                emulator.name(),
                state,
                &webhook,
                &delivery,
                &attempts,
                &version,
            )
        })
    })
}

async fn resend(Shown(emulator): Shown, Path((id, number)): Path<(String, u64)>) -> Response {
    match emulator.try_transact(|tx, now| tx.resend(number, now)) {
        Ok(_) => {
            Redirect::to(&format!("/dashboard/webhooks/{id}/deliveries/{number}")).into_response()
        }
        Err(error) => error_page(&error),
    }
}
