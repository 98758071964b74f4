//! One log line for each request, at info.
//!
//! Queries are left out, since they may hold tokens, codes and personal data, and so are IDs: the
//! ID of an inquiry opens it while it is new. The request ID leads to the whole call in the API log.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::Abort;

/// Runs a request and logs its result.
pub(crate) async fn log(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let path = without_ids(request.uri().path());
    let response = next.run(request).await;
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(abort) = response.extensions().get::<Abort>() {
        tracing::info!(%method, path, took_ms, ?abort, "request ended without a response");
    } else {
        let status = response.status().as_u16();
        let request_id = response.headers().get("request-id");
        let request_id = request_id.and_then(|id| id.to_str().ok());
        tracing::info!(%method, path, status, took_ms, request_id, "request");
    }
    response
}

/// The path with `{id}` in place of each object's ID.
fn without_ids(path: &str) -> String {
    let segments = path
        .split('/')
        .map(|segment| match segment.split_once('_') {
            Some((prefix, _)) if !prefix.is_empty() => "{id}",
            _ => segment,
        });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_logged_without_ids() {
        assert_eq!(
            without_ids("/api/v1/inquiries/inq_1/resume"),
            "/api/v1/inquiries/{id}/resume"
        );
        assert_eq!(without_ids("/_sandbox/clock"), "/_sandbox/clock");
        assert_eq!(without_ids("/"), "/");
    }
}
