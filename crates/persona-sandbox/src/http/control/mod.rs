//! The sandbox's own controls under `/_sandbox/`: not Persona's, so never at Persona's paths.
//!
//! Which there are says [`registry`], and `GET /_sandbox/openapi.json` with their parameters and
//! bodies.
//!
//! Most are about one environment: `?environment=<name>`, which is opened if it is new, or the default
//! one. A wrong request is answered with 400 and `{"error":"…"}`. Requests from web pages of other
//! origins, or by another name of this machine, are refused: see [`crate::http::transport::guard`].

mod body;
mod ca;
mod clock;
mod environments;
mod finish;
mod health;
mod openapi;
mod query;
mod registry;
mod requests;
mod state;
mod templates;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::rejection::StringRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::openapi::description;

use self::body::Body;
use self::query::Query;
use self::registry::CONTROLS;
use crate::core::Config;
use crate::core::api_key::{KeySettings, check_permission};
use crate::core::model::{Inquiry, ReportSettings};
use crate::domain::{DomainError, FlowSettings, WebhookError};
use crate::http::transport::environment::{InEnvironment, Unusable};
use crate::runtime::faults::FaultRequest;
use crate::runtime::{EnvironmentError, Environments, Limits};
use crate::scenario::{Report, Scenario};
use crate::store::WriteError;
use crate::wire::{self, InquiryResource, Version};

/// The routes of the controls; `ca` is the certificate (PEM) of the TLS port's authority.
pub(crate) fn router(config: &Arc<Config>, ca: Option<&str>) -> Router<Environments> {
    let mut router = Router::new().route("/_sandbox/ca.pem", ca::show(ca));
    for control in CONTROLS {
        if let Some(route) = control.route {
            router = router.route(control.path, route());
        }
    }
    router
        .layer(middleware::from_fn_with_state(
            Arc::clone(config),
            crate::http::transport::guard::check,
        ))
        // Outside the guard: health checks use host names that nobody configures.
        .route("/_sandbox/health", get(health::show))
}

/// The error of a control.
enum ControlError {
    /// The request is wrong; the text says why.
    Invalid(String),
    /// There is no such inquiry, or its status does not allow it.
    Refused(DomainError),
    /// The flow of the inquiry does not open or continue.
    Conflict(String),
    /// There is no such webhook or delivery, or it cannot be sent now.
    Webhook(WebhookError),
    /// The environment cannot be used.
    Environment(EnvironmentError),
    /// The state could not be written.
    Write(WriteError),
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Webhook(error @ WebhookError::NotFound { .. }) => {
                (StatusCode::NOT_FOUND, error.to_string())
            }
            Self::Webhook(error @ (WebhookError::Archived | WebhookError::NotEnabled)) => {
                (StatusCode::CONFLICT, error.to_string())
            }
            Self::Refused(error @ DomainError::NotFound { .. }) => {
                (StatusCode::NOT_FOUND, error.to_string())
            }
            Self::Refused(error @ DomainError::Field { .. }) => {
                (StatusCode::BAD_REQUEST, error.to_string())
            }
            Self::Refused(DomainError::Write(error)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
            Self::Refused(error) => (StatusCode::CONFLICT, error.to_string()),
            Self::Conflict(message) => (StatusCode::CONFLICT, message),
            Self::Invalid(message) => (StatusCode::BAD_REQUEST, message),
            Self::Environment(error) => return Unusable(error).into_response(),
            Self::Webhook(WebhookError::Write(error)) | Self::Write(error) => {
                (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
        };
        (status, Json(json!({ "error": message }))).into_response()
    }
}

impl From<WebhookError> for ControlError {
    fn from(error: WebhookError) -> Self {
        Self::Webhook(error)
    }
}

impl From<EnvironmentError> for ControlError {
    fn from(error: EnvironmentError) -> Self {
        Self::Environment(error)
    }
}

impl From<StringRejection> for ControlError {
    fn from(rejection: StringRejection) -> Self {
        Self::Invalid(rejection.body_text())
    }
}

impl From<WriteError> for ControlError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

async fn reset(InEnvironment(emulator): InEnvironment) -> Result<StatusCode, ControlError> {
    emulator.reset()?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InquiryQuery {
    #[serde(rename = "reference-id", alias = "reference_id")]
    reference_id: Option<String>,
}

async fn inquiries(
    InEnvironment(emulator): InEnvironment,
    Query(query): Query<InquiryQuery>,
) -> Result<impl IntoResponse, ControlError> {
    #[derive(Serialize)]
    struct List<'a> {
        data: Vec<InquiryResource<'a>>,
    }
    let text = emulator.with(|state, _| {
        let show = |(_, inquiry)| {
            let inquiry: &Arc<Inquiry> = inquiry;
            wire::inquiry(state, inquiry, Version::default())
        };
        let data = match &query.reference_id {
            Some(reference_id) => state.inquiries.in_group(reference_id).map(show).collect(),
            None => state.inquiries.newest_first().map(show).collect(),
        };
        serde_json::to_string(&List { data }).expect("resources always serialise")
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}

async fn calls(InEnvironment(emulator): InEnvironment) -> Json<BTreeMap<&'static str, u64>> {
    Json(emulator.operations().calls().collect())
}

async fn operations(InEnvironment(emulator): InEnvironment) -> Json<Value> {
    let all: Vec<_> = emulator.operations().all().collect();
    Json(json!({ "data": all }))
}

async fn faults(InEnvironment(emulator): InEnvironment) -> Json<Value> {
    Json(json!({ "data": emulator.faults().describe() }))
}

async fn add_fault(
    InEnvironment(emulator): InEnvironment,
    Body(request): Body<FaultRequest>,
) -> Result<Json<Value>, ControlError> {
    let default_seed = emulator.config().seed.unwrap_or_default();
    emulator
        .faults()
        .add(&request, emulator.operations(), default_seed)
        .map_err(ControlError::Invalid)?;
    Ok(faults(InEnvironment(emulator)).await)
}

async fn clear_faults(InEnvironment(emulator): InEnvironment) -> Json<Value> {
    emulator.faults().clear();
    faults(InEnvironment(emulator)).await
}

/// Settings that can be changed while the sandbox runs.
#[derive(Serialize, JsonSchema)]
struct Settings {
    limits: Limits,
    templates_readable: bool,
    denied_permissions: BTreeSet<String>,
    reports: ReportSettings,
    templates: Vec<TemplateSettings>,
}

/// The settings of a template.
#[derive(Serialize, JsonSchema)]
struct TemplateSettings {
    id: String,
    decide_after_ms: u64,
    approve_completed: bool,
    decline_failed: bool,
    pass_verifications: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SettingsChange {
    limits: Option<Limits>,
    templates_readable: Option<bool>,
    /// The permissions that keys do not have.
    denied_permissions: Option<BTreeSet<String>>,
    /// What reports find, and which report templates monitor.
    reports: Option<ReportSettings>,
    /// The template that the settings below are for; by default every template.
    template_id: Option<String>,
    /// The delay from the end of a flow to the decision of a workflow.
    decide_after_ms: Option<u64>,
    /// Whether a workflow approves completed inquiries.
    approve_completed: Option<bool>,
    /// Whether a workflow declines failed inquiries.
    decline_failed: Option<bool>,
    /// The position of "Pass verifications" at first.
    pass_verifications: Option<bool>,
}

async fn settings(InEnvironment(emulator): InEnvironment) -> Json<Settings> {
    Json(Settings {
        limits: emulator.meter().limits(),
        templates_readable: emulator.templates_are_readable(),
        denied_permissions: emulator.key_settings().denied_permissions.clone(),
        reports: emulator.with(|state, _| ReportSettings::clone(state.report_settings())),
        templates: emulator.with(|state, _| {
            let templates = state.templates.oldest_first();
            templates
                .map(|template| TemplateSettings {
                    id: template.id.clone(),
                    decide_after_ms: template.decide_after_ms,
                    approve_completed: template.approve_completed,
                    decline_failed: template.decline_failed,
                    pass_verifications: template.pass_verifications,
                })
                .collect()
        }),
    })
}

async fn change_settings(
    InEnvironment(emulator): InEnvironment,
    Body(change): Body<SettingsChange>,
) -> Result<Json<Settings>, ControlError> {
    for name in change.denied_permissions.iter().flatten() {
        check_permission(name).map_err(ControlError::Invalid)?;
    }
    if let Some(limits) = change.limits {
        limits.check().map_err(ControlError::Invalid)?;
    }
    let settings_of_flow = FlowSettings {
        decide_after_ms: change.decide_after_ms,
        approve_completed: change.approve_completed,
        decline_failed: change.decline_failed,
        pass_verifications: change.pass_verifications,
    };
    emulator.try_transact(|tx, _| {
        if let Some(settings) = &change.reports {
            tx.change_report_settings(settings);
        }
        tx.change_flow_settings(change.template_id.as_deref(), settings_of_flow)
            .map_err(ControlError::Refused)
    })?;
    if let Some(limits) = change.limits {
        emulator.meter().set(limits);
    }
    if let Some(denied_permissions) = change.denied_permissions {
        emulator.set_key_settings(KeySettings {
            denied_permissions,
            ..KeySettings::clone(&emulator.key_settings())
        });
    }
    if let Some(readable) = change.templates_readable {
        emulator.set_templates_readable(readable);
    }
    Ok(settings(InEnvironment(emulator)).await)
}

/// Answers with the report, also of a scenario that failed.
async fn run_scenario(
    InEnvironment(emulator): InEnvironment,
    file: Result<String, StringRejection>,
) -> Result<Json<Report>, ControlError> {
    let scenario = Scenario::parse(&file?, emulator.operations())
        .map_err(|error| ControlError::Invalid(error.to_string()))?;
    Ok(Json(scenario.run(&emulator)?))
}
