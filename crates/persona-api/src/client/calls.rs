//! The calls, and how persistently each is made.

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
    request::{IdempotencyKey, InquiryFilter},
    throttle::Priority,
    transport::{Call, Connection, ENVIRONMENT_ID, REQUEST_ID, Response, Transport},
};
use crate::{InquiryId, TemplateId};

/// How often a call that may be repeated is sent at most.
const MAX_TRIES: u32 = 4;
/// How long Persona may take for an answer before a missing one speaks against it: many times what it
/// usually takes. A caller's deadline may come sooner.
const FAIR_RESPONSE_TIME: Duration = Duration::from_secs(3);

/// A client of Persona's API. Cheap to clone; clones share connections, the breaker and the budget.
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
    /// Prepares the connections; nothing is sent yet.
    ///
    /// # Errors
    /// If the key or the version cannot be a header's value, or TLS cannot be set up.
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

    /// The same client with an observer, which its clones share.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        Self {
            breaker: Arc::new(Breaker::new(Some(Arc::clone(&observer)))),
            observer: Some(observer),
            ..self
        }
    }

    /// The same client for work that nobody waits for: it stands back when little is left of
    /// Persona's rate limit.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self {
            priority: Priority::Background,
            ..self.clone()
        }
    }

    /// How far apart calls must be that nobody waits for, over all processes: they may take a
    /// quarter of Persona's rate limit.
    #[must_use]
    pub fn background_interval(&self) -> Duration {
        self.transport.throttle().background_interval()
    }

    /// Whether a person's call had to wait for the rate limit within the last minute, or was
    /// refused for it.
    #[must_use]
    pub fn was_recently_throttled(&self) -> bool {
        self.transport.throttle().was_recently_throttled()
    }

    /// The same client, which notes in this log what it sends.
    #[must_use]
    pub fn with_log(&self, log: &CallLog) -> Self {
        Self {
            log: Some(log.clone()),
            ..self.clone()
        }
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
        self.budget.deposit();
        let call = Call::post(Operation::CreateInquiry, &["inquiries"], body);
        let response = self
            .send(call.with_idempotency_key(idempotency_key), 1, deadline)
            .await?;
        Ok(response.decode::<InquiryDocument>()?.data)
    }

    /// Takes a retry out of the budget that all calls share, for a create that is sent again.
    #[must_use]
    pub fn spend_retry(&self) -> bool {
        self.budget.withdraw()
    }

    /// Lists inquiries, newest first. Sees what was created a moment ago, which search does not.
    ///
    /// # Errors
    /// See [`ErrorKind`]. One unreadable inquiry makes the whole list [`ErrorKind::InvalidResponse`].
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

    /// Asks for the smallest list there is, and returns the environment's ID if the answer names
    /// it: what a start needs to know about its key.
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

    /// Resumes a pending or expired inquiry: makes a token to open it with, and turns expired
    /// into pending (docs.withpersona.com/docs/resuming-inquiries).
    ///
    /// # Errors
    /// See [`ErrorKind`]. An answer without a token is [`ErrorKind::InvalidResponse`]: it would open
    /// nothing.
    pub async fn resume_inquiry(
        &self,
        id: &InquiryId,
        deadline: Instant,
    ) -> Result<ResumedInquiry, Error> {
        let path = ["inquiries", id.as_str(), "resume"];
        let call = Call::post(Operation::ResumeInquiry, &path, br#"{"meta":{}}"#.to_vec());
        self.send_with_retries(call, deadline, |response| {
            let resumed = response.decode::<ResumeDocument>()?.into_resumed_inquiry();
            resumed.ok_or_else(|| response.invalid_response("no session token in it"))
        })
        .await
    }

    /// Expires an inquiry with its sessions. It does no harm to repeat it; Persona may refuse it
    /// for an inquiry that has ended already.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn expire_inquiry(&self, id: &InquiryId, deadline: Instant) -> Result<(), Error> {
        let path = ["inquiries", id.as_str(), "expire"];
        let call = Call::post(Operation::ExpireInquiry, &path, b"{}".to_vec());
        self.send_with_retries(call, deadline, |_| Ok(())).await
    }

    /// Sets where the hosted flow leads back to at its end. One-time links take it from the
    /// inquiry (docs.withpersona.com/docs/hosted-flow-redirecting-on-complete).
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
        self.send_with_retries(call, deadline, |response| {
            let link = response.decode::<OneTimeLinkDocument>()?.into_link();
            link.ok_or_else(|| response.invalid_response("no one-time link in it"))
        })
        .await
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

    /// Whether an inquiry was made from another version of its template than the one that was
    /// published when the template was first read: never, where the key may not read it.
    #[must_use]
    pub fn has_other_template_version(&self, inquiry: &Inquiry) -> bool {
        let published = self.published_version.get();
        published
            .zip(inquiry.template_version_id.as_ref())
            .is_some_and(|(published, made_from)| published != made_from)
    }

    /// Sends a call that does no harm when it is sent twice, until its answer can be decoded, it fails
    /// for good, or the deadline or the budget ends.
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
            let sent = self.send(call.clone(), tries, deadline).await;
            let error = match sent.and_then(|response| decode(&response)) {
                Ok(decoded) => return Ok(decoded),
                // A retry that was not sent says less than the try before it.
                Err(error) if !error.kind.is_sent() => return Err(last_error.unwrap_or(error)),
                Err(error) => error,
            };
            let Some(wait) = retry_delay(&error.kind, tries) else {
                return Err(error);
            };
            let is_in_time = deadline.saturating_duration_since(Instant::now()) > wait;
            // What nobody waits for is repeated by its caller, at the pace of the background.
            let is_background = self.priority == Priority::Background;
            if is_background || tries == MAX_TRIES || !is_in_time || !self.budget.withdraw() {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            tries += 1;
            last_error = Some(error);
        }
    }

    async fn send(&self, call: Call<'_>, tries: u32, deadline: Instant) -> Result<Response, Error> {
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
            // Our own time was short: that says nothing about Persona.
            Some(ErrorKind::Timeout) if elapsed < FAIR_RESPONSE_TIME => drop(permit),
            Some(ErrorKind::DeadlineExceeded) => drop(permit),
            // A call counts once, however often it is tried.
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

/// How long to wait before the same call is sent again; `None` if that would not help.
fn retry_delay(kind: &ErrorKind, attempts: u32) -> Option<Duration> {
    match kind {
        ErrorKind::RateLimited {
            reset_after: Some(reset_after),
            // Not all who wait for the new window at once.
        } => Some(*reset_after + full_jitter(attempts)),
        kind if kind.is_transient() => Some(full_jitter(attempts)),
        _ => None,
    }
}
