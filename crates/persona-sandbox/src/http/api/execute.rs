//! Running a call: rate limit, idempotency, the operation, the log.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{Answer, Finished, Payload};
use super::error::ApiError;
use super::idempotency::{Found, Key};
use super::params::Params;
use super::query::Query;
use super::{
    create, events, gate, inquiries, print, review, search, sessions, simulate, templates, webhooks,
};
use crate::core::Config;
use crate::core::clock::Moment;
use crate::core::inflection::{Inflection, document_to_kebab};
use crate::domain::Refusal;
use crate::runtime::Emulator;
use crate::runtime::api_log::LoggedCall;
use crate::runtime::{Operation, Reading};
use crate::store::{State, Tx};
use crate::wire::{Version, keep_wanted};

/// A request whose operation, key and body are in hand.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) id: Option<String>,
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    /// The reset count that it is for, if it acts later than it came.
    pub(super) since: Option<u64>,
}

/// What an operation works with.
pub(super) struct Job<'a> {
    pub(super) state: &'a mut Tx,
    pub(super) config: &'a Config,
    pub(super) now: Moment,
    pub(super) id: &'a str,
    /// The path with `/api/v1`, for links.
    pub(super) path: &'a str,
    pub(super) raw_query: &'a str,
    pub(super) query: Query,
    pub(super) body: Value,
    pub(super) version: Version,
    /// Whether the answer's keys stay in kebab-case.
    is_plain: bool,
    /// Whether sandbox keys may read templates.
    pub(super) templates_are_readable: bool,
}

impl Job<'_> {
    /// The body's top level.
    pub(super) fn params(&mut self) -> Result<Params, ApiError> {
        Params::of_body(std::mem::take(&mut self.body))
    }

    /// 200 with this document, written at once where nothing is to be changed in it.
    pub(super) fn answer(&self, document: &impl Serialize) -> Answer {
        let payload = if self.is_plain && self.query.sparse.is_empty() {
            serde_json::to_vec(document).map(Payload::Text)
        } else {
            serde_json::to_value(document).map(Payload::Json)
        };
        Answer {
            status: StatusCode::OK,
            payload: payload.expect("resources have text keys, so they always serialise"),
        }
    }

    /// Complains about a part of an object that nobody read; before 2025-10-27 unknown parts
    /// were ignored.
    pub(super) fn finish(&self, params: Params) -> Result<(), ApiError> {
        if self.version.is_before_fields_only() {
            Ok(())
        } else {
            params.finish()
        }
    }
}

/// How a request wants its answer.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) version: Version,
    pub(super) inflection: Inflection,
}

impl Form {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        Ok(Self {
            version: gate::version(headers)?,
            inflection: gate::inflection(headers)?,
        })
    }
}

impl Call {
    /// Runs the operation, unless its idempotency key has an answer. Does nothing and is `None`
    /// if there was a reset since the call came.
    pub(super) fn execute(&self, emulator: &Emulator) -> Option<Finished> {
        self.run(emulator, |job| self.perform(job))
    }

    /// Answers with a status and does nothing. A 5xx is kept for its idempotency key like any
    /// answer of Persona's own; 401 and 429 come from before (docs: `errors`).
    pub(super) fn answer_with(&self, emulator: &Emulator, status: StatusCode) -> Option<Finished> {
        let limit = emulator.meter().limits().named_limit();
        let error = if status == StatusCode::TOO_MANY_REQUESTS {
            ApiError::rate_limited(limit)
        } else {
            ApiError::of_status(status)
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
                self.complete(emulator, exhausted, |_, _, _| Finished::of_error(&error))
            }
            _ if status.as_u16() < 400 => self.run(emulator, |_| Ok(Answer::empty(status))),
            _ => self.run(emulator, |_| Err(error.clone())),
        }
    }

    /// The way of every authenticated request: limits, idempotency, `operation`, log.
    fn run(
        &self,
        emulator: &Emulator,
        operation: impl FnOnce(&mut Job<'_>) -> Result<Answer, ApiError>,
    ) -> Option<Finished> {
        let as_counted = |reading| reading;
        self.complete(emulator, as_counted, |tx, now, reading| {
            if reading.exceeded {
                Finished::of_error(&ApiError::rate_limited(reading.limit))
            } else {
                self.once(emulator, tx, now, operation)
            }
        })
    }

    /// Answers, logs it, and adds the headers of an authenticated answer.
    fn complete(
        &self,
        emulator: &Emulator,
        limit: impl FnOnce(Reading) -> Reading,
        answer: impl FnOnce(&mut Tx, Moment, Reading) -> Finished,
    ) -> Option<Finished> {
        let began = Instant::now();
        // Logged before anything else can happen to what was answered, such as its redaction.
        let mut finished = emulator.with_store(|store, now| {
            if self.was_reset(store.state()) {
                return None;
            }
            let reading = limit(emulator.meter().count_request(now));
            // If it cannot be written nothing has happened, so the same key may be sent again.
            let mut finished = store
                .transact(|tx| answer(tx, now, reading))
                .unwrap_or_else(|error| Finished::of_error(&Refusal::from(error).into()));
            finished
                .request_id
                .get_or_insert_with(|| store.request_id());
            if !finished.replayed {
                let call = self.logged(&finished, now, began.elapsed());
                emulator.log().add(call);
            }
            finished.rate_limit(reading);
            Some(finished)
        })?;
        finished.environment(emulator.config());
        if let Some(warning) = gate::version_warning(&self.parts.headers) {
            finished.text_header("warning", &warning);
        }
        Some(finished)
    }

    /// Whether the sandbox that was asked is no more.
    fn was_reset(&self, state: &State) -> bool {
        self.since.is_some_and(|since| since != state.reset_count())
    }

    fn logged(&self, finished: &Finished, at: Moment, duration: Duration) -> LoggedCall {
        let request = (&self.parts, &self.body);
        super::logged_call(request, self.operation.name(), finished, at, duration)
    }

    /// Answers with an error and does nothing, as from before the operation.
    pub(super) fn refuse(&self, emulator: &Emulator, error: &ApiError) -> Finished {
        super::refuse(
            emulator,
            (&self.parts, &self.body),
            self.operation.name(),
            error,
        )
    }

    fn key(&self) -> Option<Key> {
        let path = self.parts.uri.path_and_query();
        Key::of(
            &self.parts.headers,
            &self.parts.method,
            path.map_or("", |path| path.as_str()),
            &self.body,
        )
    }

    /// Runs `operation`, or gives the first answer of its key again.
    fn once(
        &self,
        emulator: &Emulator,
        tx: &mut Tx,
        now: Moment,
        operation: impl FnOnce(&mut Job<'_>) -> Result<Answer, ApiError>,
    ) -> Finished {
        let form = match Form::of(&self.parts.headers) {
            Ok(form) => form,
            Err(error) => return Finished::of_error(&error),
        };
        let Some(key) = self.key() else {
            return self.fresh(form, emulator, tx, now, operation);
        };
        match key.find(tx, now) {
            Err(error) => return Finished::of_error(&error),
            Ok(Found::Answer(finished)) => return finished,
            Ok(Found::New) => {}
        }
        let mut finished = self.fresh(form, emulator, tx, now, operation);
        if finished.status == StatusCode::TOO_MANY_REQUESTS {
            return finished;
        }
        finished.request_id = Some(tx.entropy().id("req"));
        if let Some(response) = key.response(&finished, now) {
            tx.keep_response(response);
        }
        finished
    }

    fn fresh(
        &self,
        form: Form,
        emulator: &Emulator,
        tx: &mut Tx,
        now: Moment,
        operation: impl FnOnce(&mut Job<'_>) -> Result<Answer, ApiError>,
    ) -> Finished {
        let quota = emulator.meter().count_object(self.operation, now);
        let mut finished = match quota {
            Some(quota) if quota.exceeded => {
                Finished::of_error(&ApiError::quota_exceeded("create_inquiry", quota.limit))
            }
            _ => {
                let answer = self.job(emulator, tx, now, form).and_then(|mut job| {
                    let answer = operation(&mut job)?;
                    Ok(answer.into_finished(form, &job.query.sparse))
                });
                answer.unwrap_or_else(|error| Finished::of_error(&error))
            }
        };
        if let Some(quota) = quota {
            finished.quota(quota);
        }
        finished
    }

    fn job<'a>(
        &'a self,
        emulator: &'a Emulator,
        tx: &'a mut Tx,
        now: Moment,
        form: Form,
    ) -> Result<Job<'a>, ApiError> {
        let raw_query = self.parts.uri.query().unwrap_or_default();
        Ok(Job {
            state: tx,
            config: emulator.config(),
            now,
            id: self.id.as_deref().unwrap_or_default(),
            path: self.parts.uri.path(),
            raw_query,
            query: Query::parse(raw_query)?,
            body: self.read_body()?,
            version: form.version,
            is_plain: form.inflection == Inflection::Kebab,
            templates_are_readable: emulator.templates_are_readable(),
        })
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

    fn perform(&self, job: &mut Job<'_>) -> Result<Answer, ApiError> {
        match self.operation {
            Operation::List => inquiries::list(job),
            Operation::Create => create::create(job),
            Operation::Retrieve => inquiries::retrieve(job),
            Operation::Update => inquiries::update(job),
            Operation::Redact => review::redact(job),
            Operation::Resume => inquiries::resume(job),
            Operation::OneTimeLink => inquiries::one_time_link(job),
            Operation::Approve => review::approve(job),
            Operation::Decline => review::decline(job),
            Operation::MarkForReview => review::mark_for_review(job),
            Operation::Expire => review::expire(job),
            Operation::AddTag => review::add_tag(job),
            Operation::RemoveTag => review::remove_tag(job),
            Operation::SetTags => review::set_tags(job),
            Operation::SessionList => sessions::list(job),
            Operation::SessionCreate => sessions::create(job),
            Operation::SessionRetrieve => sessions::retrieve(job),
            Operation::SessionExpire => sessions::expire(job),
            Operation::SessionExpireAll => sessions::expire_all(job),
            Operation::SessionOneTimeLink => sessions::one_time_link(job),
            Operation::TemplateList => templates::list(job),
            Operation::Template => templates::retrieve(job),
            Operation::EventList => events::list(job),
            Operation::EventRetrieve => events::retrieve(job),
            Operation::Print => print::print(job),
            Operation::Search => search::search(job),
            Operation::Simulate => simulate::perform(job),
            Operation::WebhookList => webhooks::list(job),
            Operation::WebhookCreate => webhooks::create(job),
            Operation::WebhookRetrieve => webhooks::retrieve(job),
            Operation::WebhookUpdate => webhooks::update(job),
            Operation::WebhookArchive => webhooks::archive(job),
            Operation::WebhookEnable => webhooks::enable(job),
            Operation::WebhookDisable => webhooks::disable(job),
            Operation::WebhookRotateSecret => webhooks::rotate_secret(job),
            Operation::WebhookClone => webhooks::clone(job),
        }
    }
}

impl Answer {
    fn into_finished(self, form: Form, sparse: &[(String, Vec<String>)]) -> Finished {
        match self.payload {
            Payload::Json(mut document) => {
                keep_wanted(&mut document, sparse);
                let inflect_fields = form.version.is_before_fields_only();
                Finished::json(
                    self.status,
                    &form.inflection.apply(document, inflect_fields),
                )
            }
            Payload::Text(text) => Finished::text(self.status, text),
            Payload::Pdf(pages) => {
                Finished::raw(self.status, "application/pdf", Bytes::from(pages))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn a_request_is_one_commit_with_its_kept_answer() {
        let emulator = Emulator::open(Config::default()).unwrap();
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
            operation: Operation::Create,
            id: None,
            parts,
            body: Bytes::from(body.to_string()),
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
        let emulator = Emulator::open(Config::default()).unwrap();
        let (parts, ()) = Request::get("/api/v1/inquiries")
            .body(())
            .unwrap()
            .into_parts();
        let call = Call {
            operation: Operation::List,
            id: None,
            parts,
            body: Bytes::new(),
            since: Some(emulator.with(|state, _| state.reset_count())),
        };
        assert!(call.execute(&emulator).is_some());
        emulator.reset().unwrap();
        assert!(call.execute(&emulator).is_none());
    }
}
