//! What the API log keeps, writes and redacts.

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
        headers: Vec::new(),
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
    for number in 0..=Capacity::default().calls {
        log.add(call(number, now, "{}"));
    }
    assert!(log.find("req_0").is_none());
    assert_eq!(log.newest_first(now).len(), Capacity::default().calls);

    let log = Log::default();
    let large = "x".repeat(Capacity::default().bytes / 3);
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
    let large = format!("\"{}\"", "x".repeat(Capacity::default().bytes / 4));
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
