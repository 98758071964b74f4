//! Persona's error bodies.
//!
//! Docs: `errors`, and the shared responses of the API specification: a list of objects with a
//! title, often details, and for a 422 the place in the request. There is no code field; the
//! HTTP status is what clients go by.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::not_emulated::NotEmulated;
use crate::domain::DomainError;
use crate::wire::UnknownInclude;

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    title: Cow<'static, str>,
    details: Option<String>,
    pointer: Option<&'static str>,
}

impl ApiError {
    const fn new(status: StatusCode, title: &'static str) -> Self {
        Self {
            status,
            title: Cow::Borrowed(title),
            details: None,
            pointer: None,
        }
    }

    fn with_details(self, details: impl Into<String>) -> Self {
        Self {
            details: Some(details.into()),
            ..self
        }
    }

    /// 400: the request is malformed.
    pub(crate) fn bad_request(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad Request").with_details(details)
    }

    /// 401: there is no key.
    pub(super) fn unauthenticated() -> Self {
        let title = "Must be authenticated to access this endpoint";
        Self::new(StatusCode::UNAUTHORIZED, title)
    }

    /// 401: the key is not valid.
    pub(super) fn invalid_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Token is invalid")
    }

    /// 403.
    pub(super) fn forbidden(details: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden").with_details(details)
    }

    /// 404, for an object that is named in the path.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Record not found")
    }

    /// 404, for an object that is named in the body.
    pub(super) fn missing_record(path: &str) -> Self {
        Self::not_found().with_details(format!("{path} is not found"))
    }

    /// 404, for an object that is named in the body, of which the sandbox has only `known`.
    pub(super) fn missing_record_among<'a>(
        path: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<_> = known.collect();
        Self::not_found().with_details(format!(
            "{path} is not found; this sandbox has {}",
            known.join(", ")
        ))
    }

    /// For inquiries named in a list, where the specification has no 404.
    pub(super) fn unknown_inquiries() -> Self {
        Self::bad_request("meta.inquiry_ids must be IDs of inquiries")
    }

    /// 404, for a path that Persona does not have; a title of its own, so that it does not look
    /// like data that is missing.
    pub(super) fn unknown_path(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "No such endpoint")
            .with_details(format!("Persona's API has nothing at {path}"))
    }

    /// 501, for an operation that Persona has and the sandbox does not.
    pub(super) fn not_emulated(operation: &NotEmulated) -> Self {
        let NotEmulated { method, path, name } = operation;
        let error = Self {
            title: Cow::Owned(format!(
                "Not emulated by this sandbox: {name} ({method} {path})"
            )),
            ..Self::new(StatusCode::NOT_IMPLEMENTED, "")
        };
        error.with_details(
            "Start the sandbox with --openapi and your copy of Persona's OpenAPI file, and the example \
             of that file answers; GET /_sandbox/requests?unmatched=true lists such requests",
        )
    }

    /// 405.
    pub(super) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
    }

    /// 409.
    pub(super) fn conflict(details: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict").with_details(details)
    }

    /// 413.
    pub(super) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large").with_details(format!(
            "The request body must be at most {limit} bytes long"
        ))
    }

    /// 422, with the place in the request that is at fault.
    pub(super) fn invalid_record(details: impl Into<String>, pointer: &'static str) -> Self {
        let error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Record invalid");
        Self {
            pointer: Some(pointer),
            ..error.with_details(details)
        }
    }

    /// 422.
    pub(super) fn unprocessable(details: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable entity").with_details(details)
    }

    /// 429, for too many requests.
    pub(super) fn rate_limited(limit: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded").with_details(format!(
            "You have hit your rate limit of {limit} requests / min."
        ))
    }

    /// 429, for too many objects of a kind.
    pub(super) fn quota_exceeded(quota: &str, limit: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Quota exceeded").with_details(format!(
            "You have hit your {quota} quota limit of {limit} requests."
        ))
    }

    /// 500.
    pub(super) fn internal(details: impl Into<String>) -> Self {
        Self::from_status(StatusCode::INTERNAL_SERVER_ERROR).with_details(details)
    }

    /// An answer with any status, for faults on demand.
    pub(super) fn from_status(status: StatusCode) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self::new(status, title)
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        let mut error = json!({ "title": self.title });
        if let Some(details) = &self.details {
            error["details"] = json!(details);
        }
        if let Some(pointer) = self.pointer {
            error["source"] = json!({ "pointer": pointer });
        }
        json!({ "errors": [error] })
    }
}

impl From<DomainError> for ApiError {
    fn from(refusal: DomainError) -> Self {
        let details = refusal.to_string();
        match refusal {
            DomainError::NotFound { what } if what.contains('.') => {
                Self::not_found().with_details(details)
            }
            DomainError::NotFound { .. } => Self::not_found(),
            DomainError::AlreadyRedacted
            | DomainError::Locked
            | DomainError::CaseRedacted
            | DomainError::ReportRedacted
            | DomainError::Monitoring(_)
            | DomainError::WrongStatus { .. }
            | DomainError::SessionExpired => Self::conflict(details),
            DomainError::ReferenceTaken => {
                Self::new(StatusCode::CONFLICT, "Record not unique").with_details(details)
            }
            // Which status Persona answers to these with is not documented.
            DomainError::Consolidated
            | DomainError::Consolidation
            | DomainError::CaseStatus
            | DomainError::Match(_) => Self::unprocessable(details),
            DomainError::SessionLimit { .. } | DomainError::InactiveTemplate => {
                Self::unprocessable(details)
            }
            DomainError::Field { .. } => Self::invalid_record(details, "/data/attributes/fields"),
            DomainError::Write(_) => {
                tracing::error!(error = %refusal, "the sandbox could not keep a change");
                Self::internal(details)
            }
        }
    }
}

impl From<UnknownInclude> for ApiError {
    fn from(UnknownInclude(path): UnknownInclude) -> Self {
        Self::bad_request(format!("include has an unknown path: {path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::model::Status;

    #[test]
    fn each_refusal_has_its_status() {
        let table = [
            (DomainError::NotFound { what: "inquiry" }, 404),
            (DomainError::AlreadyRedacted, 409),
            (DomainError::Locked, 409),
            (DomainError::ReferenceTaken, 409),
            (DomainError::Consolidated, 422),
            (DomainError::ReportRedacted, 409),
            (DomainError::Monitoring("paused"), 409),
            (DomainError::Match("none"), 422),
            (
                DomainError::WrongStatus {
                    verb: "resumed",
                    status: Status::Approved,
                },
                409,
            ),
            (DomainError::SessionLimit { limit: 25 }, 422),
            (DomainError::SessionExpired, 409),
            (DomainError::InactiveTemplate, 422),
            (
                DomainError::Field {
                    key: "birthdate".to_owned(),
                    reason: "is odd",
                },
                422,
            ),
            (
                DomainError::Write(std::io::Error::other("disk full").into()),
                500,
            ),
        ];
        for (refusal, status) in table {
            assert_eq!(ApiError::from(refusal).status.as_u16(), status);
        }
    }

    #[test]
    fn only_a_record_error_points_into_the_request() {
        let error = ApiError::invalid_record("no", "/data/attributes/fields").body();
        assert_eq!(
            error["errors"][0]["source"]["pointer"],
            "/data/attributes/fields"
        );
        assert_eq!(
            ApiError::not_found().body(),
            json!({"errors":[{"title":"Record not found"}]})
        );
    }
}
