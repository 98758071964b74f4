//! `/_sandbox/templates`: the templates of an environment, and what else a setup brings into it.
//!
//! `POST` takes what `persona-sandbox.yaml` has, as YAML or JSON, or one template alone: templates,
//! accounts, webhooks, and the settings of reports and API keys, all or nothing. Templates and accounts that exist
//! are replaced.

use axum::Json;
use axum::extract::rejection::StringRejection;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::ControlError;
use crate::http::transport::environment::InEnvironment;
use crate::setup::Setup;
use crate::wire;

/// Lists the templates, oldest first, as the API shows them.
pub(super) async fn list(InEnvironment(emulator): InEnvironment) -> Json<Value> {
    let data: Vec<_> = emulator.with(|state, _| {
        let templates = state.templates.oldest_first();
        templates.map(|template| wire::template(template)).collect()
    });
    Json(json!({ "data": data }))
}

/// Adds the parts of a setup, and lists its templates.
pub(super) async fn add(
    InEnvironment(emulator): InEnvironment,
    text: Result<String, StringRejection>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let setup =
        Setup::parse_addition(&text?).map_err(|error| ControlError::Invalid(error.to_string()))?;
    let decide_after_ms = emulator.config().decide_after_ms();
    let templates = emulator.transact(|tx, now| {
        let templates = tx.apply_templates(&setup, decide_after_ms, now);
        tx.apply_accounts(&setup, now);
        if let Some(settings) = setup.report_settings() {
            tx.change_report_settings(settings);
        }
        tx.add_webhooks(&setup, now);
        templates
    })?;
    if let Some(settings) = setup.added_key_settings() {
        emulator.set_key_settings(settings);
    }
    let data: Vec<_> = templates
        .iter()
        .map(|template| wire::template(template))
        .collect();
    Ok((StatusCode::CREATED, Json(json!({ "data": data }))))
}
