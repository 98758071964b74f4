//! A preparation of a request that may wait, for the database or for the body: it gives the request to
//! the services below, or answers it.
//!
//! As [`step`](super::step), it allocates nothing; `axum::middleware::from_fn` would.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{extract::Request, response::Response};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

/// The layer of a preparation: an asynchronous function from the request to the request that the
/// services below get, or to the answer.
#[derive(Debug, Clone)]
pub(crate) struct PrepareLayer<F>(pub(crate) F);

impl<S, F: Clone> Layer<S> for PrepareLayer<F> {
    type Service = Prepare<S, F>;

    fn layer(&self, inner: S) -> Prepare<S, F> {
        Prepare {
            inner,
            prepare: self.0.clone(),
        }
    }
}

/// A service whose requests are prepared.
#[derive(Debug, Clone)]
pub(crate) struct Prepare<S, F> {
    inner: S,
    prepare: F,
}

impl<S, F, P> Service<Request> for Prepare<S, F>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
    F: Fn(Request) -> P,
    P: Future<Output = Result<Request, Response>>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = PrepareFuture<P, S, S::Future>;

    /// Services of axum are always ready (<https://docs.rs/axum/0.8/axum/middleware/index.html#backpressure>).
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        PrepareFuture::Preparing {
            prepared: (self.prepare)(request),
            inner: self.inner.clone(),
        }
    }
}

pin_project! {
    /// The response of a [`Prepare`].
    #[project = Projection]
    pub(crate) enum PrepareFuture<P, S, F> {
        Preparing {
            #[pin]
            prepared: P,
            inner: S,
        },
        Inner {
            #[pin]
            inner: F,
        },
    }
}

impl<P, S> Future for PrepareFuture<P, S, S::Future>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    P: Future<Output = Result<Request, Response>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                Projection::Preparing { prepared, inner } => match ready!(prepared.poll(context)) {
                    Ok(request) => {
                        let inner = inner.call(request);
                        self.set(PrepareFuture::Inner { inner });
                    }
                    Err(answer) => return Poll::Ready(Ok(answer)),
                },
                Projection::Inner { inner } => return inner.poll(context),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{HeaderValue, StatusCode},
        response::IntoResponse as _,
    };
    use tower::{ServiceExt as _, service_fn};

    use super::*;

    #[tokio::test]
    async fn a_prepared_request_goes_on_and_an_answer_does_not() {
        let prepare = PrepareLayer(async |mut request: Request| {
            tokio::task::yield_now().await;
            if request.uri().path() == "/refused" {
                return Err(StatusCode::FORBIDDEN.into_response());
            }
            let mark = HeaderValue::from_static("prepared");
            request.headers_mut().insert("mark", mark);
            Ok(request)
        });
        let echo = service_fn(async |request: Request| {
            let mut response = StatusCode::OK.into_response();
            *response.headers_mut() = request.headers().clone();
            Ok(response)
        });
        for (path, expected, is_prepared) in [
            ("/page", StatusCode::OK, true),
            ("/refused", StatusCode::FORBIDDEN, false),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = prepare.layer(echo).oneshot(request).await.unwrap();
            assert_eq!(response.status(), expected, "{path}");
            assert_eq!(
                response.headers().contains_key("mark"),
                is_prepared,
                "{path}"
            );
        }
    }
}
