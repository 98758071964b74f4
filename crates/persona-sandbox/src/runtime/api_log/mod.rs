//! The API log: the latest calls with their answers, for the dashboard.
//!
//! Docs: `api-logs`: kept for two weeks; the `Request-Id` of an answer is the ID of its entry. Two
//! weeks of sandbox time, and no more than [`MAX_CALLS`] calls and [`MAX_BYTES`] bytes. The calls
//! are in memory; with a state file they are also in a table of it, which is written about once a
//! second and not by the calls themselves: a crash may cost the last second. Session tokens and
//! one-time links are removed before a call is shown or written, and API keys are never logged.

mod call;
mod secrets;
mod stored;

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::core::clock::Moment;
use crate::store::{CallChanges, CallTable, OpenError};
pub(crate) use call::LoggedBody;
pub(crate) use call::LoggedCall;
pub(crate) use secrets::path_without_secrets;
use stored::StoredCall;

/// How many calls are kept.
const MAX_CALLS: usize = 10_000;

/// How many bytes of bodies and paths are kept.
const MAX_BYTES: usize = 32 * 1024 * 1024;

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
            && (self.kept.len() >= MAX_CALLS
                || self.bytes + call.bytes() > MAX_BYTES
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
    /// Opens the log in this table and loads its calls. A log that cannot be read does not stop the
    /// start: it is left unchanged, and calls are logged in memory.
    ///
    /// A process that was killed right after a redaction has not written it to the log, so calls
    /// that name an inquiry that `is_redacted` are redacted now.
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
            if call.inquiry_ids().any(&is_redacted) {
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

    /// Removes the bodies of the calls that name this redacted inquiry.
    pub(crate) fn redact(&self, inquiry_id: &str) {
        // Searched without the lock, because every API call waits for it.
        let all: Vec<_> = {
            let calls = self.calls();
            let kept = calls.kept.iter();
            kept.map(|it| (it.number, Arc::clone(&it.call))).collect()
        };
        let naming: HashSet<_> = all
            .iter()
            .filter(|(_, call)| call.inquiry_ids().any(|id| id == inquiry_id))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Bytes;

    use super::*;
    use crate::core::StateLocation;
    use crate::store::Store;

    fn call(number: usize, at: Moment, response: &str) -> LoggedCall {
        LoggedCall {
            request_id: format!("req_{number}"),
            at,
            operation: "list".into(),
            unmatched: false,
            method: "GET".to_owned(),
            path: "/api/v1/inquiries".to_owned(),
            status: 200,
            duration: Duration::from_micros(1500),
            idempotency_key: None,
            request_body: LoggedBody::Raw(Bytes::new()),
            response_body: LoggedBody::Raw(Bytes::from(response.to_owned())),
        }
    }

    fn ids(log: &Log, now: Moment) -> Vec<String> {
        let calls = log.newest_first(now);
        calls.iter().map(|call| call.request_id.clone()).collect()
    }

    #[test]
    fn the_oldest_calls_make_room_for_number_bytes_and_time() {
        let now = Moment::from_millis(0);
        let log = Log::default();
        for number in 0..=MAX_CALLS {
            log.add(call(number, now, "{}"));
        }
        assert!(log.find("req_0").is_none());
        assert_eq!(log.newest_first(now).len(), MAX_CALLS);

        let log = Log::default();
        let large = "x".repeat(MAX_BYTES / 3);
        for number in 0..4 {
            log.add(call(number, now, &large));
        }
        assert_eq!(ids(&log, now), ["req_3", "req_2"]);

        let later = now.plus_seconds(14 * 24 * 60 * 60 + 1);
        assert!(ids(&log, later).is_empty());
        log.add(call(5, later, ""));
        assert!(log.find("req_3").is_none());
    }

    /// A state file with an API log in it.
    struct File {
        folder: tempfile::TempDir,
        store: Store,
    }

    impl File {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let location = StateLocation::File(folder.path().join("state.db"));
            let store = Store::open(&location, None, |_| ()).unwrap();
            Self { folder, store }
        }

        fn log(&self) -> Log {
            Log::open(self.store.call_table().unwrap(), |_| false)
        }

        /// The bodies of the rows.
        fn rows(&self) -> Vec<String> {
            let connection = self.connection();
            let mut select = connection.prepare("SELECT body FROM calls").unwrap();
            let rows = select.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        }

        fn connection(&self) -> rusqlite::Connection {
            rusqlite::Connection::open(self.folder.path().join("state.db")).unwrap()
        }
    }

    #[test]
    fn the_file_gives_back_what_was_shown_and_no_secret() {
        let file = File::new();
        let now = Moment::from_millis(0);
        let log = file.log();
        log.add(call(1, now, r#"{"meta":{"session-token":"hush"}}"#));
        log.write();
        log.add(call(2, now, "<p>"));
        log.write();
        let shown = log.find("req_1").unwrap().response_text();

        let text = file.rows().concat();
        assert!(text.contains("req_1") && !text.contains("hush"), "{text}");
        let log = file.log();
        assert_eq!(ids(&log, now), ["req_2", "req_1"]);
        assert_eq!(log.find("req_1").unwrap().response_text(), shown);
        let other = log.find("req_2").unwrap().response_text();
        assert_eq!(other, "(3 bytes that are not JSON)");
        log.add(call(3, now, "{}"));
        log.write();
        assert_eq!(ids(&file.log(), now), ["req_3", "req_2", "req_1"]);

        log.clear();
        log.write();
        assert!(ids(&file.log(), now).is_empty());
    }

    #[test]
    fn the_file_holds_no_more_than_the_log() {
        let file = File::new();
        let now = Moment::from_millis(0);
        let log = file.log();
        let large = format!("\"{}\"", "x".repeat(MAX_BYTES / 4));
        for number in 0..12 {
            log.add(call(number, now, &large));
            log.write();
            assert!(file.rows().len() <= 3, "{}", file.rows().len());
        }
        assert_eq!(ids(&file.log(), now), ids(&log, now));
        // One in the middle, as after a clock that was set back.
        log.clear();
        log.add(call(20, now.plus_seconds(365 * 24 * 60 * 60), "{}"));
        log.add(call(21, now, "{}"));
        log.write();
        log.prune(now.plus_seconds(15 * 24 * 60 * 60));
        log.write();
        assert_eq!(file.rows().len(), 1);
        assert_eq!(ids(&file.log(), now), ["req_20"]);
    }

    #[test]
    fn a_log_that_cannot_be_read_is_left_alone() {
        let file = File::new();
        let now = Moment::from_millis(0);
        let log = file.log();
        log.add(call(1, now, "{}"));
        log.write();
        let connection = file.connection();
        let damage = "UPDATE calls SET body = replace(body, '\"status\"', '\"statu')";
        assert_eq!(connection.execute(damage, []).unwrap(), 1);
        let damaged = file.rows();
        let log = file.log();
        log.add(call(3, now, "{}"));
        log.write();
        assert_eq!(file.rows(), damaged);
        assert_eq!(ids(&log, now), ["req_3"]);
    }

    #[test]
    fn what_could_not_be_written_is_written_later() {
        let file = File::new();
        let now = Moment::from_millis(0);
        let log = file.log();
        log.add(call(1, now, r#"{"id":"inq_1","name":"Alexander"}"#));
        log.write();
        // Another writer, for longer than anyone waits.
        let mut writer = file.connection();
        let behavior = rusqlite::TransactionBehavior::Immediate;
        let writing = writer.transaction_with_behavior(behavior).unwrap();
        log.redact("inq_1");
        log.add(call(2, now, "{}"));
        log.write();
        drop(writing);
        log.add(call(3, now, "{}"));
        log.write();
        assert_eq!(ids(&file.log(), now), ["req_3", "req_2", "req_1"]);
        assert!(!file.rows().concat().contains("Alexander"));
        assert!(file.store.is_erasure_pending());
    }

    #[test]
    fn what_was_redacted_before_a_crash_is_cut_at_the_start() {
        let file = File::new();
        let now = Moment::from_millis(0);
        let log = file.log();
        log.add(call(1, now, r#"{"id":"inq_1","name":"Alexander"}"#));
        log.add(call(2, now, r#"{"id":"inq_12","name":"Berta"}"#));
        log.write();
        assert!(!file.store.is_erasure_pending());
        Log::open(file.store.call_table().unwrap(), |id| id == "inq_1");
        let text = file.rows().concat();
        assert!(
            !text.contains("Alexander") && text.contains("Berta"),
            "{text}"
        );
        assert!(file.store.is_erasure_pending());
    }

    #[test]
    fn a_redaction_leaves_other_calls_and_the_count_of_bytes_right() {
        let now = Moment::from_millis(0);
        let log = Log::default();
        log.add(call(1, now, r#"{"id":"inq_1","name":"Alexander"}"#));
        log.add(call(2, now, r#"{"id":"inq_12","name":"Berta"}"#));
        log.redact("inq_1");
        assert!(
            !log.find("req_1")
                .unwrap()
                .response_text()
                .contains("Alexander")
        );
        assert!(log.find("req_2").unwrap().response_text().contains("Berta"));
        let calls = log.calls();
        let bytes: usize = calls.kept.iter().map(|it| it.call.bytes()).sum();
        assert_eq!(calls.bytes, bytes);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_old_calls() {
        let log = Log::default();
        let now = Moment::from_millis(0);
        log.add(call(1, now.plus_seconds(365 * 24 * 60 * 60), "{}"));
        log.add(call(2, now, "{}"));
        log.prune(now.plus_seconds(15 * 24 * 60 * 60));
        assert!(log.find("req_1").is_some() && log.find("req_2").is_none());
    }
}
