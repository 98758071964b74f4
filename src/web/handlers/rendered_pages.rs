//! Pages rendered as the response to a form, with the problems to correct.

use std::{pin::Pin, sync::Arc};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::Response,
};

type Rendering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Renders the page that a request's path names. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pages(Arc<dyn Fn(Request) -> Rendering + Send + Sync>);

impl Pages {
    pub(crate) fn new(render: impl Fn(Request) -> Rendering + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    /// The page for an unknown path, whatever the request's own path is.
    pub(crate) async fn not_found(&self, mut request: Request) -> Response {
        *request.method_mut() = Method::GET;
        *request.uri_mut() = Uri::from_static("/page-not-found");
        let (parts, _) = request.into_parts();
        self.answer(parts, StatusCode::NOT_FOUND, ()).await
    }

    /// Renders the page of the form, which reads its problems from the request's extensions.
    pub(crate) async fn answer<T: Clone + Send + Sync + 'static>(
        &self,
        mut parts: Parts,
        status: StatusCode,
        said: T,
    ) -> Response {
        parts.extensions.insert(said);
        let mut response = (self.0)(Request::from_parts(parts, Body::empty())).await;
        *response.status_mut() = status;
        // The page repeats the person's input, so nothing may store it.
        let no_store = HeaderValue::from_static("no-store");
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, no_store);
        response
    }
}
