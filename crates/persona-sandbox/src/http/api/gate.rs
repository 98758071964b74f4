//! Checks before an operation: the key with its environment, the version, the inflection.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::error::ApiError;
use super::operation::Operation;
use crate::core::KEY_PREFIX;
use crate::core::api_key::KeySettings;
use crate::core::inflection::Inflection;
use crate::runtime::{Emulator, EnvironmentError, Environments};
use crate::wire::Version;

/// The environment of the API key, and the key's settings if it may be used. The environment is the
/// default one if it may not.
pub(super) fn check_key(
    environments: &Environments,
    headers: &HeaderMap,
) -> (Emulator, Result<Arc<KeySettings>, ApiError>) {
    let found = sandbox_key(headers).and_then(|key| {
        let emulator = environments.by_key(key).map_err(|error| match error {
            EnvironmentError::Open(_) => ApiError::internal(error.to_string()),
            _ => ApiError::forbidden(error.to_string()),
        })?;
        // What Persona answers to an expired key is not documented.
        let settings = emulator.settings_of_key(key);
        Ok((emulator, settings.ok_or_else(ApiError::invalid_token)))
    });
    match found {
        Ok((emulator, settings)) => (emulator, settings),
        Err(error) => (environments.default_environment().clone(), Err(error)),
    }
}

/// The API key. Any that begins like one of Persona's sandbox keys works; a production key is
/// refused, so that nobody takes this for production.
fn sandbox_key(headers: &HeaderMap) -> Result<&str, ApiError> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Err(ApiError::unauthenticated());
    };
    let Some((scheme, key)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
        return Err(ApiError::unauthenticated());
    };
    let key = key.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || key.is_empty() {
        Err(ApiError::unauthenticated())
    } else if key.starts_with("persona_production") {
        Err(ApiError::forbidden(
            "This is a sandbox and takes no production keys; use one that begins persona_sandbox",
        ))
    } else if key.starts_with(KEY_PREFIX) {
        Ok(key)
    } else {
        Err(ApiError::invalid_token())
    }
}

/// Whether the key may call this operation.
pub(super) fn check_permission(key: &KeySettings, operation: &Operation) -> Result<(), ApiError> {
    let is_denied = |permission: &str| key.denied_permissions.contains(permission);
    match operation.permission() {
        Some(permission) if is_denied(&permission) => Err(ApiError::forbidden(format!(
            "API key does not have the permission {permission}"
        ))),
        _ => Ok(()),
    }
}

/// The version that the request wants, or else the key's.
pub(super) fn version(headers: &HeaderMap, key: &KeySettings) -> Result<Version, ApiError> {
    let Some(value) = headers.get("persona-version") else {
        let of_key = key.api_version.as_deref().and_then(Version::parse);
        return Ok(of_key.unwrap_or_default());
    };
    value.to_str().ok().and_then(Version::parse).ok_or_else(|| {
        let known: Vec<_> = Version::known().collect();
        ApiError::bad_request(format!(
            "Persona-Version must be one of {}, or a later date",
            known.join(", ")
        ))
    })
}

/// The warning about a version that is served as another (RFC 7234, section 5.5: 299 is a
/// persistent warning of any kind).
pub(super) fn version_warning(headers: &HeaderMap) -> Option<String> {
    let wanted = headers.get("persona-version")?.to_str().ok()?;
    if !Version::is_unknown_later(wanted) {
        return None;
    }
    let served = Version::parse(wanted)?.as_str();
    Some(format!(
        "299 persona-sandbox \"Persona-Version {wanted} is not known here and served as {served}\""
    ))
}

/// The casing that the request wants, or else the key's.
pub(super) fn inflection(headers: &HeaderMap, key: &KeySettings) -> Result<Inflection, ApiError> {
    let Some(value) = headers.get("key-inflection") else {
        return Ok(key.inflection.unwrap_or_default());
    };
    value
        .to_str()
        .ok()
        .and_then(Inflection::parse)
        .ok_or_else(|| ApiError::bad_request("Key-Inflection must be one of: camel, kebab, snake"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_sandbox_keys_are_let_in() {
        let status = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            sandbox_key(&headers)
                .map(|_| ())
                .map_err(|error| error.status.as_u16())
        };
        assert_eq!(status("Bearer persona_sandbox_x"), Ok(()));
        assert_eq!(status("bearer persona_sandbox"), Ok(()));
        assert_eq!(status("Bearer persona_production_x"), Err(403));
        assert_eq!(status("Bearer something"), Err(401));
        assert_eq!(status("Basic persona_sandbox_x"), Err(401));
        assert_eq!(status("Bearer "), Err(401));
        assert_eq!(
            sandbox_key(&HeaderMap::new()).map_err(|e| e.status.as_u16()),
            Err(401)
        );
    }
}
