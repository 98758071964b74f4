//! The state with its file: the only place that ends a transaction.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::tx::{Change, Tx};
use super::{Record, State};
use crate::WebhookTarget;
use crate::ids::Entropy;
use crate::journal::{Compacted, Compaction, Journal, LockedFile, OpenError, Replaced, WriteError};

/// Where the sandbox keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateLocation {
    /// In this file, which is made if it does not exist.
    File(PathBuf),
    /// In memory: gone with the process.
    Memory,
}

/// What a state holds from the start.
#[derive(Clone, Debug)]
pub(crate) struct InitialState {
    /// The ID of the built-in KYC template.
    pub(crate) template_id: String,
    /// How long after the end of the flow its workflows decide.
    pub(crate) approve_after: Duration,
    /// Makes identifiers and faults reproducible.
    pub(crate) seed: Option<u64>,
    /// The webhook that is there from the start.
    pub(crate) webhook: Option<WebhookTarget>,
}

/// The state and where it is kept.
#[derive(Debug)]
pub(crate) struct Store {
    tx: Tx,
    journal: Journal,
    initial: InitialState,
    /// Inquiries that were redacted since they were last taken from here.
    redacted: Vec<String>,
}

impl Store {
    /// Opens the state at `location`, or begins one there.
    pub(crate) fn open(location: &StateLocation, initial: InitialState) -> Result<Self, OpenError> {
        match location {
            StateLocation::Memory => Ok(Self::begin(initial)),
            StateLocation::File(path) => Self::open_file(path, initial),
        }
    }

    fn open_file(path: &Path, initial: InitialState) -> Result<Self, OpenError> {
        let file = LockedFile::acquire(path)?;
        let mut store = Self::begin(initial);
        let mut records = 0;
        file.read(|record: Record| {
            records += 1;
            store.tx.state.apply(record, &mut Vec::new());
        })?;
        store.tx.state.entropy = Entropy::new(store.initial.seed, records);
        store.apply_settings();
        store.journal = Journal::File(Box::new(file.rewrite(store.tx.state.records())?));
        Ok(store)
    }

    fn begin(initial: InitialState) -> Self {
        let entropy = Entropy::new(initial.seed, 0);
        let mut store = Self {
            tx: Tx::new(State::new(entropy)),
            journal: Journal::Memory,
            initial,
            redacted: Vec::new(),
        };
        store.apply_settings();
        store
    }

    /// The configured template and webhook are as the configuration says.
    fn apply_settings(&mut self) {
        let initial = self.initial.clone();
        self.transact(|tx| tx.apply_settings(&initial))
            .expect("nothing is written before the journal is open");
    }

    /// The state, open for changes that are never written.
    #[cfg(test)]
    pub(crate) fn into_tx(self) -> Tx {
        self.tx
    }

    /// The state, to read.
    pub(crate) fn state(&self) -> &State {
        &self.tx
    }

    /// Runs `f` and commits what it changed.
    ///
    /// # Errors
    ///
    /// If the changes cannot be written; none of them has happened then.
    pub(crate) fn transact<T>(&mut self, f: impl FnOnce(&mut Tx) -> T) -> Result<T, WriteError> {
        self.try_transact(|tx| Ok(f(tx)))
    }

    /// Runs `f` and commits what it changed, or takes it back if `f` fails.
    ///
    /// # Errors
    ///
    /// The error of `f`, or that the changes cannot be written. Nothing has happened then.
    pub(crate) fn try_transact<T, E: From<WriteError>>(
        &mut self,
        f: impl FnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        // A request that panicked left its changes.
        self.tx.roll_back();
        let result = f(&mut self.tx).and_then(|result| {
            self.commit()?;
            Ok(result)
        });
        if result.is_err() {
            self.tx.roll_back();
        }
        result
    }

    fn commit(&mut self) -> Result<(), WriteError> {
        if self.tx.changes.is_empty() {
            return Ok(());
        }
        let changes = self.tx.changes.iter();
        let records: Vec<_> = changes.filter_map(|change| change.after.clone()).collect();
        self.journal.append(&records)?;
        let redacted = self.tx.changes.drain(..).filter_map(Change::into_redacted);
        let known = self.redacted.len();
        self.redacted.extend(redacted);
        if self.redacted.len() > known {
            self.journal.forget_the_past();
        }
        self.tx.state.revision += 1;
        Ok(())
    }

    /// Back to the beginning: nothing but the built-in template, at wall time.
    ///
    /// # Errors
    ///
    /// If it cannot be written; nothing has happened then.
    pub(crate) fn reset(&mut self) -> Result<(), WriteError> {
        let mut fresh = Self::begin(self.initial.clone()).tx;
        self.journal.rewrite(fresh.state.records())?;
        fresh.state.revision = self.tx.state.revision + 1;
        fresh.state.reset_count = self.tx.state.reset_count + 1;
        self.tx = fresh;
        Ok(())
    }

    /// The ID of a request that came to nothing.
    pub(crate) fn request_id(&mut self) -> String {
        self.tx.entropy().id("req")
    }

    /// The inquiries that were redacted since the last time.
    pub(crate) fn take_redacted(&mut self) -> Vec<String> {
        std::mem::take(&mut self.redacted)
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
        let records = self.tx.state.records().collect();
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
}
