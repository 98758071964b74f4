//! The body of a control: JSON, whatever its type is said to be, so that a bare `curl -d` will do.
//! [`crate::http::transport::guard`] keeps pages of other origins away, which is what a type would be asked for.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::ControlError;

/// The JSON body of a control.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ControlError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ControlError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| ControlError::Invalid(rejection.body_text()))?;
        parse(&bytes).map(Self)
    }
}

/// Reads a body that was received.
pub(super) fn parse<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ControlError> {
    serde_json::from_slice(bytes).map_err(|error| {
        ControlError::Invalid(format!("the body is not the JSON expected: {error}"))
    })
}
