//! Sends one request and reads its response.

use std::{sync::Arc, time::Duration};

use reqwest::{
    Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::{Host, Url};

use super::{
    connect_error::ConnectError,
    decode::{ErrorDocument, Inquiry, InquiryDocument},
    error::{Error, ErrorKind, Operation, SetupError},
    header::{self, RATE_LIMIT_RESET},
    request::IdempotencyKey,
    throttle::{Priority, Throttle},
    tls,
};

/// The timeout for establishing a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The timeout of one request, including its response. Persona documents none.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum size of a response, in bytes.
const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
pub(super) const ENVIRONMENT_ID: HeaderName = HeaderName::from_static("persona-environment-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The API's address and credentials.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The API's base URL, `/api/v1` included.
    pub base_url: Url,
    /// The API key. It determines the environment.
    pub api_key: SecretString,
    /// The API version, `YYYY-MM-DD`.
    pub version: String,
    /// The value of `User-Agent`, for Persona's support: `my-app/1.0`.
    pub user_agent: String,
}

/// A request that is not sent yet.
pub(super) struct Call<'a> {
    pub(super) operation: Operation,
    method: Method,
    path: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    idempotency_key: Option<&'a IdempotencyKey>,
}

impl<'a> Call<'a> {
    pub(super) fn get(operation: Operation, path: &'a [&'a str]) -> Self {
        let method = Method::GET;
        Self {
            operation,
            method,
            path,
            query: Vec::new(),
            body: None,
            idempotency_key: None,
        }
    }

    pub(super) fn patch(operation: Operation, path: &'a [&'a str], body: Vec<u8>) -> Self {
        Self {
            method: Method::PATCH,
            ..Self::post(operation, path, body)
        }
    }

    pub(super) fn with_query(self, query: Vec<(&'static str, String)>) -> Self {
        Self { query, ..self }
    }

    pub(super) fn with_idempotency_key(self, key: Option<&'a IdempotencyKey>) -> Self {
        Self {
            idempotency_key: key,
            ..self
        }
    }

    pub(super) fn post(operation: Operation, path: &'a [&'a str], body: Vec<u8>) -> Self {
        Self {
            method: Method::POST,
            body: Some(body),
            ..Self::get(operation, path)
        }
    }
}

/// A successful response, not yet decoded.
pub(super) struct Response {
    operation: Operation,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
}

/// The HTTP transport: connections, timeouts, headers and throttle.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    http: reqwest::Client,
    base_url: Url,
    throttle: Arc<Throttle>,
}

impl Transport {
    /// Creates the transport. It sends nothing.
    ///
    /// # Errors
    /// If the API key or version is not a valid header value, or TLS cannot be set up.
    pub(super) fn new(connection: &Connection) -> Result<Self, SetupError> {
        let mut key: HeaderValue = format!("Bearer {}", connection.api_key.expose_secret())
            .parse()
            .map_err(|_| SetupError::ApiKey)?;
        key.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, key),
            (
                HeaderName::from_static("persona-version"),
                connection
                    .version
                    .parse()
                    .map_err(|_| SetupError::Version)?,
            ),
            // The default casing is a setting of the API key; this client decodes kebab case only
            // (docs.withpersona.com/docs/api-key-inflection).
            (
                HeaderName::from_static("key-inflection"),
                HeaderValue::from_static("kebab"),
            ),
        ]);
        let mut http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(&connection.user_agent)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            // Following a redirect would send the API key to another host.
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback_url(&connection.base_url) {
            http = http.no_proxy();
        }
        let is_https = connection.base_url.scheme() == "https";
        http = http.tls_backend_preconfigured(tls::client_config(is_https)?);
        Ok(Self {
            http: http.build()?,
            base_url: connection.base_url.clone(),
            throttle: Arc::default(),
        })
    }

    /// Waits for the throttle.
    pub(super) async fn wait_for_throttle(
        &self,
        priority: Priority,
        deadline: Instant,
    ) -> Result<(), ErrorKind> {
        let wait = self.throttle.delay(priority);
        if wait.is_zero() {
            return Ok(());
        }
        if Instant::now() + wait >= deadline {
            return Err(ErrorKind::RateLimited {
                reset_after: Some(wait),
            });
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// The throttle of this transport.
    pub(super) fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    /// Sends a request once and reads its response.
    pub(super) async fn exchange(
        &self,
        call: &Call<'_>,
        deadline: Instant,
    ) -> Result<Response, Error> {
        let operation = call.operation;
        let failed = |kind, request_id| Error {
            operation,
            kind,
            request_id,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failed(ErrorKind::DeadlineExceeded, None));
        }

        let mut request = self
            .http
            .request(call.method.clone(), self.url(call.path, &call.query))
            .timeout(left.min(REQUEST_TIMEOUT));
        if let Some(key) = call.idempotency_key {
            request = request.header(IDEMPOTENCY_KEY, key.as_str());
        }
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }

        let mut response = request
            .send()
            .await
            .map_err(|error| failed(classify_transport_error(&error), None))?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let request_id = || header::text(&headers, &REQUEST_ID);
        self.throttle.update(&headers);

        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_RESPONSE_BYTES => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    let problem = "the body is larger than 4 MiB".to_owned();
                    let kind = ErrorKind::InvalidResponse {
                        status: status.as_u16(),
                        problem,
                    };
                    return Err(failed(kind, request_id()));
                }
                Ok(None) => break,
                Err(error) => {
                    let kind = match classify_transport_error(&error) {
                        ErrorKind::Timeout => ErrorKind::Timeout,
                        _ => ErrorKind::LostResponse,
                    };
                    return Err(failed(kind, request_id()));
                }
            }
        }

        if status.is_success() {
            Ok(Response {
                operation,
                status,
                headers,
                body,
            })
        } else {
            let kind = classify_status(status, &headers, &body);
            Err(failed(kind, request_id()))
        }
    }

    fn url(&self, path: &[&str], query: &[(&'static str, String)]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

impl Response {
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // serde_json's messages contain unexpected values, so only the position is kept.
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Data => {
                    "a required member is missing or has another type than documented"
                }
                serde_json::error::Category::Syntax
                | serde_json::error::Category::Eof
                | serde_json::error::Category::Io => "the body is not JSON",
            };
            self.invalid_response(&format!(
                "{what} (line {}, column {})",
                error.line(),
                error.column()
            ))
        })
    }

    /// The inquiry that the response contains, if it contains one that can be decoded.
    pub(super) fn inquiry(&self) -> Option<Inquiry> {
        let document = serde_json::from_slice::<InquiryDocument>(&self.body).ok()?;
        Some(document.data)
    }

    pub(super) fn invalid_response(&self, problem: &str) -> Error {
        Error {
            operation: self.operation,
            kind: ErrorKind::InvalidResponse {
                status: self.status.as_u16(),
                problem: problem.to_owned(),
            },
            request_id: header::text(&self.headers, &REQUEST_ID),
        }
    }
}

fn classify_transport_error(error: &reqwest::Error) -> ErrorKind {
    if error.is_connect() {
        ErrorKind::Unreachable(ConnectError::find(error))
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else {
        ErrorKind::LostResponse
    }
}

fn classify_status(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ErrorKind {
    let title = || {
        serde_json::from_slice::<ErrorDocument>(body)
            .map_or_else(|_| "no readable error body".to_owned(), |it| it.summary())
    };
    match status {
        StatusCode::UNAUTHORIZED => ErrorKind::Unauthorized,
        StatusCode::FORBIDDEN => ErrorKind::Forbidden { title: title() },
        StatusCode::NOT_FOUND => ErrorKind::NotFound,
        StatusCode::CONFLICT => ErrorKind::Conflict { title: title() },
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited {
            // A proxy between the client and Persona sends the standard header.
            reset_after: header::seconds(headers, &RATE_LIMIT_RESET)
                .or_else(|| header::seconds(headers, &RETRY_AFTER)),
        },
        status if status.is_server_error() => ErrorKind::Unavailable {
            status: status.as_u16(),
        },
        status if status.is_client_error() => ErrorKind::Rejected {
            status: status.as_u16(),
            title: title(),
        },
        status => ErrorKind::InvalidResponse {
            status: status.as_u16(),
            problem: "an unexpected status: redirects are not followed".to_owned(),
        },
    }
}

/// Whether a URL's host is this machine, without a name lookup.
#[must_use]
pub fn is_loopback_url(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
