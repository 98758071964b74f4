//! `/_sandbox/clock`: the sandbox clock.

use axum::Json;
use serde_json::{Value, json};

use super::ControlError;
use super::body::Body;
use crate::core::ClockChange;
use crate::http::transport::environment::InEnvironment;

/// Shows the clock.
pub(super) async fn show(InEnvironment(emulator): InEnvironment) -> Json<Value> {
    let clock = emulator.with(|state, _| state.clock());
    Json(json!({ "now": clock.now(), "speed": clock.speed() }))
}

/// Changes the clock. Changes that become due by it are applied before the response.
pub(super) async fn change(
    InEnvironment(emulator): InEnvironment,
    Body(change): Body<ClockChange>,
) -> Result<Json<Value>, ControlError> {
    emulator.try_transact(|tx, _| {
        tx.set_clock(change.apply(tx.clock()).map_err(ControlError::Invalid)?);
        Ok::<_, ControlError>(())
    })?;
    Ok(show(InEnvironment(emulator)).await)
}
