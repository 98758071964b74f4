//! A step of a request that never waits: it looks at the request, may answer it, and may look at
//! the response.
//!
//! `axum::middleware::from_fn` allocates the future and a clone of all services below for each request
//! and layer. A step allocates nothing.

use std::{
    convert::Infallible,
    future::Ready,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{extract::Request, response::Response};
use futures_util::future::BoxFuture;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

/// What a step does.
pub(crate) trait Step: Clone {
    /// What it keeps of the request for the response.
    type Kept;

    /// Looks at the request before the services below get it.
    fn before(&self, request: &mut Request) -> Before<Self::Kept>;

    /// Looks at the response of the services below; not at one of its own.
    fn after(&self, _: Self::Kept, _: &mut Response) {}
}

/// What becomes of a request.
pub(crate) enum Before<K> {
    /// The services below get it.
    Continue(K),
    /// This is the answer.
    Answer(Response),
    /// The answer takes time.
    AnswerLater(BoxFuture<'static, Response>),
}

/// The layer of a step.
#[derive(Debug, Clone)]
pub(crate) struct StepLayer<T>(pub(crate) T);

impl<S, T: Clone> Layer<S> for StepLayer<T> {
    type Service = WithStep<S, T>;

    fn layer(&self, inner: S) -> WithStep<S, T> {
        WithStep {
            inner,
            step: self.0.clone(),
        }
    }
}

/// A service with a step before and after it.
#[derive(Debug, Clone)]
pub(crate) struct WithStep<S, T> {
    inner: S,
    step: T,
}

impl<S, T> Service<Request> for WithStep<S, T>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    T: Step,
{
    type Response = Response;
    type Error = Infallible;
    type Future = StepFuture<S::Future, T>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        match self.step.before(&mut request) {
            Before::Continue(kept) => StepFuture::Inner {
                inner: self.inner.call(request),
                after: Some((self.step.clone(), kept)),
            },
            Before::Answer(response) => StepFuture::Answer {
                response: std::future::ready(Ok(response)),
            },
            Before::AnswerLater(future) => StepFuture::Later { future },
        }
    }
}

pin_project! {
    /// The response of a [`WithStep`].
    #[project = Projection]
    pub(crate) enum StepFuture<F, T: Step> {
        Inner {
            #[pin]
            inner: F,
            after: Option<(T, T::Kept)>,
        },
        Answer {
            response: Ready<Result<Response, Infallible>>,
        },
        Later {
            future: BoxFuture<'static, Response>,
        },
    }
}

impl<F, T> Future for StepFuture<F, T>
where
    F: Future<Output = Result<Response, Infallible>>,
    T: Step,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projection::Inner { inner, after } => {
                let Ok(mut response) = ready!(inner.poll(context));
                if let Some((step, kept)) = after.take() {
                    step.after(kept, &mut response);
                }
                Poll::Ready(Ok(response))
            }
            Projection::Answer { response } => Pin::new(response).poll(context),
            Projection::Later { future } => future.as_mut().poll(context).map(Ok),
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

    /// Marks requests and responses, and answers two paths itself.
    #[derive(Clone)]
    struct Mark(&'static str);

    impl Step for Mark {
        type Kept = String;

        fn before(&self, request: &mut Request) -> Before<String> {
            match request.uri().path() {
                "/now" => return Before::Answer(StatusCode::NOT_FOUND.into_response()),
                "/later" => {
                    let answer = async { StatusCode::GONE.into_response() };
                    return Before::AnswerLater(Box::pin(answer));
                }
                _ => {}
            }
            let mark = HeaderValue::from_static(self.0);
            request.headers_mut().append("before", mark);
            Before::Continue(request.uri().path().to_owned())
        }

        fn after(&self, kept: String, response: &mut Response) {
            let mark = format!("{} {kept}", self.0).parse().unwrap();
            response.headers_mut().append("after", mark);
        }
    }

    async fn ask(path: &str) -> (StatusCode, Vec<String>) {
        let echo = service_fn(async |request: Request| {
            let mut response = StatusCode::OK.into_response();
            for mark in request.headers().get_all("before") {
                response.headers_mut().append("after", mark.clone());
            }
            Ok(response)
        });
        let service = StepLayer(Mark("outer")).layer(StepLayer(Mark("inner")).layer(echo));
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = service.oneshot(request).await.unwrap();
        let marks = response.headers().get_all("after").iter();
        let marks = marks.map(|mark| mark.to_str().unwrap().to_owned());
        (response.status(), marks.collect())
    }

    #[tokio::test]
    async fn steps_are_taken_on_the_way_in_and_on_the_way_out() {
        let (status, marks) = ask("/page").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(marks, ["outer", "inner", "inner /page", "outer /page"]);
    }

    #[tokio::test]
    async fn an_answer_of_a_step_passes_the_ones_below() {
        for (path, expected) in [
            ("/now", StatusCode::NOT_FOUND),
            ("/later", StatusCode::GONE),
        ] {
            let (status, marks) = ask(path).await;
            assert_eq!((status, marks.len()), (expected, 0), "{path}");
        }
    }
}
