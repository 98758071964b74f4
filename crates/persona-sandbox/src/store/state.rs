//! The state in memory: every record in its table, and the schedule of due changes.
//!
//! Any code may read it; only [`Tx`](super::Tx) changes it. The caller passes `now`; nothing here
//! reads a clock.
//!
//! Longer than 400 lines: one short method for each question to the tables.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::deliveries::Deliveries;
use super::kept_responses::{KeptResponse, KeptResponses};
use super::table::Table;
use super::tx::{Change, redactions};
use crate::core::clock::{Clock, Moment};
use crate::core::ids::Entropy;
use crate::core::model::{
    Account, ApiKey, Case, Delivery, DeliveryStatus, Entity, Event, Inquiry, OneTimeLink, Report,
    ReportSettings, Session, Template, Verification, Webhook, WebhookStatus, WorkflowRun,
};

/// One row of the state file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Record {
    /// The key that signs session tokens.
    TokenKey(String),
    Clock(Clock),
    /// The number of the current identifier source. Restarts, resets and seeded scenarios each take
    /// a new one.
    IdSource(u64),
    Template(Arc<Template>),
    Account(Arc<Account>),
    Inquiry(Arc<Inquiry>),
    Session(Arc<Session>),
    OneTimeLink(Arc<OneTimeLink>),
    Event(Arc<Event>),
    Webhook(Arc<Webhook>),
    Delivery(Arc<Delivery>),
    #[serde(rename = "answer")]
    KeptResponse(Arc<KeptResponse>),
    Case(Arc<Case>),
    WorkflowRun(Arc<WorkflowRun>),
    Report(Arc<Report>),
    ReportSettings(Arc<ReportSettings>),
    ApiKey(Arc<ApiKey>),
}

impl Record {
    /// The number of its kind in the state file.
    pub(super) fn kind(&self) -> i64 {
        match self {
            Self::TokenKey(_) => 0,
            Self::Clock(_) => 1,
            Self::IdSource(_) => 2,
            Self::Template(_) => 3,
            Self::Account(_) => 4,
            Self::Inquiry(_) => 5,
            Self::Session(_) => 6,
            Self::OneTimeLink(_) => 7,
            Self::Event(_) => 8,
            Self::Webhook(_) => 9,
            Self::Delivery(_) => 10,
            Self::KeptResponse(_) => 11,
            Self::Case(_) => 12,
            Self::WorkflowRun(_) => 13,
            Self::Report(_) => 14,
            Self::ReportSettings(_) => 15,
            Self::ApiKey(_) => 16,
        }
    }
}

/// An object with a scheduled change: an expiry, or the decision of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Inquiry(String),
    Session(String),
}

/// All records of the sandbox.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) entropy: Entropy,
    pub(super) id_source: u64,
    /// Empty in a state that was never set up.
    token_key: String,
    clock: Clock,
    pub(crate) templates: Table<Template>,
    pub(crate) accounts: Table<Account>,
    pub(crate) inquiries: Table<Inquiry>,
    pub(crate) sessions: Table<Session>,
    pub(crate) one_time_links: Table<OneTimeLink>,
    pub(crate) events: Table<Event>,
    pub(crate) webhooks: Table<Webhook>,
    pub(crate) deliveries: Deliveries,
    pub(crate) kept_responses: KeptResponses,
    pub(crate) cases: Table<Case>,
    pub(crate) workflow_runs: Table<WorkflowRun>,
    pub(crate) reports: Table<Report>,
    report_settings: Arc<ReportSettings>,
    pub(crate) api_keys: Table<ApiKey>,
    due: BTreeSet<(Moment, Due)>,
    /// The inquiry of each verification and each submitted object, by its ID.
    owners: HashMap<String, String>,
    /// The start of links to files; the configuration sets it.
    pub(super) files_url: String,
    pub(super) revision: u64,
    pub(super) reset_count: u64,
}

impl State {
    /// An empty state at wall time.
    pub(super) fn new() -> Self {
        Self {
            entropy: Entropy::new(None, 0),
            id_source: 0,
            token_key: String::new(),
            clock: Clock::wall(),
            templates: Table::default(),
            accounts: Table::default(),
            inquiries: Table::default(),
            sessions: Table::default(),
            one_time_links: Table::default(),
            events: Table::default(),
            webhooks: Table::default(),
            deliveries: Deliveries::default(),
            kept_responses: KeptResponses::default(),
            cases: Table::default(),
            workflow_runs: Table::default(),
            reports: Table::default(),
            report_settings: Arc::default(),
            api_keys: Table::default(),
            due: BTreeSet::new(),
            owners: HashMap::new(),
            files_url: String::new(),
            revision: 0,
            reset_count: 0,
        }
    }

    /// Stores a record and applies its consequences.
    pub(super) fn apply(&mut self, record: Record, changes: &mut Vec<Change>) {
        match &record {
            Record::Inquiry(inquiry) if redactions(inquiry) > 0 => {
                let known = self.inquiries.find(&inquiry.id);
                if known.is_some_and(|before| redactions(before) < redactions(inquiry)) {
                    self.erase_kept_responses(&inquiry.id, changes);
                }
            }
            Record::Report(report)
                if report.redacted_at.is_some() && !self.is_redacted(&report.id) =>
            {
                self.erase_kept_responses(&report.id, changes);
            }
            Record::Case(case) if case.redacted_at.is_some() && !self.is_redacted(&case.id) => {
                self.erase_kept_responses(&case.id, changes);
            }
            Record::Webhook(webhook) if webhook.status != WebhookStatus::Enabled => {
                self.cancel_deliveries(&webhook.id, changes);
            }
            Record::KeptResponse(answer) => {
                for finished in self.kept_responses.expired_by(answer.at) {
                    changes.extend(self.unset(&Record::KeptResponse(finished)));
                }
            }
            _ => {}
        }
        changes.push(self.set(record));
        while let Some(oldest) = self.deliveries.prune() {
            changes.push(Change {
                number: oldest.number,
                before: Some(Record::Delivery(oldest)),
                after: None,
            });
        }
    }

    /// Removes a redacted object from the responses that idempotency keys keep. The keys stay
    /// used.
    fn erase_kept_responses(&mut self, id: &str, changes: &mut Vec<Change>) {
        for answer in self.kept_responses.mentioning(id) {
            changes.push(self.set(Record::KeptResponse(Arc::new(answer.without_body()))));
        }
    }

    pub(super) fn cancel_deliveries(&mut self, webhook_id: &str, changes: &mut Vec<Change>) {
        for delivery in self.deliveries.pending_for(webhook_id) {
            let canceled = Arc::new(delivery.with_final_status(DeliveryStatus::Canceled));
            changes.push(self.set(Record::Delivery(canceled)));
        }
    }

    /// Puts a row into its table.
    fn set(&mut self, record: Record) -> Change {
        fn row<T>(
            (number, before): (u64, Option<Arc<T>>),
            wrap: fn(Arc<T>) -> Record,
        ) -> (u64, Option<Record>) {
            (number, before.map(wrap))
        }
        let after = Some(record.clone());
        let (number, before) = match record {
            Record::TokenKey(key) => {
                let before = std::mem::replace(&mut self.token_key, key);
                (0, Some(Record::TokenKey(before)))
            }
            Record::Clock(clock) => {
                let before = std::mem::replace(&mut self.clock, clock);
                (0, Some(Record::Clock(before)))
            }
            Record::IdSource(id_source) => {
                let before = std::mem::replace(&mut self.id_source, id_source);
                (0, Some(Record::IdSource(before)))
            }
            Record::Template(template) => row(self.templates.put(template), Record::Template),
            Record::Account(account) => row(self.accounts.put(account), Record::Account),
            Record::Inquiry(inquiry) => {
                let (id, due) = (inquiry.id.clone(), inquiry.due());
                self.index_objects(&inquiry);
                let (number, before) = self.inquiries.put(inquiry);
                let was_due = before.as_ref().and_then(|before| before.due());
                self.reschedule(Due::Inquiry(id), was_due, due);
                row((number, before), Record::Inquiry)
            }
            Record::Session(session) => {
                let (id, due) = (session.id.clone(), session.due());
                let (number, before) = self.sessions.put(session);
                let was_due = before.as_ref().and_then(|before| before.due());
                self.reschedule(Due::Session(id), was_due, due);
                row((number, before), Record::Session)
            }
            Record::OneTimeLink(link) => row(self.one_time_links.put(link), Record::OneTimeLink),
            Record::Event(event) => row(self.events.put(event), Record::Event),
            Record::Webhook(webhook) => row(self.webhooks.put(webhook), Record::Webhook),
            Record::Delivery(delivery) => {
                let number = delivery.number;
                row((number, self.deliveries.put(delivery)), Record::Delivery)
            }
            Record::KeptResponse(answer) => {
                row(self.kept_responses.put(answer), Record::KeptResponse)
            }
            Record::Case(case) => row(self.cases.put(case), Record::Case),
            Record::WorkflowRun(run) => row(self.workflow_runs.put(run), Record::WorkflowRun),
            Record::Report(report) => row(self.reports.put(report), Record::Report),
            Record::ReportSettings(settings) => {
                let before = std::mem::replace(&mut self.report_settings, settings);
                (0, Some(Record::ReportSettings(before)))
            }
            Record::ApiKey(key) => row(self.api_keys.put(key), Record::ApiKey),
        };
        Change {
            number,
            before,
            after,
        }
    }

    /// Removes a row from its table.
    pub(super) fn unset(&mut self, record: &Record) -> Option<Change> {
        fn row<T>(
            removed: Option<(u64, Arc<T>)>,
            wrap: fn(Arc<T>) -> Record,
        ) -> Option<(u64, Record)> {
            removed.map(|(number, before)| (number, wrap(before)))
        }
        let (number, before) = match record {
            // These rows always exist.
            Record::TokenKey(_)
            | Record::Clock(_)
            | Record::IdSource(_)
            | Record::ReportSettings(_) => None,
            Record::Template(it) => row(self.templates.remove(&it.id), Record::Template),
            Record::Account(it) => row(self.accounts.remove(&it.id), Record::Account),
            Record::Inquiry(it) => {
                let removed = self.inquiries.remove(&it.id);
                let was_due = removed.as_ref().and_then(|(_, inquiry)| inquiry.due());
                self.reschedule(Due::Inquiry(it.id.clone()), was_due, None);
                row(removed, Record::Inquiry)
            }
            Record::Session(it) => {
                let removed = self.sessions.remove(&it.id);
                let was_due = removed.as_ref().and_then(|(_, session)| session.due());
                self.reschedule(Due::Session(it.id.clone()), was_due, None);
                row(removed, Record::Session)
            }
            Record::OneTimeLink(it) => {
                row(self.one_time_links.remove(&it.code), Record::OneTimeLink)
            }
            Record::Event(it) => row(self.events.remove(&it.id), Record::Event),
            Record::Webhook(it) => row(self.webhooks.remove(&it.id), Record::Webhook),
            Record::Delivery(it) => {
                let removed = self.deliveries.remove(it.number);
                row(removed.map(|row| (it.number, row)), Record::Delivery)
            }
            Record::KeptResponse(it) => {
                row(self.kept_responses.remove(it.id()), Record::KeptResponse)
            }
            Record::Case(it) => row(self.cases.remove(&it.id), Record::Case),
            Record::WorkflowRun(it) => row(self.workflow_runs.remove(&it.id), Record::WorkflowRun),
            Record::Report(it) => row(self.reports.remove(&it.id), Record::Report),
            Record::ApiKey(it) => row(self.api_keys.remove(&it.id), Record::ApiKey),
        }?;
        Some(Change {
            number,
            before: Some(before),
            after: None,
        })
    }

    /// Reverts a change.
    pub(super) fn undo(&mut self, change: Change) {
        match (change.before, change.after) {
            (Some(before), Some(_)) => {
                self.set(before);
            }
            (Some(before), None) => self.put_at(change.number, before),
            (None, Some(after)) => {
                self.unset(&after);
            }
            (None, None) => {}
        }
    }

    /// Puts a row back under its number.
    pub(super) fn put_at(&mut self, number: u64, record: Record) {
        match record {
            Record::TokenKey(_)
            | Record::Clock(_)
            | Record::IdSource(_)
            | Record::ReportSettings(_) => {
                self.set(record);
            }
            Record::Delivery(it) => self.deliveries.restore(it),
            Record::Template(it) => {
                self.templates.put_at(number, it);
            }
            Record::Account(it) => {
                self.accounts.put_at(number, it);
            }
            Record::Inquiry(it) => {
                self.reschedule(Due::Inquiry(it.id.clone()), None, it.due());
                self.index_objects(&it);
                self.inquiries.put_at(number, it);
            }
            Record::Session(it) => {
                self.reschedule(Due::Session(it.id.clone()), None, it.due());
                self.sessions.put_at(number, it);
            }
            Record::OneTimeLink(it) => {
                self.one_time_links.put_at(number, it);
            }
            Record::Event(it) => {
                self.events.put_at(number, it);
            }
            Record::Webhook(it) => {
                self.webhooks.put_at(number, it);
            }
            Record::KeptResponse(it) => self.kept_responses.put_at(number, it),
            Record::Case(it) => {
                self.cases.put_at(number, it);
            }
            Record::WorkflowRun(it) => {
                self.workflow_runs.put_at(number, it);
            }
            Record::Report(it) => {
                self.reports.put_at(number, it);
            }
            Record::ApiKey(it) => {
                self.api_keys.put_at(number, it);
            }
        }
    }

    /// Remembers which inquiry the verifications and submitted objects belong to. An entry of a
    /// change that was rolled back leads to an inquiry that does not have the object.
    fn index_objects(&mut self, inquiry: &Inquiry) {
        for verification in inquiry.verifications.iter().rev() {
            let ids = [Some(&verification.id), verification.submitted_id.as_ref()];
            let mut known = true;
            for id in ids.into_iter().flatten() {
                known &= self.owners.contains_key(id);
                self.owners.insert(id.clone(), inquiry.id.clone());
            }
            // Verifications are only added, so the ones before are indexed.
            if known {
                break;
            }
        }
    }

    /// The inquiry and the verification with this ID, or whose submitted object has it.
    pub(crate) fn verification(&self, id: &str) -> Option<(&Arc<Inquiry>, &Verification)> {
        let inquiry = self.inquiries.find(self.owners.get(id)?)?;
        let mut verifications = inquiry.verifications.iter();
        let is_it = |it: &&Verification| it.id == id || it.submitted_id.as_deref() == Some(id);
        Some((inquiry, verifications.find(is_it)?))
    }

    /// Whether the inquiry, report or case with this ID is redacted.
    pub(crate) fn is_redacted(&self, id: &str) -> bool {
        let inquiry = self.inquiries.find(id).map(|it| it.redacted_at);
        let report = || self.reports.find(id).map(|it| it.redacted_at);
        let case = || self.cases.find(id).map(|it| it.redacted_at);
        let redacted_at = inquiry.or_else(report).or_else(case);
        redacted_at.flatten().is_some()
    }

    /// What reports find.
    pub(crate) fn report_settings(&self) -> &Arc<ReportSettings> {
        &self.report_settings
    }

    /// The start of links to files.
    pub(crate) fn files_url(&self) -> &str {
        &self.files_url
    }

    fn reschedule(&mut self, what: Due, before: Option<Moment>, after: Option<Moment>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.due.remove(&(before, what.clone()));
        }
        if let Some(after) = after {
            self.due.insert((after, what));
        }
    }

    /// Every row with its number.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u64, Record)> {
        fn all<T: Entity>(
            table: &Table<T>,
            wrap: fn(Arc<T>) -> Record,
        ) -> impl Iterator<Item = (u64, Record)> {
            let rows = table.newest_first().rev();
            rows.map(move |(number, row)| (number, wrap(Arc::clone(row))))
        }
        [
            (0, Record::TokenKey(self.token_key.clone())),
            (0, Record::Clock(self.clock)),
            (0, Record::IdSource(self.id_source)),
            (0, Record::ReportSettings(Arc::clone(&self.report_settings))),
        ]
        .into_iter()
        .chain(all(&self.templates, Record::Template))
        .chain(all(&self.accounts, Record::Account))
        .chain(all(&self.inquiries, Record::Inquiry))
        .chain(all(&self.sessions, Record::Session))
        .chain(all(&self.one_time_links, Record::OneTimeLink))
        .chain(all(&self.events, Record::Event))
        .chain(all(&self.webhooks, Record::Webhook))
        .chain(
            self.deliveries
                .oldest_first()
                .map(|delivery| (delivery.number, Record::Delivery(Arc::clone(delivery)))),
        )
        .chain(all(self.kept_responses.rows(), Record::KeptResponse))
        .chain(all(&self.cases, Record::Case))
        .chain(all(&self.workflow_runs, Record::WorkflowRun))
        .chain(all(&self.reports, Record::Report))
        .chain(all(&self.api_keys, Record::ApiKey))
    }

    /// Whether the state was never set up.
    pub(super) fn is_new(&self) -> bool {
        self.token_key.is_empty()
    }

    /// The sandbox time.
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The clock, with its speed.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// The key that signs session tokens.
    pub(crate) fn token_key(&self) -> &str {
        &self.token_key
    }

    /// The next scheduled change, and when it is due.
    pub(crate) fn next_due(&self) -> Option<&(Moment, Due)> {
        self.due.first()
    }

    /// Whether a scheduled change is due at `now`.
    pub(crate) fn is_due(&self, now: Moment) -> bool {
        self.due.first().is_some_and(|(at, _)| *at <= now)
    }

    /// Grows with every commit.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Grows with every reset.
    pub(crate) fn reset_count(&self) -> u64 {
        self.reset_count
    }
}
