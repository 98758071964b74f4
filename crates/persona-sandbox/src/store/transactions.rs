//! The state with its file: the only place that ends a transaction.

use std::collections::BTreeMap;

use super::database::{
    CallTable, Checkpoints, Database, OpenError, RowChange, WriteError, io_error,
};
use super::state::{Record, State};
use super::tx::{Change, Tx};
use crate::core::StateLocation;

/// The state and where it is kept.
#[derive(Debug)]
pub(crate) struct Store {
    tx: Tx,
    /// `None` if it is kept in memory only.
    database: Option<Database>,
    /// Makes identifiers reproducible.
    seed: Option<u64>,
    /// Inquiries that were redacted since they were last taken from here.
    redacted: Vec<String>,
}

impl Store {
    /// Opens the state at `location`, or creates one there, and runs `setup` on it: what the
    /// configuration wants to be in every state.
    pub(crate) fn open(
        location: &StateLocation,
        seed: Option<u64>,
        setup: impl FnOnce(&mut Tx),
    ) -> Result<Self, OpenError> {
        let mut tx = Tx::new(State::new());
        let database = match location {
            StateLocation::Memory => None,
            StateLocation::File(path) => {
                let database = Database::open(path)?;
                database.load(|number, record| tx.state.put_at(number, record))?;
                Some(database)
            }
        };
        let id_source = if tx.is_new() { 0 } else { tx.id_source + 1 };
        tx.begin_run(seed, id_source);
        setup(&mut tx);
        let mut store = Self {
            tx,
            database,
            seed,
            redacted: Vec::new(),
        };
        match (store.commit(), location) {
            (Err(error), StateLocation::File(path)) => {
                Err(io_error("write", path, std::io::Error::other(error)))
            }
            _ => Ok(store),
        }
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
        let erases = self.tx.changes.iter().any(|it| it.redacted().is_some());
        if let Some(database) = &mut self.database {
            // The last change of a row counts. Sorted, they touch neighbouring pages.
            let rows: BTreeMap<_, _> = self.tx.changes.iter().map(Change::row).collect();
            let rows = rows.into_iter().map(|((kind, number), record)| RowChange {
                kind,
                number,
                record,
            });
            database.write(rows, erases)?;
        }
        let redacted = self.tx.changes.iter().filter_map(Change::redacted);
        self.redacted.extend(redacted.map(str::to_owned));
        self.tx.changes.clear();
        self.tx.state.revision += 1;
        Ok(())
    }

    /// Replaces the state with an empty one at wall time, on which `setup` runs.
    ///
    /// # Errors
    ///
    /// If it cannot be written; nothing has happened then.
    pub(crate) fn reset(&mut self, setup: impl FnOnce(&mut Tx)) -> Result<(), WriteError> {
        self.import(Vec::new(), setup)
    }

    /// Everything as records.
    pub(crate) fn export(&self) -> Vec<Record> {
        self.tx.state.rows().map(|(_, record)| record).collect()
    }

    /// Replaces the state with these records, on which `setup` runs.
    ///
    /// # Errors
    ///
    /// If it cannot be written; nothing has happened then.
    pub(crate) fn import(
        &mut self,
        records: Vec<Record>,
        setup: impl FnOnce(&mut Tx),
    ) -> Result<(), WriteError> {
        let mut fresh = Tx::new(State::new());
        for record in records {
            fresh.state.apply(record, &mut Vec::new());
        }
        fresh.state.revision = self.tx.revision + 1;
        fresh.state.reset_count = self.tx.reset_count + 1;
        // Identifiers that either of the two has drawn do not come again.
        let id_source = fresh.id_source.max(self.tx.id_source) + 1;
        fresh.begin_run(self.seed, id_source);
        setup(&mut fresh);
        fresh.changes.clear();
        if let Some(database) = &mut self.database {
            let rows: Vec<_> = fresh.state.rows().collect();
            database.replace(rows.iter().map(|(number, record)| RowChange {
                kind: record.kind(),
                number: *number,
                record: Some(record),
            }))?;
        }
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

    /// What synchronises the file while changes go on, if the state is in one.
    pub(crate) fn checkpoints(&self) -> Option<Checkpoints> {
        self.database.as_ref().map(Database::checkpoints)
    }

    /// The table of the API log, if the state is in a file.
    pub(crate) fn call_table(&self) -> Option<CallTable> {
        self.database.as_ref().map(Database::call_table)
    }

    /// Whether something has still to leave the file.
    pub(crate) fn is_erasure_pending(&self) -> bool {
        self.database
            .as_ref()
            .is_some_and(Database::is_erasure_pending)
    }

    /// Rids the file of everything that is not current. Takes as long as writing the file once.
    pub(crate) fn erase(&mut self) -> Result<(), WriteError> {
        self.database.as_mut().map_or(Ok(()), Database::erase)
    }

    /// Empties the file's log, which changes without a pause let grow.
    pub(crate) fn truncate_log(&self) -> Result<(), WriteError> {
        self.database
            .as_ref()
            .map_or(Ok(()), Database::truncate_log)
    }
}
