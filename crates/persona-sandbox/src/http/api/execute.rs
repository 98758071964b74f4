//! Running a call: rate limit, idempotency, the operation, the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::context::{OperationContext, ResponseFormat};
use super::error::ApiError;
use super::gate;
use super::idempotency::{Key, KeyLookup};
use super::operation::Operation;
use super::query::Query;
use super::response::{ApiResponse, OperationResult, Payload};
use crate::core::api_key::KeySettings;
use crate::core::clock::Moment;
use crate::core::inflection::{Inflection, document_to_kebab};
use crate::domain::DomainError;
use crate::runtime::Emulator;
use crate::runtime::Reading;
use crate::runtime::api_log::LoggedCall;
use crate::store::{State, Tx};
use crate::wire::{Blocklist, apply_sparse_fields};

/// A request whose operation, key and body are in hand.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: &'static Operation,
    pub(super) id: Option<String>,
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    /// The settings of the request's API key.
    pub(super) key: Arc<KeySettings>,
    /// The reset count that it is for, if it acts later than it came.
    pub(super) since: Option<u64>,
}

impl Call {
    /// Runs the operation, unless its idempotency key has an answer. Does nothing and is `None`
    /// if there was a reset since the call came.
    pub(super) fn execute(&self, emulator: &Emulator) -> Option<ApiResponse> {
        self.run(emulator, self.operation.handler)
    }

    /// Answers with a status and does nothing. A 5xx is kept for its idempotency key like any
    /// answer of Persona's own; 401 and 429 come from before (docs: `errors`).
    pub(super) fn answer_with(
        &self,
        emulator: &Emulator,
        status: StatusCode,
    ) -> Option<ApiResponse> {
        let limit = emulator.meter().limits().named_limit();
        let error = if status == StatusCode::TOO_MANY_REQUESTS {
            ApiError::rate_limited(limit)
        } else {
            ApiError::from_status(status)
        };
        match status {
            StatusCode::UNAUTHORIZED => Some(self.refuse(emulator, &error)),
            StatusCode::TOO_MANY_REQUESTS => {
                let exhausted = |reading| Reading {
                    limit,
                    remaining: 0,
                    exceeded: true,
                    ..reading
                };
                self.complete(emulator, exhausted, |_, _, _| {
                    ApiResponse::from_error(&error)
                })
            }
            _ if status.as_u16() < 400 => {
                self.run(emulator, |_| Ok(OperationResult::empty(status)))
            }
            _ => self.run(emulator, |_| Err(error.clone())),
        }
    }

    /// The way of every authenticated request: limits, idempotency, `operation`, log.
    fn run(
        &self,
        emulator: &Emulator,
        operation: impl FnOnce(&mut OperationContext<'_>) -> Result<OperationResult, ApiError>,
    ) -> Option<ApiResponse> {
        let as_counted = |reading| reading;
        self.complete(emulator, as_counted, |tx, now, reading| {
            if reading.exceeded {
                ApiResponse::from_error(&ApiError::rate_limited(reading.limit))
            } else {
                self.with_idempotency(emulator, tx, (now, reading), operation)
            }
        })
    }

    /// Answers, logs it, and adds the headers of an authenticated answer.
    fn complete(
        &self,
        emulator: &Emulator,
        limit: impl FnOnce(Reading) -> Reading,
        answer: impl FnOnce(&mut Tx, Moment, Reading) -> ApiResponse,
    ) -> Option<ApiResponse> {
        let began = Instant::now();
        // Logged before anything else can happen to what was answered, such as its redaction.
        let mut response = emulator.with_store(|store, now| {
            if self.was_reset(store.state()) {
                return None;
            }
            let reading = limit(emulator.meter().count_request(now));
            // If it cannot be written nothing has happened, so the same key may be sent again.
            let mut response = store
                .transact(|tx| answer(tx, now, reading))
                .unwrap_or_else(|error| ApiResponse::from_error(&DomainError::from(error).into()));
            response
                .request_id
                .get_or_insert_with(|| store.request_id());
            if !response.replayed {
                let call = self.logged(&response, now, began.elapsed());
                emulator.log().add(call);
            }
            response.rate_limit(reading);
            Some(response)
        })?;
        response.environment(emulator.config());
        if let Some(warning) = gate::version_warning(&self.parts.headers) {
            response.text_header("warning", &warning);
        }
        Some(response)
    }

    /// Whether the sandbox that was asked is no more.
    fn was_reset(&self, state: &State) -> bool {
        self.since.is_some_and(|since| since != state.reset_count())
    }

    fn logged(&self, response: &ApiResponse, at: Moment, duration: Duration) -> LoggedCall {
        let request = (&self.parts, &self.body);
        let operation = self.operation.info.name.into();
        super::logged_call(request, operation, response, at, duration)
    }

    /// Answers with an error and does nothing, as from before the operation.
    pub(super) fn refuse(&self, emulator: &Emulator, error: &ApiError) -> ApiResponse {
        super::refuse(
            emulator,
            (&self.parts, &self.body),
            self.operation.info.name,
            error,
        )
    }

    fn key(&self) -> Option<Key> {
        let path = self.parts.uri.path_and_query();
        Key::from_request(
            &self.parts.headers,
            &self.parts.method,
            path.map_or("", |path| path.as_str()),
            &self.body,
        )
    }

    /// Runs `operation`, or gives the first answer of its key again.
    fn with_idempotency(
        &self,
        emulator: &Emulator,
        tx: &mut Tx,
        (now, reading): (Moment, Reading),
        operation: impl FnOnce(&mut OperationContext<'_>) -> Result<OperationResult, ApiError>,
    ) -> ApiResponse {
        let format = match ResponseFormat::from_headers(&self.parts.headers, &self.key) {
            Ok(format) => format,
            Err(error) => return ApiResponse::from_error(&error),
        };
        let Some(key) = self.key() else {
            return self.run_uncached(format, emulator, tx, (now, reading), operation);
        };
        match key.find(tx, now) {
            Err(error) => return ApiResponse::from_error(&error),
            Ok(KeyLookup::Kept(response)) => return response,
            Ok(KeyLookup::New) => {}
        }
        let mut response = self.run_uncached(format, emulator, tx, (now, reading), operation);
        if response.status == StatusCode::TOO_MANY_REQUESTS {
            return response;
        }
        response.request_id = Some(tx.entropy().id("req"));
        if let Some(response) = key.response(&response, now) {
            tx.keep_response(response);
        }
        response
    }

    fn run_uncached(
        &self,
        format: ResponseFormat,
        emulator: &Emulator,
        tx: &mut Tx,
        (now, reading): (Moment, Reading),
        operation: impl FnOnce(&mut OperationContext<'_>) -> Result<OperationResult, ApiError>,
    ) -> ApiResponse {
        let quota = self
            .operation
            .creates_inquiry
            .then(|| emulator.meter().count_inquiry(now));
        let mut response = match quota {
            Some(quota) if quota.exceeded => {
                ApiResponse::from_error(&ApiError::quota_exceeded("create_inquiry", quota.limit))
            }
            _ => {
                let answer = self
                    .ctx(emulator, tx, (now, reading), format)
                    .and_then(|mut ctx| {
                        let answer = operation(&mut ctx)?;
                        Ok(answer.into_response(format, &ctx.query.sparse, &self.key))
                    });
                answer.unwrap_or_else(|error| ApiResponse::from_error(&error))
            }
        };
        if let Some(quota) = quota {
            response.quota(quota);
        }
        response
    }

    fn ctx<'a>(
        &'a self,
        emulator: &'a Emulator,
        tx: &'a mut Tx,
        (now, rate_limit): (Moment, Reading),
        format: ResponseFormat,
    ) -> Result<OperationContext<'a>, ApiError> {
        let raw_query = self.parts.uri.query().unwrap_or_default();
        Ok(OperationContext {
            tx,
            link_base: emulator.config().link_base(self.host()),
            now,
            id: self.id.as_deref().unwrap_or_default(),
            path: self.parts.uri.path(),
            raw_query,
            query: Query::parse(raw_query)?,
            body: self.read_body()?,
            version: format.version,
            can_serialize_directly: format.inflection == Inflection::Kebab
                && self.key.attribute_blocklist.is_empty(),
            unknown_templates: emulator.config().unknown_templates(),
            templates_are_readable: emulator.templates_are_readable(),
            key_settings: Arc::clone(&self.key),
            environment: emulator.own_name(),
            log: emulator.log(),
            rate_limit,
        })
    }

    /// The reference IDs that the call is about: those that it names, and those of the objects that
    /// it names.
    pub(super) fn reference_ids(&self, emulator: &Emulator) -> Vec<String> {
        let query = Query::parse(self.parts.uri.query().unwrap_or_default());
        let body = self.read_body().unwrap_or_default();
        let named = [
            query
                .ok()
                .and_then(|mut query| query.take_filter("reference-id")),
            text_at(&body, "/data/attributes/reference-id"),
            text_at(&body, "/meta/auto-create-account-reference-id"),
        ];
        let objects = [
            self.id.clone(),
            text_at(&body, "/data/attributes/inquiry-id"),
            text_at(&body, "/data/attributes/account-id"),
        ];
        let of_objects = objects.into_iter().flatten().filter_map(|id| {
            emulator.with(|state, _| {
                let session = state.sessions.find(&id);
                let inquiry_id = session.map_or(&id, |session| &session.inquiry_id);
                let inquiry = state.inquiries.find(inquiry_id);
                let account = state.accounts.find(&id);
                inquiry
                    .and_then(|inquiry| inquiry.reference_id.clone())
                    .or_else(|| account?.reference_id.clone())
            })
        });
        named.into_iter().flatten().chain(of_objects).collect()
    }

    fn host(&self) -> Option<&str> {
        self.parts.headers.get(header::HOST)?.to_str().ok()
    }

    fn read_body(&self) -> Result<Value, ApiError> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(json!({}));
        }
        let document = serde_json::from_slice(&self.body).map_err(|error| {
            ApiError::bad_request(format!(
                "The request body is not JSON (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        Ok(document_to_kebab(document))
    }
}

fn text_at(document: &Value, pointer: &str) -> Option<String> {
    document.pointer(pointer)?.as_str().map(str::to_owned)
}

impl OperationResult {
    fn into_response(
        self,
        format: ResponseFormat,
        sparse: &[(String, Vec<String>)],
        key: &KeySettings,
    ) -> ApiResponse {
        match self.payload {
            Payload::Json(mut document) => {
                apply_sparse_fields(&mut document, sparse);
                Blocklist::new(&key.attribute_blocklist).apply(&mut document);
                let inflect_fields = format.version.is_before_fields_only();
                ApiResponse::json(
                    self.status,
                    &format.inflection.apply(document, inflect_fields),
                )
            }
            Payload::SerializedJson(text) => ApiResponse::text(self.status, text),
            Payload::Pdf(pages) => {
                ApiResponse::raw(self.status, "application/pdf", Bytes::from(pages))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::core::Config;
    use crate::http::api::operation;

    fn open() -> Emulator {
        let operations = operation::operations();
        Emulator::open(Config::default(), Default::default(), operations).unwrap()
    }

    fn find(name: &str) -> &'static Operation {
        let mut all = operation::all();
        all.find(|operation| operation.info.name == name).unwrap()
    }

    #[test]
    fn a_request_is_one_commit_with_its_kept_answer() {
        let emulator = open();
        let request = Request::post("/api/v1/inquiries").header("idempotency-key", "k");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let body = json!({
            "data": { "attributes": { "inquiry-template-id": Config::default().template_id } },
            "meta": {
                "auto-create-inquiry-session": true,
                "auto-create-one-time-link": true,
            },
        });
        let call = Call {
            operation: find("inquiries.create"),
            id: None,
            parts,
            body: Bytes::from(body.to_string()),
            key: Arc::default(),
            since: None,
        };
        let revision = || emulator.with(|state, _| state.revision());
        let before = revision();
        let answer = call.execute(&emulator).unwrap();
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(revision(), before + 1);
        assert!(call.execute(&emulator).unwrap().replayed);
        assert_eq!(revision(), before + 1);
    }

    #[test]
    fn a_call_that_acts_late_does_nothing_after_a_reset() {
        let emulator = open();
        let (parts, ()) = Request::get("/api/v1/inquiries")
            .body(())
            .unwrap()
            .into_parts();
        let call = Call {
            operation: find("inquiries.list"),
            id: None,
            parts,
            body: Bytes::new(),
            key: Arc::default(),
            since: Some(emulator.with(|state, _| state.reset_count())),
        };
        assert!(call.execute(&emulator).is_some());
        emulator.reset().unwrap();
        assert!(call.execute(&emulator).is_none());
    }
}
