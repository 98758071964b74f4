//! The state with its file. Only this module commits and rolls back.

use std::collections::BTreeMap;

use super::database::{
    CallTable, Checkpoints, Database, OpenError, RowChange, WriteError, io_error,
};
use super::state::{Record, State};
use super::tx::{Change, Tx};
use crate::core::StateLocation;

/// The state and its file.
#[derive(Debug)]
pub(crate) struct Store {
    tx: Tx,
    /// `None` if it is kept in memory only.
    database: Option<Database>,
    /// Makes identifiers reproducible.
    seed: Option<u64>,
    /// Objects that were redacted since they were last taken from here.
    redacted: Vec<String>,
}

impl Store {
    /// Opens the state at `location`, or creates one there, and runs `setup` on it, which applies
    /// the configuration.
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

    /// The state, for tests that never commit.
    #[cfg(test)]
    pub(crate) fn into_tx(self) -> Tx {
        self.tx
    }

    /// The state, read-only.
    pub(crate) fn state(&self) -> &State {
        &self.tx
    }

    /// Runs `f` and commits its changes.
    ///
    /// # Errors
    ///
    /// If the changes cannot be written. They are rolled back.
    pub(crate) fn transact<T>(&mut self, f: impl FnOnce(&mut Tx) -> T) -> Result<T, WriteError> {
        self.try_transact(|tx| Ok(f(tx)))
    }

    /// Runs `f` and commits its changes, or rolls them back if `f` fails.
    ///
    /// # Errors
    ///
    /// The error of `f`, or that the changes cannot be written. In both cases they are rolled back.
    pub(crate) fn try_transact<T, E: From<WriteError>>(
        &mut self,
        f: impl FnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        // A request that panicked left uncommitted changes.
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
    /// If it cannot be written. The state is unchanged.
    pub(crate) fn reset(&mut self, setup: impl FnOnce(&mut Tx)) -> Result<(), WriteError> {
        self.import(Vec::new(), setup)
    }

    /// All records.
    pub(crate) fn export(&self) -> Vec<Record> {
        self.tx.state.rows().map(|(_, record)| record).collect()
    }

    /// Replaces the state with these records, on which `setup` runs.
    ///
    /// # Errors
    ///
    /// If it cannot be written. The state is unchanged.
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
        // Identifiers that either state has drawn are not drawn again.
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

    /// An ID for a request that has no transaction.
    pub(crate) fn request_id(&mut self) -> String {
        self.tx.entropy().id("req")
    }

    /// Takes the IDs of the objects that were redacted since the last call.
    pub(crate) fn take_redacted(&mut self) -> Vec<String> {
        std::mem::take(&mut self.redacted)
    }

    /// The checkpoints of the state file, if there is one.
    pub(crate) fn checkpoints(&self) -> Option<Checkpoints> {
        self.database.as_ref().map(Database::checkpoints)
    }

    /// The table of the API log, if the state is in a file.
    pub(crate) fn call_table(&self) -> Option<CallTable> {
        self.database.as_ref().map(Database::call_table)
    }

    /// Whether redacted data still has to be erased from the file.
    pub(crate) fn is_erasure_pending(&self) -> bool {
        self.database
            .as_ref()
            .is_some_and(Database::is_erasure_pending)
    }

    /// Erases everything that is not current from the file. Takes as long as writing the file once.
    pub(crate) fn erase(&mut self) -> Result<(), WriteError> {
        self.database.as_mut().map_or(Ok(()), Database::erase)
    }

    /// Truncates the write-ahead log, which grows while changes come without a pause.
    pub(crate) fn truncate_log(&self) -> Result<(), WriteError> {
        self.database
            .as_ref()
            .map_or(Ok(()), Database::truncate_log)
    }
}
