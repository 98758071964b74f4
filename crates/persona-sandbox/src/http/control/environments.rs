//! `/_sandbox/environments`: the environments of the sandbox.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ControlError;
use crate::http::transport::environment::named_in;
use crate::runtime::{Emulator, Environments};

#[derive(Serialize)]
struct EnvironmentSummary {
    id: String,
    name: String,
    is_default: bool,
    inquiries: usize,
    webhooks: usize,
    now: String,
}

impl EnvironmentSummary {
    fn new(emulator: &Emulator, is_default: bool) -> Self {
        emulator.with(|state, now| Self {
            id: emulator.config().environment_id.clone(),
            name: emulator.name().to_owned(),
            is_default,
            inquiries: state.inquiries.len(),
            webhooks: state.webhooks.len(),
            now: now.to_string(),
        })
    }
}

/// Lists the environments: the default one first, the others by name.
pub(super) async fn list(State(environments): State<Environments>) -> Json<Value> {
    let all = environments.all();
    let summaries = all.iter().enumerate();
    let data: Vec<_> = summaries
        .map(|(place, emulator)| EnvironmentSummary::new(emulator, place == 0))
        .collect();
    Json(json!({ "data": data }))
}

/// The environment that is meant; not needed if the query names it.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: Option<String>,
}

fn name_of(query: Option<&str>, body: &Bytes) -> Result<Option<String>, ControlError> {
    let in_query = named_in(query.unwrap_or_default());
    if in_query.is_some() || body.is_empty() {
        return Ok(in_query);
    }
    let named: Named = super::body::parse(body)?;
    Ok(named.name)
}

/// Opens an environment, unless it is open.
pub(super) async fn open(
    State(environments): State<Environments>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let Some(name) = name_of(query.as_deref(), &body)? else {
        let message = "an environment needs a name: {\"name\":\"test-1\"}".to_owned();
        return Err(ControlError::Invalid(message));
    };
    let emulator = environments.by_text(&name)?;
    let is_default = environments.is_default(&name);
    let data = json!(EnvironmentSummary::new(&emulator, is_default));
    Ok((StatusCode::CREATED, Json(json!({ "data": data }))))
}

/// Removes an environment with everything in it, or all but the default one if none is named.
pub(super) async fn remove(
    State(environments): State<Environments>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<StatusCode, ControlError> {
    match name_of(query.as_deref(), &body)? {
        Some(name) => environments.remove(&name)?,
        None => environments.remove_all(),
    }
    Ok(StatusCode::NO_CONTENT)
}
