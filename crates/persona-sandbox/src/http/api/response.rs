//! Responses: the result of an operation, and the HTTP response.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::error::ApiError;
use crate::core::Config;
use crate::runtime::Reading;

/// The result of an operation.
#[derive(Debug)]
pub(super) struct OperationResult {
    pub(super) status: StatusCode,
    pub(super) payload: Payload,
}

/// The body of a response.
#[derive(Debug)]
pub(super) enum Payload {
    /// A document in kebab-case.
    Json(Value),
    /// A document as it leaves.
    SerializedJson(Vec<u8>),
    /// A printed inquiry.
    Pdf(Vec<u8>),
}

impl OperationResult {
    /// 200 with a document.
    pub(super) fn ok(document: Value) -> Self {
        Self {
            status: StatusCode::OK,
            payload: Payload::Json(document),
        }
    }

    /// 200 with a printed inquiry.
    pub(super) fn pdf(pages: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            payload: Payload::Pdf(pages),
        }
    }

    /// A status that is no error, with nothing in its document, or without one where the status
    /// allows none.
    pub(super) fn empty(status: StatusCode) -> Self {
        let has_body = !matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
        );
        Self {
            status,
            payload: Payload::SerializedJson(if has_body { b"{}".to_vec() } else { Vec::new() }),
        }
    }

    /// 201 with a document.
    pub(super) fn created(document: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            payload: Payload::Json(document),
        }
    }
}

/// An answer ready to leave.
#[derive(Debug)]
pub(super) struct ApiResponse {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
    pub(super) request_id: Option<String>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether it is an answer from before, given again.
    pub(super) replayed: bool,
}

const JSON: &str = "application/json; charset=utf-8";

impl ApiResponse {
    /// A JSON answer that is written already.
    pub(super) fn text(status: StatusCode, text: Vec<u8>) -> Self {
        Self::raw(status, JSON, Bytes::from(text))
    }

    /// A JSON answer.
    pub(super) fn json(status: StatusCode, document: &Value) -> Self {
        Self::raw(status, JSON, Bytes::from(document.to_string()))
    }

    /// An answer with any body.
    pub(super) fn raw(status: StatusCode, content_type: &'static str, body: Bytes) -> Self {
        Self {
            status,
            content_type,
            body,
            request_id: None,
            headers: Vec::new(),
            replayed: false,
        }
    }

    /// An error's answer.
    pub(super) fn from_error(error: &ApiError) -> Self {
        Self::json(error.status, &error.body())
    }

    /// The first answer of an idempotency key. A replay makes no new log entry (docs:
    /// `idempotence`), so it carries the first one's ID.
    pub(super) fn replayed(status: u16, body: Bytes, request_id: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            request_id: Some(request_id),
            replayed: true,
            ..Self::raw(status, JSON, body)
        }
    }

    /// Adds a header.
    pub(super) fn header(&mut self, name: &'static str, value: impl Into<HeaderValue>) {
        self.headers
            .push((HeaderName::from_static(name), value.into()));
    }

    /// Adds a header whose value is text.
    pub(super) fn text_header(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.header(name, value);
        }
    }

    /// Adds the headers of a rate limit.
    pub(super) fn rate_limit(&mut self, reading: Reading) {
        self.header("ratelimit-limit", reading.limit);
        self.header("ratelimit-remaining", reading.remaining);
        self.header("ratelimit-reset", reading.reset_seconds);
    }

    /// Adds the headers that say whose answer it is.
    pub(super) fn environment(&mut self, config: &Config) {
        self.text_header("persona-environment-id", &config.environment_id);
        self.text_header("persona-organization-id", &config.organization_id);
    }

    /// Adds the headers of a quota (docs: `rate-limiting`).
    pub(super) fn quota(&mut self, reading: Reading) {
        self.header("quota-limit", reading.limit);
        self.header("quota-remaining", reading.remaining);
        self.header("quota-reset", reading.reset_seconds);
    }
}

impl IntoResponse for ApiResponse {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(self.content_type),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        if let Some(id) = self
            .request_id
            .and_then(|id| HeaderValue::try_from(id).ok())
        {
            headers.insert("request-id", id);
        }
        response
    }
}
