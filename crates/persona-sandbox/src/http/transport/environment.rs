//! The environment that a control or a page of the dashboard is about: `?environment=<name>`.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::form_urlencoded;

use crate::runtime::{Emulator, EnvironmentError, Environments};

/// The query parameter that names the environment.
pub(crate) const ENVIRONMENT_PARAMETER: &str = "environment";

/// The environment that the query names, by its name or its ID: opened if it is new, the default
/// one if none is named.
pub(crate) struct InEnvironment(pub(crate) Emulator);

/// The environment that the query names cannot be used.
#[derive(Debug)]
pub(crate) struct Unusable(pub(crate) EnvironmentError);

impl FromRequestParts<Environments> for InEnvironment {
    type Rejection = Unusable;

    async fn from_request_parts(
        parts: &mut Parts,
        environments: &Environments,
    ) -> Result<Self, Unusable> {
        match named_in(parts.uri.query().unwrap_or_default()) {
            Some(name) => environments.by_text(&name).map(Self).map_err(Unusable),
            None => Ok(Self(environments.default_environment().clone())),
        }
    }
}

/// The environment that a query names; a parameter without a value counts as absent.
pub(crate) fn named_in(query: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, value)| name == ENVIRONMENT_PARAMETER && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}

impl IntoResponse for Unusable {
    fn into_response(self) -> Response {
        let status = match self.0 {
            EnvironmentError::InvalidName(_) => StatusCode::BAD_REQUEST,
            EnvironmentError::NotFound(_) => StatusCode::NOT_FOUND,
            EnvironmentError::TooMany | EnvironmentError::IsDefault => StatusCode::CONFLICT,
            EnvironmentError::Open(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({ "error": self.0.to_string() }))).into_response()
    }
}
