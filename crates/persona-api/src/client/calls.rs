//! The operations of the client and their retry policy.
//!
//! Longer than 400 lines: one short method for each operation.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    backoff::{RetryBudget, full_jitter},
    breaker::Breaker,
    call_log::{CallLog, CallRecord},
    decode::{
        Inquiry, InquiryDocument, InquiryPage, InquiryTemplate, ListDocument, OneTimeLink,
        OneTimeLinkDocument, ResumeDocument, ResumedInquiry, TemplateDocument,
    },
    error::{Error, ErrorKind, Operation, SetupError},
    header,
    observer::Observer,
    request::{IdempotencyKey, InquiryFilter, Prefill},
    throttle::Priority,
    transport::{Call, Connection, ENVIRONMENT_ID, REQUEST_ID, Response, Transport},
};
use crate::{InquiryId, TemplateId};

/// The maximum number of attempts of an idempotent call.
const MAX_TRIES: u32 = 4;
/// A timeout after less than this does not count as an outage, because the caller's deadline was
/// short. Persona usually responds in a fraction of it.
const FAIR_RESPONSE_TIME: Duration = Duration::from_secs(3);

/// A client of Persona's API. Cheap to clone; clones share connections, circuit breaker and retry
/// budget.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    breaker: Arc<Breaker>,
    budget: Arc<RetryBudget>,
    priority: Priority,
    log: Option<CallLog>,
    observer: Option<Arc<dyn Observer>>,
    published_version: Arc<OnceLock<String>>,
}

impl Client {
    /// Creates a client. It sends nothing.
    ///
    /// # Errors
    /// If the API key or version is not a valid header value, or TLS cannot be set up.
    pub fn new(connection: &Connection) -> Result<Self, SetupError> {
        Ok(Self {
            transport: Transport::new(connection)?,
            breaker: Arc::new(Breaker::new(None)),
            budget: Arc::new(RetryBudget::new()),
            priority: Priority::Interactive,
            log: None,
            observer: None,
            published_version: Arc::default(),
        })
    }

    /// Adds an observer, which all clones share.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        Self {
            breaker: Arc::new(Breaker::new(Some(Arc::clone(&observer)))),
            observer: Some(observer),
            ..self
        }
    }

    /// A client for background work: its calls wait while little of Persona's rate limit is left,
    /// and it does not retry.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self {
            priority: Priority::Background,
            ..self.clone()
        }
    }

    /// The minimum interval between background calls, over all processes, so that they use at most
    /// a quarter of Persona's rate limit.
    #[must_use]
    pub fn background_interval(&self) -> Duration {
        self.transport.throttle().background_interval()
    }

    /// Whether an interactive call was throttled or rate limited within the last minute.
    #[must_use]
    pub fn was_recently_throttled(&self) -> bool {
        self.transport.throttle().was_recently_throttled()
    }

    /// A client that records its requests in this log.
    #[must_use]
    pub fn with_log(&self, log: &CallLog) -> Self {
        Self {
            log: Some(log.clone()),
            ..self.clone()
        }
    }

    /// Creates an inquiry from a body made by [`NewInquiry::to_body`](super::NewInquiry::to_body).
    /// The request is sent once.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn create_inquiry(
        &self,
        body: Vec<u8>,
        idempotency_key: Option<&IdempotencyKey>,
        deadline: Instant,
    ) -> Result<Inquiry, Error> {
        self.budget.deposit();
        let call = Call::post(Operation::CreateInquiry, &["inquiries"], body);
        let call = call.with_idempotency_key(idempotency_key);
        let response = self.send(&call, 1, deadline).await?;
        Ok(response.decode::<InquiryDocument>()?.data)
    }

    /// Withdraws one retry from the shared budget, for a create that is sent again; `false` if the
    /// budget is exhausted.
    #[must_use]
    pub fn spend_retry(&self) -> bool {
        self.budget.withdraw()
    }

    /// Lists inquiries, newest first. Unlike search, the list includes inquiries created a moment
    /// ago.
    ///
    /// # Errors
    /// See [`ErrorKind`]. One undecodable inquiry makes the whole list
    /// [`ErrorKind::InvalidResponse`].
    pub async fn list_inquiries(
        &self,
        filter: InquiryFilter<'_>,
        deadline: Instant,
    ) -> Result<InquiryPage, Error> {
        let call = Call::get(Operation::ListInquiries, &["inquiries"]);
        let call = call.with_query(filter.to_query());
        self.send_with_retries(call, deadline, |response| {
            Ok(response.decode::<ListDocument>()?.into())
        })
        .await
    }

    /// Requests the smallest possible list to check the API key. Returns the environment's ID, if
    /// the response names it.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn probe_environment(&self, deadline: Instant) -> Result<Option<String>, Error> {
        let call = Call::get(Operation::ListInquiries, &["inquiries"]);
        let query = vec![("page[size]", "1".to_owned())];
        self.send_with_retries(call.with_query(query), deadline, |response| {
            response.decode::<ListDocument>()?;
            Ok(header::text(&response.headers, &ENVIRONMENT_ID))
        })
        .await
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
        let query = vec![("fields[inquiry]", super::decode::ATTRIBUTES_READ.to_owned())];
        let call = Call::get(Operation::RetrieveInquiry, &path);
        self.send_with_retries(call.with_query(query), deadline, |response| {
            Ok(response.decode::<InquiryDocument>()?.data)
        })
        .await
    }

    /// Resumes a pending or expired inquiry: creates a session token and changes expired to pending
    /// (docs.withpersona.com/docs/resuming-inquiries).
    ///
    /// # Errors
    /// See [`ErrorKind`]. A response without a token is [`ErrorKind::InvalidResponse`].
    pub async fn resume_inquiry(
        &self,
        id: &InquiryId,
        deadline: Instant,
    ) -> Result<ResumedInquiry, Error> {
        let path = ["inquiries", id.as_str(), "resume"];
        let call = Call::post(Operation::ResumeInquiry, &path, br#"{"meta":{}}"#.to_vec());
        self.send_with_retries(call, deadline, |response| {
            let document = response.decode::<ResumeDocument>()?;
            let resumed = document.into_resumed_inquiry(response.inquiry());
            resumed.ok_or_else(|| response.invalid_response("no session token in it"))
        })
        .await
    }

    /// Expires an inquiry and its sessions. Repeating it is safe; Persona may reject it for an
    /// inquiry that is finished.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn expire_inquiry(&self, id: &InquiryId, deadline: Instant) -> Result<(), Error> {
        let path = ["inquiries", id.as_str(), "expire"];
        let call = Call::post(Operation::ExpireInquiry, &path, b"{}".to_vec());
        self.send_with_retries(call, deadline, |_| Ok(())).await
    }

    /// Sets the URI to which the hosted flow redirects on completion. One-time links take it from
    /// the inquiry (docs.withpersona.com/docs/hosted-flow-redirecting-on-complete).
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn set_redirect_uri(
        &self,
        id: &InquiryId,
        redirect_uri: &str,
        deadline: Instant,
    ) -> Result<(), Error> {
        let path = ["inquiries", id.as_str()];
        let body = serde_json::json!({"data": {"attributes": {"redirect-uri": redirect_uri}}});
        let call = Call::patch(
            Operation::UpdateInquiry,
            &path,
            body.to_string().into_bytes(),
        );
        self.send_with_retries(call, deadline, |_| Ok(())).await
    }

    /// Replaces the prefilled fields of an inquiry. An empty name becomes null.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn update_prefill(
        &self,
        id: &InquiryId,
        person: Prefill<'_>,
        deadline: Instant,
    ) -> Result<(), Error> {
        let path = ["inquiries", id.as_str()];
        let body = serde_json::json!({"data": {"attributes": {"fields": person.to_fields()}}});
        let call = Call::patch(
            Operation::UpdateInquiry,
            &path,
            body.to_string().into_bytes(),
        );
        self.send_with_retries(call, deadline, |_| Ok(())).await
    }

    /// Generates a link to the hosted flow that works once
    /// (docs.withpersona.com/docs/inquiry-one-time-links).
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
        self.send_with_retries(call, deadline, |response| {
            let document = response.decode::<OneTimeLinkDocument>()?;
            let link = document.into_link(response.inquiry());
            link.ok_or_else(|| response.invalid_response("no one-time link in it"))
        })
        .await
    }

    /// Retrieves an inquiry template. Persona denies this to sandbox keys.
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
        let template: InquiryTemplate = self
            .send_with_retries(call, deadline, |response| {
                Ok(response.decode::<TemplateDocument>()?.into())
            })
            .await?;
        if let Some(version) = &template.latest_published_version_id {
            let _ = self.published_version.set(version.clone());
        }
        Ok(template)
    }

    /// Whether the inquiry belongs to another template version than the one that was published when
    /// the template was retrieved. `false` if the key may not retrieve the template.
    #[must_use]
    pub fn has_other_template_version(&self, inquiry: &Inquiry) -> bool {
        let published = self.published_version.get();
        published
            .zip(inquiry.template_version_id.as_ref())
            .is_some_and(|(published, made_from)| published != made_from)
    }

    /// Sends an idempotent call until its response is decoded, a permanent error occurs, or the
    /// deadline or the retry budget ends.
    async fn send_with_retries<T>(
        &self,
        call: Call<'_>,
        deadline: Instant,
        decode: impl Fn(&Response) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.budget.deposit();
        let mut tries = 1;
        let mut last_error = None;
        loop {
            let sent = self.send(&call, tries, deadline).await;
            let error = match sent.and_then(|response| decode(&response)) {
                Ok(decoded) => return Ok(decoded),
                // An unsent retry gives less information than the attempt before it.
                Err(error) if !error.kind.is_sent() => return Err(last_error.unwrap_or(error)),
                Err(error) => error,
            };
            let Some(wait) = retry_delay(&error.kind, tries) else {
                return Err(error);
            };
            let is_in_time = deadline.saturating_duration_since(Instant::now()) > wait;
            // The caller repeats background work, at the interval of the background throttle.
            let is_background = self.priority == Priority::Background;
            if is_background || tries == MAX_TRIES || !is_in_time || !self.budget.withdraw() {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            tries += 1;
            last_error = Some(error);
        }
    }

    async fn send(
        &self,
        call: &Call<'_>,
        tries: u32,
        deadline: Instant,
    ) -> Result<Response, Error> {
        let operation = call.operation;
        let unsent = |kind| Error {
            operation,
            kind,
            request_id: None,
        };
        self.transport
            .wait_for_throttle(self.priority, deadline)
            .await
            .map_err(unsent)?;
        if Instant::now() >= deadline {
            return Err(unsent(ErrorKind::DeadlineExceeded));
        }
        let Some(permit) = self.breaker.permit() else {
            return Err(unsent(ErrorKind::CircuitOpen));
        };
        let started = Instant::now();
        let result = self.transport.exchange(call, deadline).await;
        let elapsed = started.elapsed();
        if self.priority == Priority::Interactive
            && let Err(error) = &result
            && matches!(error.kind, ErrorKind::RateLimited { .. })
        {
            self.transport.throttle().record_interactive_wait();
        }
        match result.as_ref().err().map(|error| &error.kind) {
            // The deadline was short, which says nothing about Persona.
            Some(ErrorKind::Timeout) if elapsed < FAIR_RESPONSE_TIME => drop(permit),
            Some(ErrorKind::DeadlineExceeded) => drop(permit),
            // A call counts once, regardless of its attempts.
            Some(kind) if kind.is_outage() && tries > 1 => permit.failed_again(),
            Some(kind) if kind.is_outage() => permit.failed(),
            _ => permit.succeeded(),
        }
        let (status, failure, request_id) = match &result {
            Ok(response) => (
                Some(response.status.as_u16()),
                None,
                header::text(&response.headers, &REQUEST_ID),
            ),
            Err(error) => (
                error.kind.http_status(),
                Some(error.kind.name()),
                error.request_id.clone(),
            ),
        };
        if let Some(observer) = &self.observer {
            observer.call_ended(operation, failure.unwrap_or("ok"), elapsed);
        }
        tracing::debug!(
            persona.operation = operation.name(),
            persona.request_id = request_id,
            http.status = status,
            error = result.as_ref().err().map(|error| error.kind.to_string()),
            elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            "called Persona"
        );
        if let Some(log) = &self.log {
            log.record(CallRecord {
                operation,
                sent: started,
                elapsed,
                status,
                failure,
                request_id,
            });
        }
        result
    }
}

/// The delay before the next attempt; `None` for a permanent error.
fn retry_delay(kind: &ErrorKind, attempts: u32) -> Option<Duration> {
    match kind {
        ErrorKind::RateLimited {
            reset_after: Some(reset_after),
            // Jitter spreads the retries over the new window.
        } => Some(*reset_after + full_jitter(attempts)),
        kind if kind.is_transient() => Some(full_jitter(attempts)),
        _ => None,
    }
}
