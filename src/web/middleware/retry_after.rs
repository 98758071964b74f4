//! A refusal that is a matter of time says when to come again.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    middleware::Next,
    response::Response,
};

/// Adds `Retry-After`, in seconds, where the layers below know no better time.
pub(crate) async fn ensure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let seconds = match response.status() {
        StatusCode::TOO_MANY_REQUESTS => "10",
        // As long as calls to Persona are paused, and a little.
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
