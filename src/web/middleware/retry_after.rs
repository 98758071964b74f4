//! `Retry-After` on temporary errors.

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::Response,
};

/// Adds `Retry-After`, in seconds, where the layers below did not set it.
pub(crate) fn ensure(mut response: Response) -> Response {
    let seconds = match response.status() {
        StatusCode::TOO_MANY_REQUESTS => "10",
        // A little longer than the circuit breaker stays open.
        StatusCode::SERVICE_UNAVAILABLE => "3",
        StatusCode::GATEWAY_TIMEOUT => "5",
        _ => return response,
    };
    response
        .headers_mut()
        .entry(RETRY_AFTER)
        .or_insert(HeaderValue::from_static(seconds));
    response
}
