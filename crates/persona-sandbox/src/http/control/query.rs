//! The query of a control. A parameter without a value counts as absent, and `environment` is read
//! by [`InEnvironment`](crate::http::transport::environment::InEnvironment).

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::ControlError;
use crate::http::transport::environment::ENVIRONMENT_PARAMETER;

/// The query parameters of a control.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ControlError> {
        let given = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(
                given.filter(|(name, value)| !value.is_empty() && name != ENVIRONMENT_PARAMETER),
            )
            .finish();
        let uri = Uri::try_from(format!("/?{query}"))
            .map_err(|error| ControlError::Invalid(error.to_string()))?;
        axum::extract::Query::try_from_uri(&uri)
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|rejection| ControlError::Invalid(rejection.body_text()))
    }
}
