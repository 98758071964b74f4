//! A panic in a handler becomes a 500 with the request's ID; the process goes on.

use std::{panic::AssertUnwindSafe, thread};

use axum::{extract::Request, http::StatusCode, middleware::Next, response::Response};
use futures_util::FutureExt as _;

use crate::{api::ErrorCode, base::metrics, web::middleware::error_body};

/// Logs panics with their place in the source. A panic's message may hold personal data, so it is
/// logged at debug level only.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        let thread = thread::current();
        tracing::error!(
            location,
            thread = thread.name(),
            "panicked; RUST_LOG=debug shows the message"
        );
        tracing::debug!(
            message = panic.payload_as_str(),
            backtrace = %std::backtrace::Backtrace::capture(),
            "the panic's message"
        );
    }));
}

/// Responds 500 if the handler panics.
pub(crate) async fn catch(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let texts = error_body::texts(request.extensions());
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a request's handler has panicked");
            metrics::handler_panic();
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            error_body::refusal(&texts, &path, ErrorCode::TryAgain, status)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_500_in_the_form_that_the_path_is_read_in() {
        async fn broken() {
            panic!("the name was Alexander");
        }
        let app = Router::new()
            .route("/api/broken", get(broken))
            .route("/broken", get(broken))
            .layer(middleware::from_fn(catch));
        for (path, expected) in [
            ("/api/broken", r#""code":"try_again""#),
            ("/broken", "Try again"),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let body = axum::body::to_bytes(response.into_body(), 1_000)
                .await
                .unwrap();
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains(expected), "{path}: {body}");
            assert!(!body.contains("Alexander"), "{path}: {body}");
        }
    }
}
