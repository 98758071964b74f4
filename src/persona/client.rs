//! One request, one answer.

use std::time::Duration;

use reqwest::{
    Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use super::{
    error::{Error, ErrorKind, Operation},
    request::{IdempotencyKey, InquiryFilter},
    wire::{
        ErrorDocument, Inquiry, InquiryDocument, InquiryPage, InquiryTemplate, ListDocument,
        OneTimeLink, OneTimeLinkDocument, ResumeDocument, TemplateDocument,
    },
};
use crate::model::{InquiryId, SessionToken, TemplateId};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one request may take, its answer included. Persona documents no limit of its own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const ENVIRONMENT_ID: HeaderName = HeaderName::from_static("persona-environment-id");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Whom to speak to, and how to prove who we are.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The API's base URL, `/api/v1` included.
    pub base_url: Url,
    /// The API key. It selects the environment, too.
    pub api_key: SecretString,
    /// The API version, `YYYY-MM-DD`.
    pub version: String,
}

/// A client of Persona's API. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
}

/// One request before it is sent.
struct Call<'a> {
    operation: Operation,
    method: Method,
    path: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    idempotency_key: Option<&'a IdempotencyKey>,
}

impl<'a> Call<'a> {
    fn get(operation: Operation, path: &'a [&'a str]) -> Self {
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

    fn post(operation: Operation, path: &'a [&'a str], body: Vec<u8>) -> Self {
        Self {
            method: Method::POST,
            body: Some(body),
            ..Self::get(operation, path)
        }
    }
}

/// A successful answer, not yet decoded.
struct Answer {
    operation: Operation,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    /// Prepares the connections; nothing is sent yet.
    ///
    /// # Errors
    /// If the key or the version cannot be a header's value, or TLS cannot be set up.
    pub fn new(connection: &Connection) -> Result<Self, anyhow::Error> {
        let mut key: HeaderValue =
            format!("Bearer {}", connection.api_key.expose_secret()).parse()?;
        key.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, key),
            (
                HeaderName::from_static("persona-version"),
                connection.version.parse()?,
            ),
            // The default casing is a setting of the key; we read one casing only
            // (docs.withpersona.com/docs/api-key-inflection).
            (
                HeaderName::from_static("key-inflection"),
                HeaderValue::from_static("kebab"),
            ),
        ]);
        let mut http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            // A redirect would take the key elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if connection.base_url.host_str() == Some("localhost") {
            http = http.no_proxy();
        }
        Ok(Self {
            http: http.build()?,
            base_url: connection.base_url.clone(),
        })
    }

    /// Creates an inquiry from a body made by [`NewInquiry::to_body`](super::NewInquiry::to_body).
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn create_inquiry(
        &self,
        body: Vec<u8>,
        idempotency_key: Option<&IdempotencyKey>,
        deadline: Instant,
    ) -> Result<Inquiry, Error> {
        let call = Call::post(Operation::CreateInquiry, &["inquiries"], body);
        let answer = self
            .send(
                Call {
                    idempotency_key,
                    ..call
                },
                deadline,
            )
            .await?;
        Ok(answer.decode::<InquiryDocument>()?.data)
    }

    /// Lists inquiries, newest first. Sees what was created a moment ago, which search does not.
    ///
    /// # Errors
    /// See [`ErrorKind`]. One unreadable inquiry makes the whole list [`ErrorKind::Unreadable`].
    pub async fn list_inquiries(
        &self,
        filter: InquiryFilter<'_>,
        deadline: Instant,
    ) -> Result<InquiryPage, Error> {
        let call = Call::get(Operation::ListInquiries, &["inquiries"]);
        let answer = self
            .send(
                Call {
                    query: filter.to_query(),
                    ..call
                },
                deadline,
            )
            .await?;
        Ok(answer.decode::<ListDocument>()?.into())
    }

    /// Asks for the smallest list there is, and returns the environment's ID if the answer names
    /// it: what a start needs to know about its key.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn probe_environment(&self, deadline: Instant) -> Result<Option<String>, Error> {
        let call = Call::get(Operation::ListInquiries, &["inquiries"]);
        let query = vec![("page[size]", "1".to_owned())];
        let answer = self.send(Call { query, ..call }, deadline).await?;
        Ok(text_of(&answer.headers, &ENVIRONMENT_ID))
    }

    /// Retrieves one inquiry.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn retrieve_inquiry(
        &self,
        id: &InquiryId,
        deadline: Instant,
    ) -> Result<Inquiry, Error> {
        let path = ["inquiries", id.as_str()];
        let query = vec![("fields[inquiry]", super::wire::ATTRIBUTES_READ.to_owned())];
        let call = Call::get(Operation::RetrieveInquiry, &path);
        let answer = self.send(Call { query, ..call }, deadline).await?;
        Ok(answer.decode::<InquiryDocument>()?.data)
    }

    /// Resumes a pending or expired inquiry: returns a token to open it with, and turns expired
    /// into pending (docs.withpersona.com/docs/resuming-inquiries).
    ///
    /// # Errors
    /// See [`ErrorKind`]. An answer without a token is [`ErrorKind::Unreadable`]: it would open
    /// nothing.
    pub async fn resume_inquiry(
        &self,
        id: &InquiryId,
        deadline: Instant,
    ) -> Result<SessionToken, Error> {
        let path = ["inquiries", id.as_str(), "resume"];
        let call = Call::post(Operation::ResumeInquiry, &path, br#"{"meta":{}}"#.to_vec());
        let answer = self.send(call, deadline).await?;
        let token = answer.decode::<ResumeDocument>()?.into_token();
        token.ok_or_else(|| answer.unreadable("no session token in it"))
    }

    /// Makes a link to the hosted flow that works once (docs.withpersona.com/docs/inquiry-one-time-links).
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn generate_one_time_link(
        &self,
        id: &InquiryId,
        deadline: Instant,
    ) -> Result<OneTimeLink, Error> {
        let path = ["inquiries", id.as_str(), "generate-one-time-link"];
        let call = Call::post(Operation::GenerateOneTimeLink, &path, b"{}".to_vec());
        let answer = self.send(call, deadline).await?;
        let link = answer.decode::<OneTimeLinkDocument>()?.into_link();
        link.ok_or_else(|| answer.unreadable("no one-time link in it"))
    }

    /// Retrieves an inquiry template. Persona refuses this to sandbox keys.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn retrieve_template(
        &self,
        id: &TemplateId,
        deadline: Instant,
    ) -> Result<InquiryTemplate, Error> {
        let path = ["inquiry-templates", id.as_str()];
        let call = Call::get(Operation::RetrieveTemplate, &path);
        let answer = self.send(call, deadline).await?;
        Ok(answer.decode::<TemplateDocument>()?.into())
    }

    async fn send(&self, call: Call<'_>, deadline: Instant) -> Result<Answer, Error> {
        let operation = call.operation;
        let started = Instant::now();
        let result = self.exchange(call, deadline).await;
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &result {
            Ok(answer) => tracing::debug!(
                persona.operation = operation.name(),
                persona.request_id = text_of(&answer.headers, &REQUEST_ID),
                http.status = answer.status.as_u16(),
                elapsed_ms,
                "Persona answered"
            ),
            Err(error) => tracing::debug!(
                persona.operation = operation.name(),
                persona.request_id = error.request_id,
                error = %error.kind,
                elapsed_ms,
                "a call to Persona failed"
            ),
        }
        result
    }

    async fn exchange(&self, call: Call<'_>, deadline: Instant) -> Result<Answer, Error> {
        let operation = call.operation;
        let failed = |kind, request_id| Error {
            operation,
            kind,
            request_id,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failed(ErrorKind::Timeout, None));
        }

        let mut request = self
            .http
            .request(call.method, self.url(call.path, &call.query))
            .timeout(left.min(REQUEST_TIMEOUT));
        if let Some(key) = call.idempotency_key {
            request = request.header(IDEMPOTENCY_KEY, key.as_str());
        }
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }

        let mut response = request
            .send()
            .await
            .map_err(|error| failed(kind_of_transport(&error), None))?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let request_id = text_of(&headers, &REQUEST_ID);

        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_ANSWER => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    let problem = "larger than an answer may be".to_owned();
                    let kind = ErrorKind::Unreadable {
                        status: status.as_u16(),
                        problem,
                    };
                    return Err(failed(kind, request_id));
                }
                Ok(None) => break,
                Err(error) => {
                    let kind = match kind_of_transport(&error) {
                        ErrorKind::Timeout => ErrorKind::Timeout,
                        _ => ErrorKind::LostAnswer,
                    };
                    return Err(failed(kind, request_id));
                }
            }
        }

        if status.is_success() {
            Ok(Answer {
                operation,
                status,
                headers,
                body,
            })
        } else {
            Err(failed(kind_of_status(status, &headers, &body), request_id))
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

impl Answer {
    fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // serde_json's messages repeat values it did not expect: keep the place only.
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Data => "a part that we need is missing or odd",
                serde_json::error::Category::Syntax
                | serde_json::error::Category::Eof
                | serde_json::error::Category::Io => "not JSON",
            };
            self.unreadable(&format!(
                "{what} (line {}, column {})",
                error.line(),
                error.column()
            ))
        })
    }

    fn unreadable(&self, problem: &str) -> Error {
        Error {
            operation: self.operation,
            kind: ErrorKind::Unreadable {
                status: self.status.as_u16(),
                problem: problem.to_owned(),
            },
            request_id: text_of(&self.headers, &REQUEST_ID),
        }
    }
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(ToOwned::to_owned)
}

fn kind_of_transport(error: &reqwest::Error) -> ErrorKind {
    if error.is_connect() {
        ErrorKind::Unreachable
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else {
        ErrorKind::LostAnswer
    }
}

fn kind_of_status(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ErrorKind {
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
            reset_after: text_of(headers, &RATE_LIMIT_RESET)
                .and_then(|text| text.trim().parse().ok())
                .map(Duration::from_secs),
        },
        status if status.is_server_error() => ErrorKind::Unavailable {
            status: status.as_u16(),
        },
        status if status.is_client_error() => ErrorKind::Rejected {
            status: status.as_u16(),
            title: title(),
        },
        status => ErrorKind::Unreadable {
            status: status.as_u16(),
            problem: "neither success nor failure".to_owned(),
        },
    }
}
