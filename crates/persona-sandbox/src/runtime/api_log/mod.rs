//! The API log: the latest calls with their answers, for the dashboard.
//!
//! Docs: `api-logs`: kept for two weeks; the `Request-Id` of an answer is the ID of its entry. Two
//! weeks of sandbox time, and no more than [`Capacity`] says. The calls are in memory; with a state file they are also in a table of it, which is written about once a
//! second and not by the calls themselves: a crash may cost the last second. Session tokens and
//! one-time links are removed before a call is shown or written, and API keys are never logged.

mod call;
mod secrets;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::core::clock::Moment;
use crate::store::{CallChanges, CallTable, OpenError};
pub(crate) use call::LoggedBody;
pub(crate) use call::LoggedCall;
pub(crate) use secrets::path_without_secrets;
use stored::StoredCall;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    pub(crate) calls: usize,
    /// Of bodies and paths.
    pub(crate) bytes: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            calls: 10_000,
            bytes: 32 * 1024 * 1024,
        }
    }
}

/// The latest calls.
#[derive(Debug, Default)]
pub(crate) struct Log {
    calls: Mutex<Calls>,
    /// `None` if the calls are kept in memory only.
    table: Option<CallTable>,
}

#[derive(Debug)]
struct NumberedCall {
    number: u64,
    call: Arc<LoggedCall>,
}

#[derive(Debug, Default)]
struct Calls {
    /// By number, which is by age.
    kept: VecDeque<NumberedCall>,
    next_number: u64,
    bytes: usize,
    capacity: Capacity,
    unwritten: Unwritten,
}

/// How the table differs from the calls in memory. Rows before the oldest call are always deleted.
#[derive(Debug, Default)]
struct Unwritten {
    /// All previous rows have to be deleted.
    is_cleared: bool,
    /// The numbers of new, changed and removed calls.
    numbers: BTreeSet<u64>,
    /// The previous content of the rows has to be erased from the file.
    erases: bool,
}

impl Calls {
    /// Adds a call; the oldest ones make room for it.
    fn add(&mut self, number: u64, call: LoggedCall) {
        while let Some(oldest) = self.kept.front()
            && (self.kept.len() >= self.capacity.calls
                || self.bytes + call.bytes() > self.capacity.bytes
                || oldest.call.is_expired(call.at))
        {
            self.bytes -= oldest.call.bytes();
            self.kept.pop_front();
        }
        self.bytes += call.bytes();
        self.next_number = number + 1;
        self.kept.push_back(NumberedCall {
            number,
            call: Arc::new(call),
        });
        let first = self.first();
        while self
            .unwritten
            .numbers
            .first()
            .is_some_and(|&number| number < first)
        {
            self.unwritten.numbers.pop_first();
        }
    }

    /// The number of the oldest call.
    fn first(&self) -> u64 {
        let oldest = self.kept.front();
        oldest.map_or(self.next_number, |oldest| oldest.number)
    }

    fn find(&self, number: u64) -> Option<&Arc<LoggedCall>> {
        let place = self.kept.binary_search_by_key(&number, |it| it.number);
        place.ok().map(|place| &self.kept[place].call)
    }

    /// The rows to write.
    fn rows(&self, numbers: &BTreeSet<u64>) -> Vec<(u64, Option<Arc<LoggedCall>>)> {
        let numbers = numbers.iter();
        numbers
            .map(|&number| (number, self.find(number).cloned()))
            .collect()
    }
}

impl Unwritten {
    fn is_empty(&self) -> bool {
        !self.is_cleared && self.numbers.is_empty()
    }

    /// Merges changes that could not be written, so that the next write includes them.
    fn put_back(&mut self, failed: Self) {
        self.is_cleared |= failed.is_cleared;
        self.erases |= failed.erases;
        self.numbers.extend(failed.numbers);
    }
}

impl Log {
    /// A log in memory that keeps this much.
    pub(crate) fn with_capacity(capacity: Capacity) -> Self {
        let calls = Calls {
            capacity,
            ..Calls::default()
        };
        Self {
            calls: Mutex::new(calls),
            table: None,
        }
    }

    /// Opens the log in this table and loads its calls. A log that cannot be read does not stop the
    /// start: it is left unchanged, and calls are logged in memory.
    ///
    /// A process that was killed right after a redaction has not written it to the log, so calls
    /// that name an object that `is_redacted` are redacted now.
    pub(crate) fn open(table: CallTable, is_redacted: impl Fn(&str) -> bool) -> Self {
        Self::load(table, is_redacted).unwrap_or_else(|error| {
            tracing::warn!("the API log is in memory only: {error}");
            Self::default()
        })
    }

    fn load(table: CallTable, is_redacted: impl Fn(&str) -> bool) -> Result<Self, OpenError> {
        let mut calls = Calls::default();
        table.load(|number, stored: StoredCall| {
            let call = stored.into_call();
            if call.redactable_ids().any(&is_redacted) {
                calls.add(number, call.without_bodies());
                calls.unwritten.numbers.insert(number);
                calls.unwritten.erases = true;
            } else {
                calls.add(number, call);
            }
        })?;
        let log = Self {
            calls: Mutex::new(calls),
            table: Some(table),
        };
        log.write();
        Ok(log)
    }

    /// Adds a call.
    pub(crate) fn add(&self, call: LoggedCall) {
        let mut calls = self.calls();
        let number = calls.next_number;
        calls.add(number, call);
        calls.unwritten.numbers.insert(number);
    }

    /// Writes what has changed since the last time, and returns whether anything was written.
    /// Blocking, so not for a request.
    pub(crate) fn write(&self) -> bool {
        let Some(table) = &self.table else {
            return false;
        };
        let (unwritten, first, rows) = {
            let mut calls = self.calls();
            if calls.unwritten.is_empty() {
                return false;
            }
            let unwritten = std::mem::take(&mut calls.unwritten);
            let rows = calls.rows(&unwritten.numbers);
            (unwritten, calls.first(), rows)
        };
        let stored = |call: Arc<LoggedCall>| StoredCall::from_call(&call);
        let rows = rows.into_iter();
        let written = table.write(&CallChanges {
            is_cleared: unwritten.is_cleared,
            first,
            rows: rows
                .map(|(number, call)| (number, call.map(stored)))
                .collect(),
            erases: unwritten.erases,
        });
        if let Err(error) = &written {
            self.calls().unwritten.put_back(unwritten);
            tracing::warn!(%error, "cannot persist the API log; trying again");
        }
        written.is_ok()
    }

    /// The calls of the last two weeks, newest first.
    pub(crate) fn newest_first(&self, now: Moment) -> Vec<Arc<LoggedCall>> {
        let calls = self.calls();
        let kept = calls.kept.iter().rev().map(|it| &it.call);
        kept.filter(|call| !call.is_expired(now))
            .map(Arc::clone)
            .collect()
    }

    /// The call with this ID.
    pub(crate) fn find(&self, request_id: &str) -> Option<Arc<LoggedCall>> {
        let calls = self.calls();
        let mut kept = calls.kept.iter().map(|it| &it.call);
        kept.find(|call| call.request_id == request_id)
            .map(Arc::clone)
    }

    /// Removes the bodies of the calls that name this redacted object.
    pub(crate) fn redact(&self, redacted_id: &str) {
        // Searched without the lock, because every API call waits for it.
        let all: Vec<_> = {
            let calls = self.calls();
            let kept = calls.kept.iter();
            kept.map(|it| (it.number, Arc::clone(&it.call))).collect()
        };
        let naming: HashSet<_> = all
            .iter()
            .filter(|(_, call)| call.redactable_ids().any(|id| id == redacted_id))
            .map(|(number, _)| *number)
            .collect();
        let mut calls = self.calls();
        let Calls {
            kept,
            bytes,
            unwritten,
            ..
        } = &mut *calls;
        for NumberedCall { number, call } in kept {
            if naming.contains(number) {
                let cut = call.without_bodies();
                *bytes = *bytes + cut.bytes() - call.bytes();
                *call = Arc::new(cut);
                unwritten.numbers.insert(*number);
                unwritten.erases = true;
            }
        }
    }

    /// Removes what is older than two weeks, also if the clock was set back since something came.
    pub(crate) fn prune(&self, now: Moment) {
        let mut calls = self.calls();
        let Calls {
            kept,
            bytes,
            unwritten,
            ..
        } = &mut *calls;
        kept.retain(|NumberedCall { number, call }| {
            let is_expired = call.is_expired(now);
            if is_expired {
                *bytes -= call.bytes();
                unwritten.numbers.insert(*number);
            }
            !is_expired
        });
    }

    /// Removes all calls.
    pub(crate) fn clear(&self) {
        let mut calls = self.calls();
        *calls = Calls {
            next_number: calls.next_number,
            capacity: calls.capacity,
            unwritten: Unwritten {
                is_cleared: true,
                erases: true,
                ..Unwritten::default()
            },
            ..Calls::default()
        };
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
