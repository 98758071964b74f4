//! One request, one transaction.
//!
//! A [`Tx`] changes the state in memory at once, so that what follows in the same request reads it,
//! and remembers every row as it was before. Only the [`Store`] ends it: it commits all changes
//! together, or rolls them back.
//!
//! [`Store`]: super::Store

use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value;

use super::kept_responses::KeptResponse;
use super::state::{Record, State};
use crate::core::clock::{Clock, Moment};
use crate::core::ids::Entropy;
use crate::core::model::{
    Account, ApiKey, Case, Delivery, Event, EventName, Inquiry, OneTimeLink, Report,
    ReportSettings, Session, Subject, Template, Webhook, WorkflowRun,
};

/// A row before and after a change. A new row has no `before`, a deleted row has no `after`.
#[derive(Debug)]
pub(super) struct Change {
    /// The number of the row in its table.
    pub(super) number: u64,
    pub(super) before: Option<Record>,
    pub(super) after: Option<Record>,
}

impl Change {
    /// The ID of the object that this change redacted: a report, a case, or an inquiry, itself or one
    /// of its verifications.
    pub(super) fn redacted(&self) -> Option<&str> {
        match (&self.before, &self.after) {
            (Some(Record::Inquiry(before)), Some(Record::Inquiry(after)))
                if redactions(before) < redactions(after) =>
            {
                Some(&after.id)
            }
            (Some(Record::Report(before)), Some(Record::Report(after)))
                if before.redacted_at != after.redacted_at =>
            {
                Some(&after.id)
            }
            (Some(Record::Case(before)), Some(Record::Case(after)))
                if before.redacted_at != after.redacted_at =>
            {
                Some(&after.id)
            }
            _ => None,
        }
    }

    /// Kind and number of the row, and its new content.
    pub(super) fn row(&self) -> ((i64, u64), Option<&Record>) {
        let either = self.after.as_ref().or(self.before.as_ref());
        let kind = either.map_or(0, Record::kind);
        ((kind, self.number), self.after.as_ref())
    }
}

/// How much of an inquiry is redacted: itself, and its verifications.
pub(super) fn redactions(inquiry: &Inquiry) -> usize {
    let verifications = inquiry.verifications.iter();
    let redacted = verifications.filter(|verification| verification.redacted_at.is_some());
    redacted.count() + usize::from(inquiry.redacted_at.is_some())
}

/// The state with the uncommitted changes of one request. Reads see the changes.
#[derive(Debug)]
pub(crate) struct Tx {
    pub(super) state: State,
    pub(super) changes: Vec<Change>,
}

impl Deref for Tx {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl Tx {
    /// A transaction without changes.
    pub(super) fn new(state: State) -> Self {
        Self {
            state,
            changes: Vec::new(),
        }
    }

    /// Rolls all changes back.
    pub(super) fn roll_back(&mut self) {
        for change in self.changes.drain(..).rev() {
            self.state.undo(change);
        }
    }

    pub(super) fn put(&mut self, record: Record) {
        self.state.apply(record, &mut self.changes);
    }

    /// Prepares the state for a run of the sandbox: an unused identifier source, and a clock at
    /// normal speed.
    pub(super) fn begin_run(&mut self, seed: Option<u64>, id_source: u64) {
        self.put(Record::IdSource(id_source));
        self.state.entropy = Entropy::new(seed, id_source);
        if self.is_new() {
            let key = self.entropy().code(48);
            self.put(Record::TokenKey(key));
            self.put(Record::Clock(Clock::wall()));
        }
        let clock = self.clock();
        if clock.speed() != 1.0 {
            // The speed belonged to a test that has ended. It must not multiply the time since
            // then.
            let clock = clock.at_normal_speed();
            self.set_clock(clock);
            tracing::warn!(
                sandbox.now = %clock.now(),
                "the sandbox's clock runs at normal speed again, from where it stood"
            );
        }
    }

    /// Reserves the number of an unused identifier source.
    pub(crate) fn next_id_source(&mut self) -> u64 {
        let next = self.id_source + 1;
        self.put(Record::IdSource(next));
        next
    }

    /// Sets the start of links to files.
    pub(crate) fn set_files_url(&mut self, url: &str) {
        url.clone_into(&mut self.state.files_url);
    }

    /// Adds or changes a template.
    pub(crate) fn put_template(&mut self, template: Template) {
        self.put(Record::Template(Arc::new(template)));
    }

    /// Adds or changes an account.
    pub(crate) fn put_account(&mut self, account: Arc<Account>) {
        self.put(Record::Account(account));
    }

    /// Adds or changes a case.
    pub(crate) fn put_case(&mut self, case: Arc<Case>) {
        self.put(Record::Case(case));
    }

    /// Adds or changes a report.
    pub(crate) fn put_report(&mut self, report: Arc<Report>) {
        self.put(Record::Report(report));
    }

    /// Sets what reports find.
    pub(crate) fn set_report_settings(&mut self, settings: ReportSettings) {
        self.put(Record::ReportSettings(Arc::new(settings)));
    }

    /// Adds or changes an API key.
    pub(crate) fn put_api_key(&mut self, key: Arc<ApiKey>) {
        self.put(Record::ApiKey(key));
    }

    /// Adds a run of a workflow.
    pub(crate) fn put_workflow_run(&mut self, run: Arc<WorkflowRun>) {
        self.put(Record::WorkflowRun(run));
    }

    /// Adds or changes a session.
    pub(crate) fn put_session(&mut self, session: Arc<Session>) {
        self.put(Record::Session(session));
    }

    /// Adds or changes a one-time link.
    pub(crate) fn put_one_time_link(&mut self, link: Arc<OneTimeLink>) {
        self.put(Record::OneTimeLink(link));
    }

    /// Adds or changes a webhook. Pending deliveries of a webhook that is not enabled are
    /// cancelled.
    pub(crate) fn put_webhook(&mut self, webhook: Arc<Webhook>) {
        self.put(Record::Webhook(webhook));
    }

    /// Removes a webhook, and cancels its pending deliveries.
    pub(crate) fn remove_webhook(&mut self, id: &str) {
        if let Some(webhook) = self.state.webhooks.find(id).cloned() {
            self.state.cancel_deliveries(id, &mut self.changes);
            let gone = self.state.unset(&Record::Webhook(webhook));
            self.changes.extend(gone);
        }
    }

    /// Changes a delivery.
    pub(crate) fn put_delivery(&mut self, delivery: Arc<Delivery>) {
        self.put(Record::Delivery(delivery));
    }

    /// Keeps the response of an idempotency key, and drops expired ones.
    pub(crate) fn keep_response(&mut self, response: KeptResponse) {
        self.put(Record::KeptResponse(Arc::new(response)));
    }

    /// Sets the clock.
    pub(crate) fn set_clock(&mut self, clock: Clock) {
        self.put(Record::Clock(clock));
    }

    /// Emits an event about `subject`: the event itself, and a delivery to each webhook that
    /// subscribes to it.
    pub(crate) fn emit(&mut self, name: EventName, subject: impl Into<Subject>, at: Moment) {
        self.emit_with_context(name, subject, at, None);
    }

    /// Like [`Tx::emit`], with details of the cause.
    pub(crate) fn emit_with_context(
        &mut self,
        name: EventName,
        subject: impl Into<Subject>,
        at: Moment,
        context: Option<Value>,
    ) {
        let subject = subject.into();
        let id = self.entropy().id("evt");
        let subscribed: Vec<_> = self
            .webhooks
            .oldest_first()
            .filter(|webhook| webhook.subscribes_to(name))
            .map(|webhook| webhook.id.clone())
            .collect();
        for webhook_id in subscribed {
            let number = self.deliveries.next_number();
            let delivery = Delivery::new(number, &webhook_id, &id, at);
            self.put_delivery(Arc::new(delivery));
        }
        self.put(Record::Event(Arc::new(Event {
            id,
            name,
            created_at: at,
            subject,
            context,
        })));
    }

    /// Changes an event that was emitted before, without another delivery.
    pub(crate) fn rewrite_event(&mut self, event: Event) {
        self.put(Record::Event(Arc::new(event)));
    }

    /// The identifier source. A rollback does not return the identifiers that were drawn.
    pub(crate) fn entropy(&mut self) -> &mut Entropy {
        &mut self.state.entropy
    }

    /// Replaces the identifier source, and returns the previous one.
    pub(crate) fn replace_entropy(&mut self, entropy: Entropy) -> Entropy {
        std::mem::replace(&mut self.state.entropy, entropy)
    }
}
