//! `GET /_sandbox/health`: for health checks.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::runtime::Emulator;

/// Answers as soon as the state can be read.
pub(super) async fn show(State(emulator): State<Emulator>) -> Json<Value> {
    emulator.with(|_, _| ());
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}
