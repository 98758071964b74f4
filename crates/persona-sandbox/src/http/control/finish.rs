//! `POST /_sandbox/inquiries/{id}/finish`: any person, any outcome, without a browser.
//!
//! The body is a [`FinishRequest`]: `outcome`, `document`, `fields`, `failed_checks`, `abandon_at`,
//! all of them optional. The response is `{"data":…}` with the inquiry as the API shows it.

use axum::Json;
use axum::extract::Path;
use serde_json::{Value, json};

use super::ControlError;
use super::body::Body;
use crate::domain::{FinishError, FinishRequest};
use crate::http::transport::environment::InEnvironment;
use crate::wire::{self, Version};

impl From<FinishError> for ControlError {
    fn from(error: FinishError) -> Self {
        match error {
            FinishError::Invalid(message) => Self::Invalid(message),
            FinishError::Refused(refusal) => Self::Refused(refusal),
            FinishError::Flow(error) => Self::Conflict(error.to_string()),
        }
    }
}

/// Finishes an inquiry.
pub(super) async fn finish(
    InEnvironment(emulator): InEnvironment,
    Path(id): Path<String>,
    Body(request): Body<FinishRequest>,
) -> Result<Json<Value>, ControlError> {
    emulator.try_transact(|tx, now| {
        let inquiry = tx.finish_inquiry(&id, &request, now)?;
        let resource = wire::inquiry(tx, &inquiry, Version::default());
        Ok(Json(json!({ "data": resource })))
    })
}
