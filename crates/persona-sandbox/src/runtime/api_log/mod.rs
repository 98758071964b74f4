//! The API log: the latest calls with their answers, for the dashboard.
//!
//! Docs: `api-logs`: kept for two weeks; the `Request-Id` of an answer is the ID of its entry.
//! Two weeks of sandbox time, and no more than [`MAX_CALLS`] calls and [`MAX_BYTES`] bytes. With a
//! state file the log has a file of its own beside it, written about once a second and not by the
//! calls themselves: a crash may cost it the last second. Session tokens and one-time links are
//! cut out of all that is shown or written, and API keys are never in it.

mod call;
mod file;
mod lines;
mod secrets;

use std::collections::{HashSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::core::clock::Moment;
use crate::store::OpenError;
pub(crate) use call::LoggedBody;
pub(crate) use call::LoggedCall;
use file::LogFile;
pub(crate) use secrets::path_without_secrets;

/// How many calls are kept.
const MAX_CALLS: usize = 10_000;

/// How many bytes of bodies and paths are kept.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The latest calls.
#[derive(Debug, Default)]
pub(crate) struct Log {
    calls: Mutex<Calls>,
    /// Locked while it is written, which no call waits for.
    file: Mutex<Option<LogFile>>,
}

#[derive(Debug, Default)]
struct Calls {
    kept: VecDeque<Arc<LoggedCall>>,
    bytes: usize,
    /// How many of the newest are not in the file.
    unwritten: usize,
    /// The file is to hold what is kept and nothing else.
    stale: bool,
}

/// What the file lacks.
struct Unwritten {
    calls: Vec<Arc<LoggedCall>>,
    /// How many of the calls are not in the file.
    new: usize,
    /// Nothing else in the file is to stay.
    stale: bool,
}

impl Calls {
    fn add(&mut self, call: LoggedCall) {
        while let Some(oldest) = self.kept.front()
            && (self.kept.len() >= MAX_CALLS
                || self.bytes + call.bytes() > MAX_BYTES
                || oldest.is_expired(call.at))
        {
            self.bytes -= oldest.bytes();
            self.kept.pop_front();
        }
        self.bytes += call.bytes();
        self.kept.push_back(Arc::new(call));
        self.unwritten = self.kept.len().min(self.unwritten + 1);
    }

    /// What is to be written: the new calls, or all of them in place of what is there.
    fn take_unwritten(&mut self, all: bool) -> Unwritten {
        let new = std::mem::take(&mut self.unwritten);
        let stale = std::mem::take(&mut self.stale);
        let skipped = if all || stale {
            0
        } else {
            self.kept.len() - new
        };
        Unwritten {
            calls: self.kept.iter().skip(skipped).cloned().collect(),
            new,
            stale,
        }
    }

    /// It could not be written: next time.
    fn put_back(&mut self, unwritten: &Unwritten) {
        self.stale |= unwritten.stale;
        self.unwritten = self.kept.len().min(self.unwritten + unwritten.new);
    }
}

impl Log {
    /// The log beside this state file, with what it holds from before. The state's lock is the
    /// log's too. A log that cannot be read is no reason not to start: it is left as it is, and
    /// calls are logged in memory.
    ///
    /// A process that was killed right after a redaction has not written it here: what names an
    /// inquiry that `is_redacted` is cut now.
    pub(crate) fn open(state: &Path, is_redacted: impl Fn(&str) -> bool) -> Self {
        Self::open_file(state, is_redacted).unwrap_or_else(|error| {
            tracing::warn!("the API log is in memory only: {error}");
            Self::default()
        })
    }

    fn open_file(state: &Path, is_redacted: impl Fn(&str) -> bool) -> Result<Self, OpenError> {
        let mut calls = Calls::default();
        LogFile::read(state, |call| {
            calls.add(if call.inquiry_ids().any(&is_redacted) {
                call.without_bodies()
            } else {
                call
            });
        })?;
        let all = calls.take_unwritten(true);
        Ok(Self {
            file: Mutex::new(Some(LogFile::create(state, &all.calls)?)),
            calls: Mutex::new(calls),
        })
    }

    /// Adds a call.
    pub(crate) fn add(&self, call: LoggedCall) {
        self.calls().add(call);
    }

    /// Writes down what has been added since the last time. Blocks: not for a request.
    pub(crate) fn write(&self) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = file.as_mut() else { return };
        let is_long = file.is_long();
        let unwritten = self.calls().take_unwritten(is_long);
        let written = if is_long || unwritten.stale {
            file.rewrite(&unwritten.calls)
        } else {
            file.append(&unwritten.calls)
        };
        if let Err(error) = written {
            self.calls().put_back(&unwritten);
            tracing::warn!(%error, "the API log could not be written; it is tried again");
        }
    }

    /// The calls of the last two weeks, newest first.
    pub(crate) fn newest_first(&self, now: Moment) -> Vec<Arc<LoggedCall>> {
        let calls = self.calls();
        let kept = calls.kept.iter().rev();
        kept.filter(|call| !call.is_expired(now))
            .map(Arc::clone)
            .collect()
    }

    /// The call with this ID.
    pub(crate) fn find(&self, request_id: &str) -> Option<Arc<LoggedCall>> {
        let calls = self.calls();
        let mut kept = calls.kept.iter();
        kept.find(|call| call.request_id == request_id)
            .map(Arc::clone)
    }

    /// Drops the bodies of the calls that name this inquiry: it is redacted.
    pub(crate) fn redact(&self, inquiry_id: &str) {
        // Read without the lock, for which every call of the API would wait.
        let all: Vec<_> = self.calls().kept.iter().map(Arc::clone).collect();
        let naming: HashSet<_> = all
            .iter()
            .filter(|call| call.inquiry_ids().any(|id| id == inquiry_id))
            .map(Arc::as_ptr)
            .collect();
        let mut calls = self.calls();
        let Calls { kept, bytes, .. } = &mut *calls;
        for call in kept {
            if naming.contains(&Arc::as_ptr(call)) {
                let cut = call.without_bodies();
                *bytes = *bytes + cut.bytes() - call.bytes();
                *call = Arc::new(cut);
            }
        }
        calls.stale = true;
    }

    /// Forgets what is older than two weeks, also if the clock was set back since something came.
    pub(crate) fn prune(&self, now: Moment) {
        let mut calls = self.calls();
        if calls.kept.iter().all(|call| !call.is_expired(now)) {
            return;
        }
        let written = calls.kept.len() - calls.unwritten;
        let kept = std::mem::take(&mut calls.kept);
        calls.unwritten = 0;
        for (place, call) in kept.into_iter().enumerate() {
            if call.is_expired(now) {
                calls.bytes -= call.bytes();
            } else {
                calls.unwritten += usize::from(place >= written);
                calls.kept.push_back(call);
            }
        }
    }

    /// Forgets all calls.
    pub(crate) fn clear(&self) {
        *self.calls() = Calls {
            stale: true,
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
    use crate::core::clock::Moment;

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

    #[test]
    fn the_file_gives_back_what_was_shown_and_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.db");
        let now = Moment::from_millis(0);
        let log = Log::open(&state, |_| false);
        log.add(call(1, now, r#"{"meta":{"session-token":"hush"}}"#));
        log.write();
        log.add(call(2, now, "<p>"));
        log.write();
        let shown = log.find("req_1").unwrap().response_text();

        let text = std::fs::read_to_string(folder.path().join("state.db.calls")).unwrap();
        assert!(!text.contains("hush"), "{text}");
        // As after a crash in the middle of a line.
        std::fs::write(folder.path().join("state.db.calls"), text + "[{\"request").unwrap();
        let log = Log::open(&state, |_| false);
        assert_eq!(ids(&log, now), ["req_2", "req_1"]);
        assert_eq!(log.find("req_1").unwrap().response_text(), shown);
        let other = log.find("req_2").unwrap().response_text();
        assert_eq!(other, "(3 bytes that are not JSON)");

        log.clear();
        log.write();
        assert!(ids(&Log::open(&state, |_| false), now).is_empty());
    }

    #[test]
    fn the_file_does_not_outgrow_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.db");
        let now = Moment::from_millis(0);
        let log = Log::open(&state, |_| false);
        let large = format!("\"{}\"", "x".repeat(MAX_BYTES / 4));
        for number in 0..12 {
            log.add(call(number, now, &large));
            log.write();
        }
        let length = std::fs::metadata(folder.path().join("state.db.calls"))
            .unwrap()
            .len();
        assert!(length <= 3 * MAX_BYTES as u64, "{length}");
        assert_eq!(ids(&Log::open(&state, |_| false), now), ids(&log, now));
    }

    #[test]
    fn a_file_that_is_damaged_or_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.db");
        let path = folder.path().join("state.db.calls");
        let now = Moment::from_millis(0);
        let log = Log::open(&state, |_| false);
        log.add(call(1, now, "{}"));
        log.add(call(2, now, "{}"));
        log.write();
        let good = std::fs::read_to_string(&path).unwrap();
        for damaged in [
            "my calls\n".to_owned(),
            good.replacen("\"status\"", "\"status", 1),
            good.replacen("calls\":1", "calls\":2", 1),
        ] {
            assert_ne!(damaged, good);
            std::fs::write(&path, &damaged).unwrap();
            let log = Log::open(&state, |_| false);
            log.add(call(3, now, "{}"));
            log.write();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);
            assert_eq!(ids(&log, now), ["req_3"]);
        }
        std::fs::write(&path, &good).unwrap();
        assert_eq!(ids(&Log::open(&state, |_| false), now), ["req_2", "req_1"]);
    }

    #[test]
    fn what_was_redacted_before_a_crash_is_cut_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.db");
        let now = Moment::from_millis(0);
        let log = Log::open(&state, |_| false);
        log.add(call(1, now, r#"{"id":"inq_1","name":"Alexander"}"#));
        log.add(call(2, now, r#"{"id":"inq_12","name":"Berta"}"#));
        log.write();
        Log::open(&state, |id| id == "inq_1");
        let text = std::fs::read_to_string(folder.path().join("state.db.calls")).unwrap();
        assert!(
            !text.contains("Alexander") && text.contains("Berta"),
            "{text}"
        );
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
        let bytes: usize = calls.kept.iter().map(|call| call.bytes()).sum();
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
