//! Everything the sandbox knows, in memory and in the journal.
//!
//! All changes go through [`State::commit`]: written to the journal first, then applied, whole or
//! not at all. Reads never touch the disk. The state takes `now` from its caller and knows no
//! HTTP; what may change into what is decided in `lifecycle`.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::WebhookTarget;
use super::api::StoredAnswer;
use super::clock::{Clock, Moment};
use super::ids::Entropy;
use super::journal::{Compacted, Compaction, Journal, LockedFile, OpenError, Replaced, WriteError};
use super::model::{
    Account, Delivery, Entity, Event, EventName, Inquiry, OneTimeLink, Session, Subject, Template,
    Webhook, WebhookStatus,
};
use super::table::Table;
use super::webhooks::Deliveries;

/// Where the sandbox keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateLocation {
    /// In this file, which is made if it does not exist.
    File(PathBuf),
    /// In memory: gone with the process.
    Memory,
}

/// One record of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Record {
    /// The key that signs session tokens.
    TokenKey(String),
    Clock(Clock),
    Template(Arc<Template>),
    Account(Arc<Account>),
    Inquiry(Arc<Inquiry>),
    Session(Arc<Session>),
    OneTimeLink(Arc<OneTimeLink>),
    Event(Arc<Event>),
    Webhook(Arc<Webhook>),
    Delivery(Arc<Delivery>),
    Answer(Arc<StoredAnswer>),
}

/// Something that time alone will change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Inquiry(String),
    Session(String),
}

/// How a state begins.
#[derive(Clone, Debug)]
pub(crate) struct Beginnings {
    /// The ID of the built-in KYC template.
    pub(crate) template_id: String,
    /// How long after the end of the flow its workflows decide.
    pub(crate) approve_after: Duration,
    /// Makes identifiers and faults reproducible.
    pub(crate) seed: Option<u64>,
    /// The webhook that is there from the start.
    pub(crate) webhook: Option<WebhookTarget>,
}

/// Everything the sandbox knows.
#[derive(Debug)]
pub(crate) struct State {
    journal: Journal,
    beginnings: Beginnings,
    entropy: Entropy,
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
    /// Answers that are kept for their idempotency keys.
    pub(crate) answers: Table<StoredAnswer>,
    due: BTreeSet<(Moment, Due)>,
    /// Inquiries that were redacted since they were last taken from here.
    redacted: Vec<String>,
    revision: u64,
}

impl State {
    /// Opens the state at `location`, or begins one there.
    pub(crate) fn open(
        location: &StateLocation,
        beginnings: Beginnings,
    ) -> Result<Self, OpenError> {
        match location {
            StateLocation::Memory => Ok(Self::begin(beginnings)),
            StateLocation::File(path) => Self::open_file(path, beginnings),
        }
    }

    fn open_file(path: &Path, beginnings: Beginnings) -> Result<Self, OpenError> {
        let file = LockedFile::acquire(path)?;
        let mut state = Self::begin(beginnings);
        let mut records = 0;
        file.read(|record: Record| {
            records += 1;
            state.apply(record);
        })?;
        state.entropy = Entropy::new(state.beginnings.seed, records);
        state.apply_settings();
        state.journal = Journal::File(Box::new(file.rewrite(state.records())?));
        Ok(state)
    }

    fn begin(beginnings: Beginnings) -> Self {
        let mut entropy = Entropy::new(beginnings.seed, 0);
        let mut state = Self {
            journal: Journal::Memory,
            token_key: entropy.code(48),
            entropy,
            clock: Clock::wall(),
            templates: Table::default(),
            accounts: Table::default(),
            inquiries: Table::default(),
            sessions: Table::default(),
            one_time_links: Table::default(),
            events: Table::default(),
            webhooks: Table::default(),
            deliveries: Deliveries::default(),
            answers: Table::default(),
            due: BTreeSet::new(),
            redacted: Vec::new(),
            revision: 0,
            beginnings,
        };
        state.apply_settings();
        state
    }

    /// The configured template exists, and its workflows decide when the configuration says.
    fn apply_settings(&mut self) {
        let id = &self.beginnings.template_id;
        let decide_after_ms =
            u64::try_from(self.beginnings.approve_after.as_millis()).unwrap_or(u64::MAX);
        let template = match self.templates.find(id) {
            Some(template) => Template {
                decide_after_ms,
                ..Template::clone(template)
            },
            None => Template::kyc(id, self.clock.now(), decide_after_ms),
        };
        self.templates.put(Arc::new(template));
        self.apply_webhook_settings();
    }

    /// Back to the beginning: nothing but the built-in template, at wall time.
    pub(crate) fn reset(&mut self) -> Result<(), WriteError> {
        let fresh = Self::begin(self.beginnings.clone());
        self.journal.rewrite(fresh.records())?;
        let journal = std::mem::replace(&mut self.journal, Journal::Memory);
        *self = Self {
            journal,
            revision: self.revision + 1,
            ..fresh
        };
        Ok(())
    }

    /// Writes a change down, then makes it so. If it cannot be written, nothing changes.
    pub(crate) fn commit(&mut self, mut change: Vec<Record>) -> Result<(), WriteError> {
        self.add_deliveries(&mut change);
        self.journal.append(&change)?;
        for record in change {
            self.apply(record);
        }
        self.revision += 1;
        Ok(())
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::TokenKey(key) => self.token_key = key,
            Record::Clock(clock) => self.clock = clock,
            Record::Template(template) => self.templates.put(template),
            Record::Account(account) => self.accounts.put(account),
            Record::Inquiry(inquiry) => {
                let before = self.inquiries.find(&inquiry.id);
                let was_open = before.is_some_and(|before| before.redacted_at.is_none());
                let before = before.and_then(|before| before.due());
                self.reschedule(Due::Inquiry(inquiry.id.clone()), before, inquiry.due());
                if was_open && inquiry.redacted_at.is_some() {
                    self.erase_copies(&inquiry.id);
                }
                self.inquiries.put(inquiry);
            }
            Record::Session(session) => {
                let before = self
                    .sessions
                    .find(&session.id)
                    .and_then(|session| session.due());
                self.reschedule(Due::Session(session.id.clone()), before, session.due());
                self.sessions.put(session);
            }
            Record::OneTimeLink(link) => self.one_time_links.put(link),
            Record::Event(event) => self.events.put(event),
            Record::Webhook(webhook) => {
                if webhook.status != WebhookStatus::Enabled {
                    self.deliveries.cancel(&webhook.id);
                }
                self.webhooks.put(webhook);
            }
            Record::Delivery(delivery) => self.deliveries.put(delivery),
            Record::Answer(answer) => self.keep_answer(answer),
        }
    }

    /// Keeps an answer, and forgets those whose time is over. Answers come in the order of
    /// time, but for a key that is used again, which is put at the end.
    fn keep_answer(&mut self, answer: Arc<StoredAnswer>) {
        self.answers.remove(answer.id());
        let over: Vec<_> = self
            .answers
            .oldest_first()
            .take_while(|kept| kept.is_over(answer.at))
            .map(|kept| kept.id().to_owned())
            .collect();
        for key in over {
            self.answers.remove(&key);
        }
        self.answers.put(answer);
    }

    /// A redacted inquiry is not to be read in kept answers, in older lines of the file or, once
    /// its ID is taken from here, in the API log.
    fn erase_copies(&mut self, id: &str) {
        let kept = self.answers.oldest_first();
        let naming: Vec<_> = kept.filter(|answer| answer.names(id)).cloned().collect();
        for answer in naming {
            self.answers.put(Arc::new(answer.without_body()));
        }
        self.journal.forget_the_past();
        self.redacted.push(id.to_owned());
    }

    /// The inquiries that were redacted since the last time.
    pub(crate) fn take_redacted(&mut self) -> Vec<String> {
        std::mem::take(&mut self.redacted)
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

    /// Everything as records: what a rewritten journal holds.
    fn records(&self) -> impl Iterator<Item = Record> {
        fn all<T: Entity>(
            table: &Table<T>,
            wrap: fn(Arc<T>) -> Record,
        ) -> impl Iterator<Item = Record> {
            table.oldest_first().map(move |row| wrap(Arc::clone(row)))
        }
        [
            Record::TokenKey(self.token_key.clone()),
            Record::Clock(self.clock),
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
                .map(|delivery| Record::Delivery(Arc::clone(delivery))),
        )
        .chain(all(&self.answers, Record::Answer))
    }

    /// The webhook that is there from the start.
    pub(crate) fn configured_webhook(&self) -> Option<&WebhookTarget> {
        self.beginnings.webhook.as_ref()
    }

    /// What sandbox time it is.
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

    /// The source of identifiers.
    pub(crate) fn entropy(&mut self) -> &mut Entropy {
        &mut self.entropy
    }

    /// Draws identifiers from another source, and gives back the one before.
    pub(crate) fn replace_entropy(&mut self, entropy: Entropy) -> Entropy {
        std::mem::replace(&mut self.entropy, entropy)
    }

    /// What time will change next, and when.
    pub(crate) fn next_due(&self) -> Option<&(Moment, Due)> {
        self.due.first()
    }

    /// Grows with every change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The file to synchronise to the disk, if the state is in one.
    pub(crate) fn file(&self) -> Option<Arc<File>> {
        self.journal.file()
    }

    /// Begins to rewrite the state file if it has grown to several times its size, or holds what
    /// was redacted. The records
    /// are shared, not copied, so this is quick.
    pub(crate) fn compaction(&mut self) -> Option<std::io::Result<Compaction<Record>>> {
        self.journal.overgrown()?;
        let records = self.records().collect();
        Some(self.journal.overgrown()?.begin_compaction(records))
    }

    /// Puts the rewritten file in place; nothing if the state was reset meanwhile.
    pub(crate) fn finish_compaction(
        &mut self,
        new: Compacted,
    ) -> std::io::Result<Option<Replaced>> {
        self.journal.finish_compaction(new)
    }

    /// Waits with the next rewriting, after one that failed.
    pub(crate) fn postpone_compaction(&mut self) {
        self.journal.postpone_compaction();
    }

    /// How long the state file is.
    pub(crate) fn file_length(&self) -> u64 {
        self.journal.length()
    }

    /// The record of an event about `subject`.
    pub(crate) fn event(&mut self, name: EventName, subject: Subject, at: Moment) -> Record {
        self.event_with_context(name, subject, at, None)
    }

    /// The record of an event about `subject`, with more about its cause.
    pub(crate) fn event_with_context(
        &mut self,
        name: EventName,
        subject: Subject,
        at: Moment,
        context: Option<serde_json::Value>,
    ) -> Record {
        let id = self.entropy.id("evt");
        Record::Event(Arc::new(Event {
            id,
            name,
            created_at: at,
            subject,
            context,
        }))
    }
}
