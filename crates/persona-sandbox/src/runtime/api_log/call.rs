//! One call in the log.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, header};
use serde_json::Value;

use super::secrets::body_without_secrets;
use crate::core::clock::Moment;
use crate::core::model::Entity;
use crate::store::redactable_ids;

/// A body in the log.
#[derive(Clone, Debug)]
pub(crate) enum LoggedBody {
    /// As it was sent; may hold secrets.
    Raw(Bytes),
    /// With its secrets removed, as it is stored.
    Redacted(String),
}

impl LoggedBody {
    fn len(&self) -> usize {
        match self {
            Self::Raw(body) => body.len(),
            Self::Redacted(text) => text.len(),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Raw(body) => str::from_utf8(body).unwrap_or_default(),
            Self::Redacted(text) => text,
        }
    }

    /// Without secrets, as compact JSON.
    pub(super) fn without_secrets(&self) -> String {
        match self {
            Self::Raw(body) => body_without_secrets(body),
            Self::Redacted(text) => text.clone(),
        }
    }

    /// Without secrets; null if it is empty, a string if it is not JSON.
    fn document(&self) -> Value {
        let text = self.without_secrets();
        if text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// Without secrets, indented.
    fn indented(&self) -> String {
        let text = self.without_secrets();
        match serde_json::from_str::<Value>(&text) {
            Ok(document) => serde_json::to_string_pretty(&document).unwrap_or_default(),
            Err(_) => text,
        }
    }
}

const TWO_WEEKS_SECONDS: i64 = 14 * 24 * 60 * 60;

/// One call with its response.
#[derive(Clone, Debug)]
pub(crate) struct LoggedCall {
    /// `req_…`
    pub(crate) request_id: String,
    pub(crate) at: Moment,
    /// The short name, or Persona's operation ID if it is not emulated; empty for a path or method
    /// that Persona does not have.
    pub(crate) operation: Cow<'static, str>,
    /// Nothing is emulated at this method and path.
    pub(crate) unmatched: bool,
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) duration: Duration,
    pub(crate) idempotency_key: Option<String>,
    /// Headers of the request, never the key.
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    /// Shown by [`LoggedCall::request_text`] only.
    pub(crate) request_body: LoggedBody,
    /// Shown by [`LoggedCall::response_text`] only.
    pub(crate) response_body: LoggedBody,
}

/// The headers of a request that are logged (API specification, `GET /api-logs`): not
/// `Authorization`.
const LOGGED_HEADERS: [(&str, HeaderName); 4] = [
    ("Accept", header::ACCEPT),
    ("Host", header::HOST),
    (
        "Persona-Version",
        HeaderName::from_static("persona-version"),
    ),
    ("User-Agent", header::USER_AGENT),
];

/// The longest value of a header in the log.
const MAX_HEADER_LENGTH: usize = 300;

impl LoggedCall {
    /// The part of a request's headers that is logged.
    pub(crate) fn logged_headers(headers: &HeaderMap) -> Vec<(Cow<'static, str>, String)> {
        let value = |name: &HeaderName| headers.get(name)?.to_str().ok();
        LOGGED_HEADERS
            .iter()
            .filter_map(|(name, header)| {
                let value = value(header)?.chars().take(MAX_HEADER_LENGTH).collect();
                Some((Cow::Borrowed(*name), value))
            })
            .collect()
    }

    /// The request's body, without secrets: a JSON document, or a string if it is not JSON.
    pub(crate) fn request_document(&self) -> Value {
        self.request_body.document()
    }

    /// The response's body, without secrets: a JSON document, or a string if it is not JSON.
    pub(crate) fn response_document(&self) -> Value {
        self.response_body.document()
    }

    /// The request's body, indented, without secrets.
    pub(crate) fn request_text(&self) -> String {
        self.request_body.indented()
    }

    /// The response's body, indented, without secrets.
    pub(crate) fn response_text(&self) -> String {
        self.response_body.indented()
    }

    /// The IDs in path and bodies of objects that can be redacted.
    pub(super) fn redactable_ids(&self) -> impl Iterator<Item = &str> {
        let bodies = [self.request_body.text(), self.response_body.text()];
        let texts = std::iter::once(self.path.as_str()).chain(bodies);
        texts.flat_map(redactable_ids)
    }

    /// The same call after an object in it was redacted.
    pub(super) fn without_bodies(&self) -> Self {
        let note = LoggedBody::Redacted("(redacted with an object in it)".to_owned());
        Self {
            request_body: note.clone(),
            response_body: note,
            ..self.clone()
        }
    }

    /// The size that counts against the limit of the log.
    pub(super) fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|(_, value)| value.len());
        self.path.len()
            + self.request_body.len()
            + self.response_body.len()
            + headers.sum::<usize>()
    }

    /// Whether it is older than two weeks.
    pub(super) fn is_expired(&self, now: Moment) -> bool {
        self.at < now.plus_seconds(-TWO_WEEKS_SECONDS)
    }
}

impl Entity for LoggedCall {
    fn id(&self) -> &str {
        &self.request_id
    }

    fn group(&self) -> Option<&str> {
        None
    }
}
