//! `GET /_sandbox/health`: for health checks.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::runtime::Environments;

/// Answers as soon as the state of the default environment can be read.
pub(super) async fn show(State(environments): State<Environments>) -> Json<Value> {
    environments.default_environment().with(|_, _| ());
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}
