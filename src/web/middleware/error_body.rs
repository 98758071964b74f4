//! A body for every error: what went wrong and what to do, as JSON for programs and as a line of text
//! for people. Rendered pages stay as they are.

use axum::{
    Json,
    body::HttpBody as _,
    extract::Request,
    http::{Extensions, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{
    api::{ApiError, ErrorCode},
    i18n::Texts,
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
    if path.starts_with("/api/") {
        (status, Json(error)).into_response()
    } else {
        (status, format!("{error}\n")).into_response()
    }
}

/// Adds a body to errors where the layers below set only a status, or plain text for a program.
pub(crate) async fn ensure(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let texts = texts(request.extensions());
    let response = next.run(request).await;
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    let is_empty = response.body().size_hint().exact() == Some(0);
    let is_plain = status == StatusCode::PAYLOAD_TOO_LARGE && path.starts_with("/api/");
    if !is_refusal || !(is_empty || is_plain) {
        return response;
    }
    let code = match status {
        StatusCode::UNAUTHORIZED => ErrorCode::SignedOut,
        StatusCode::FORBIDDEN => ErrorCode::CrossOrigin,
        StatusCode::TOO_MANY_REQUESTS => ErrorCode::RateLimited,
        StatusCode::GATEWAY_TIMEOUT => ErrorCode::Timeout,
        _ if status.is_server_error() => ErrorCode::TryAgain,
        _ => ErrorCode::InvalidRequest,
    };
    let (mut parts, _) = response.into_parts();
    let (words, body) = refusal(&texts, &path, code, status).into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    // Keeps headers such as `Allow` and `Retry-After`.
    parts.headers.extend(words.headers);
    Response::from_parts(parts, body)
}
