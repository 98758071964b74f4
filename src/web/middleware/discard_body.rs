//! Get-or-create takes no arguments and responds with JSON, whatever the request asks for.
//!
//! Leptos reads a server function's body before the function runs, and fails on one that is not
//! text; to a form it responds with a redirect whose URL holds the error, and with it an inquiry's ID.
//! So this layer reads the body, up to the limit, drops it, and removes the headers of a form. Pages
//! without script use `POST /onboarding/start`.

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use http_body_util::{BodyExt as _, LengthLimitError};

use crate::{api::ErrorCode, web::middleware::error_body};

const PATH: &str = "/api/inquiries/get-or-create";

/// Empties a request of get-or-create.
///
/// # Errors
/// The response, if the body is too large or breaks off.
pub(crate) async fn discard(request: Request) -> Result<Request, Response> {
    if request.uri().path() != PATH {
        return Ok(request);
    }
    let (mut parts, mut body) = request.into_parts();
    while !body.is_end_stream() {
        match body.frame().await {
            Some(Ok(_)) => {}
            None => break,
            Some(Err(error)) => {
                let status = match error.into_inner().is::<LengthLimitError>() {
                    true => StatusCode::PAYLOAD_TOO_LARGE,
                    false => StatusCode::BAD_REQUEST,
                };
                let texts = error_body::texts(&parts.extensions);
                let code = ErrorCode::InvalidRequest;
                return Err(error_body::refusal(&texts, PATH, code, status));
            }
        }
    }
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::TRANSFER_ENCODING);
    let accept = HeaderValue::from_static("application/json");
    parts.headers.insert(header::ACCEPT, accept);
    Ok(Request::from_parts(parts, Body::empty()))
}
