//! How the browser calls a server function without arguments: by one `fetch`, whose JSON the browser
//! itself parses.
//!
//! The server's side, and so the wire, is that of [`Http`]. Its client would bring gloo-net and a JSON
//! parser into the page (`docs/performance.md`).

use leptos::server_fn::{
    Http, Protocol,
    client::Client,
    codec::{Json, PostUrl},
    server::Server,
};

use super::{ApiError, GetOrCreateInquiry};
use crate::model::OpenableInquiry;

/// A POST without arguments, with a response in JSON.
pub struct EmptyPost;

type Wire = Http<PostUrl, Json>;

impl<C, S> Protocol<GetOrCreateInquiry, OpenableInquiry, C, S, ApiError> for EmptyPost
where
    C: Client<ApiError>,
    S: Server<ApiError>,
    Wire: Protocol<GetOrCreateInquiry, OpenableInquiry, C, S, ApiError>,
{
    const METHOD: http::Method = Wire::METHOD;

    fn run_server<F, Fut>(
        request: S::Request,
        server_fn: F,
    ) -> impl Future<Output = Result<S::Response, ApiError>> + Send
    where
        F: Fn(GetOrCreateInquiry) -> Fut + Send,
        Fut: Future<Output = Result<OpenableInquiry, ApiError>> + Send,
    {
        Wire::run_server(request, server_fn)
    }

    #[cfg(not(feature = "hydrate"))]
    fn run_client(
        path: &str,
        input: GetOrCreateInquiry,
    ) -> impl Future<Output = Result<OpenableInquiry, ApiError>> + Send {
        Wire::run_client(path, input)
    }

    #[cfg(feature = "hydrate")]
    fn run_client(
        path: &str,
        _: GetOrCreateInquiry,
    ) -> impl Future<Output = Result<OpenableInquiry, ApiError>> + Send {
        browser::send(path)
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use js_sys::{Array, JSON, Reflect};
    use leptos::prelude::window;
    use send_wrapper::SendWrapper;
    use wasm_bindgen::JsValue;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{RequestInit, Response};

    use super::{ApiError, OpenableInquiry};
    use crate::{
        api::ErrorCode,
        model::{InquiryId, SessionToken},
    };

    /// Sends the request and reads the response. Which errors mean what: as `from_server_fn_error`.
    pub(super) fn send(
        path: &str,
    ) -> impl Future<Output = Result<OpenableInquiry, ApiError>> + Send + use<> {
        let request = window().fetch_with_str_and_init(path, &options());
        SendWrapper::new(async move {
            let response = JsFuture::from(request)
                .await
                .map_err(|_| ErrorCode::Offline)?;
            let response = Response::from(response);
            let is_error = response.status() >= 400;
            let text = response.text().map_err(|_| ErrorCode::TryAgain)?;
            let text = JsFuture::from(text)
                .await
                .map_err(|_| ErrorCode::TryAgain)?;
            let body = text.as_string().and_then(|text| JSON::parse(&text).ok());
            let body = body.ok_or(ErrorCode::InvalidRequest)?;
            if is_error {
                return Err(read_error(&body)
                    .unwrap_or(ErrorCode::InvalidRequest)
                    .into());
            }
            Ok(read_inquiry(&body).ok_or(ErrorCode::InvalidRequest)?)
        })
    }

    fn options() -> RequestInit {
        let headers = [
            ["accept", "application/json"],
            ["content-type", "application/x-www-form-urlencoded"],
        ]
        .map(|[name, value]| Array::of2(&name.into(), &value.into()));
        let options = RequestInit::new();
        options.set_method("POST");
        options.set_headers(&Array::of2(&headers[0], &headers[1]));
        options
    }

    fn read_inquiry(body: &JsValue) -> Option<OpenableInquiry> {
        Some(OpenableInquiry {
            inquiry_id: InquiryId::parse(text(body, "inquiry_id")?).ok()?,
            session_token: match text(body, "session_token") {
                Some(token) => Some(SessionToken::parse(token)?),
                None => None,
            },
        })
    }

    fn read_error(body: &JsValue) -> Option<ErrorCode> {
        let error = Reflect::get(body, &"error".into()).ok()?;
        ErrorCode::from_name(&text(&error, "code")?)
    }

    fn text(value: &JsValue, name: &str) -> Option<String> {
        Reflect::get(value, &name.into()).ok()?.as_string()
    }
}
