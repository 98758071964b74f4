//! A body for every error: what went wrong and what to do, as JSON for programs and as a line of text
//! for people. Rendered pages stay as they are.

use axum::{
    Json,
    body::HttpBody as _,
    extract::Request,
    http::{Extensions, StatusCode},
    response::{IntoResponse as _, Response},
};

use crate::{
    api::{ApiError, ErrorCode},
    i18n::Texts,
    web::middleware::step::{Before, Step},
};

/// The texts in the language of the request. Only a layer outside of the one that finds it lacks it.
pub(crate) fn texts(extensions: &Extensions) -> Texts {
    extensions.get::<Texts>().cloned().unwrap_or_default()
}

/// An error response, in the format that the path's users read, in their language.
pub(crate) fn refusal(texts: &Texts, path: &str, code: ErrorCode, status: StatusCode) -> Response {
    respond(path, status, ApiError::new(code).translated(texts))
}

/// An error response, in the format that the path's users read.
pub(crate) fn respond(path: &str, status: StatusCode, error: ApiError) -> Response {
    Reader::of(path).respond(status, error)
}

/// Who reads the responses of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Below `/api/`.
    Program,
    /// Everywhere else.
    Person,
}

impl Reader {
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/api/") {
            Self::Program
        } else {
            Self::Person
        }
    }

    pub(crate) fn respond(self, status: StatusCode, error: ApiError) -> Response {
        match self {
            Self::Program => (status, Json(error)).into_response(),
            Self::Person => (status, format!("{error}\n")).into_response(),
        }
    }
}

/// Adds a body to errors where the layers below set only a status, or plain text for a program.
#[derive(Debug, Clone)]
pub(crate) struct EnsureErrorBody;

impl Step for EnsureErrorBody {
    type Kept = (Reader, Texts);

    fn before(&self, request: &mut Request) -> Before<(Reader, Texts)> {
        Before::Continue((
            Reader::of(request.uri().path()),
            texts(request.extensions()),
        ))
    }

    fn after(&self, (reader, texts): (Reader, Texts), response: &mut Response) {
        let status = response.status();
        let is_refusal = status.is_client_error() || status.is_server_error();
        let is_empty = response.body().size_hint().exact() == Some(0);
        let is_plain = status == StatusCode::PAYLOAD_TOO_LARGE && reader == Reader::Program;
        if !is_refusal || !(is_empty || is_plain) {
            return;
        }
        let code = match status {
            StatusCode::UNAUTHORIZED => ErrorCode::SignedOut,
            StatusCode::FORBIDDEN => ErrorCode::CrossOrigin,
            StatusCode::TOO_MANY_REQUESTS => ErrorCode::RateLimited,
            StatusCode::GATEWAY_TIMEOUT => ErrorCode::Timeout,
            _ if status.is_server_error() => ErrorCode::TryAgain,
            _ => ErrorCode::InvalidRequest,
        };
        let (words, body) = reader
            .respond(status, ApiError::new(code).translated(&texts))
            .into_parts();
        *response.body_mut() = body;
        // Keeps headers such as `Allow` and `Retry-After`.
        let headers = response.headers_mut();
        headers.remove(axum::http::header::CONTENT_LENGTH);
        headers.extend(words.headers);
    }
}
