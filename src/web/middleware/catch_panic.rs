//! A panic in a handler becomes a 500 with the request's ID; the process goes on.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll, ready},
    thread,
};

use axum::{extract::Request, http::StatusCode, response::Response};
use futures_util::{FutureExt as _, future::CatchUnwind};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::{
    api::{ApiError, ErrorCode},
    base::metrics,
    i18n::Texts,
    web::middleware::error_body::{self, Reader},
};

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

/// The layer that responds 500 if the handler panics.
#[derive(Debug, Clone)]
pub(crate) struct CatchPanicLayer;

impl<S> Layer<S> for CatchPanicLayer {
    type Service = CatchPanic<S>;

    fn layer(&self, inner: S) -> CatchPanic<S> {
        CatchPanic { inner }
    }
}

/// A service whose panics are caught.
#[derive(Debug, Clone)]
pub(crate) struct CatchPanic<S> {
    inner: S,
}

impl<S> Service<Request> for CatchPanic<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = CatchPanicFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let reader = Reader::of(request.uri().path());
        let texts = error_body::texts(request.extensions());
        CatchPanicFuture {
            inner: AssertUnwindSafe(self.inner.call(request)).catch_unwind(),
            reader,
            texts,
        }
    }
}

pin_project! {
    /// The response of a [`CatchPanic`].
    pub(crate) struct CatchPanicFuture<F> {
        #[pin]
        inner: CatchUnwind<AssertUnwindSafe<F>>,
        reader: Reader,
        texts: Texts,
    }
}

impl<F> Future for CatchPanicFuture<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context));
        Poll::Ready(Ok(match response {
            Ok(Ok(response)) => response,
            Err(_) => {
                tracing::error!("a request's handler has panicked");
                metrics::handler_panic();
                let error = ApiError::new(ErrorCode::TryAgain).translated(this.texts);
                this.reader
                    .respond(StatusCode::INTERNAL_SERVER_ERROR, error)
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, routing::get};
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
            .layer(CatchPanicLayer);
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
