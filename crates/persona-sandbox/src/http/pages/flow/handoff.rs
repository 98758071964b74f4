//! What has become of a hand-over to another device, for the page of the device that began it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::environment;
use crate::runtime::Environments;

/// `{"started", "over"}`, for the script; 409 for a browser that the flow does not know.
pub(super) async fn status(State(environments): State<Environments>, body: Bytes) -> Response {
    let (parameters, emulator) = environment::read(&body, &environments);
    let token = parameters.session_token.unwrap_or_default();
    let session_id = parameters.handoff_session.unwrap_or_default();
    let status = emulator.with(|state, now| state.handoff_status(&token, &session_id, now));
    match status {
        Ok(status) => {
            Json(json!({ "started": status.is_started, "over": status.is_over })).into_response()
        }
        Err(error) => (
            StatusCode::CONFLICT,
            Json(json!({ "error": error.to_string() })),
        )
            .into_response(),
    }
}
