//! `/_sandbox/clock`: the sandbox clock.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::ControlError;
use super::body::Body;
use crate::core::ClockChange;
use crate::runtime::Emulator;

/// Shows the clock.
pub(super) async fn show(State(emulator): State<Emulator>) -> Json<Value> {
    let clock = emulator.with(|state, _| state.clock());
    Json(json!({ "now": clock.now(), "speed": clock.speed() }))
}

/// Changes the clock. Changes that become due by it are applied before the response.
pub(super) async fn change(
    State(emulator): State<Emulator>,
    Body(change): Body<ClockChange>,
) -> Result<Json<Value>, ControlError> {
    emulator.try_transact(|tx, _| {
        tx.set_clock(change.apply(tx.clock()).map_err(ControlError::Invalid)?);
        Ok::<_, ControlError>(())
    })?;
    Ok(show(State(emulator)).await)
}
