//! The API log: the latest calls with their answers, for the dashboard.
//!
//! Docs: `api-logs`: kept for two weeks; the `Request-Id` of an answer is the ID of its entry.
//! Ours is kept in memory and ends with the process. Session tokens and one-time links are cut
//! out, and API keys are never in it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use serde_json::Value;

use super::operation::Operation;
use crate::sandbox::clock::Moment;

/// How many calls are kept.
const CAPACITY: usize = 1000;

const TWO_WEEKS_SECONDS: i64 = 14 * 24 * 60 * 60;

/// One call with its answer.
#[derive(Clone, Debug)]
pub(crate) struct LoggedCall {
    /// `req_…`
    pub(crate) request_id: String,
    pub(crate) at: Moment,
    pub(crate) operation: Operation,
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) duration: Duration,
    pub(crate) idempotency_key: Option<String>,
    /// May hold secrets: shown by [`LoggedCall::request_text`] only.
    pub(super) request_body: Bytes,
    /// May hold secrets: shown by [`LoggedCall::response_text`] only.
    pub(super) response_body: Bytes,
}

impl LoggedCall {
    /// The request's body, indented, without secrets.
    pub(crate) fn request_text(&self) -> String {
        presentable(&self.request_body)
    }

    /// The answer's body, indented, without secrets.
    pub(crate) fn response_text(&self) -> String {
        presentable(&self.response_body)
    }
}

/// The latest calls.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<VecDeque<Arc<LoggedCall>>>);

impl Log {
    pub(super) fn add(&self, call: LoggedCall) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == CAPACITY {
            calls.pop_front();
        }
        calls.push_back(Arc::new(call));
    }

    /// The calls of the last two weeks, newest first.
    pub(crate) fn newest_first(&self, now: Moment) -> Vec<Arc<LoggedCall>> {
        let oldest = now.plus_seconds(-TWO_WEEKS_SECONDS);
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls
            .iter()
            .rev()
            .filter(|call| call.at >= oldest)
            .map(Arc::clone)
            .collect()
    }

    /// The call with this ID.
    pub(crate) fn find(&self, request_id: &str) -> Option<Arc<LoggedCall>> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls
            .iter()
            .find(|call| call.request_id == request_id)
            .map(Arc::clone)
    }

    /// Forgets all calls.
    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

fn presentable(body: &[u8]) -> String {
    if body.is_empty() {
        return String::new();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(mut document) => {
            cut_secrets(&mut document);
            serde_json::to_string_pretty(&document).unwrap_or_default()
        }
        Err(_) => format!("({} bytes that are not JSON)", body.len()),
    }
}

fn cut_secrets(document: &mut Value) {
    match document {
        Value::Object(map) => {
            for (key, value) in map {
                let folded = crate::sandbox::model::fold_key(key);
                let secret = matches!(
                    folded.as_str(),
                    "sessiontoken" | "onetimelink" | "onetimelinkshort" | "secret" | "secrets"
                );
                if secret && !value.is_null() {
                    *value = Value::from("[cut]");
                } else {
                    cut_secrets(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(cut_secrets),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_in_every_inflection() {
        let body = br#"{"meta":{"session-token":"a","sessionToken":"a","one_time_link":null}}"#;
        let text = presentable(body);
        assert!(!text.contains("\"a\""), "{text}");
        assert!(text.contains("null"));
    }

    #[test]
    fn the_oldest_calls_make_room() {
        let log = Log::default();
        let now = Moment::from_millis(0);
        for number in 0..=CAPACITY {
            log.add(LoggedCall {
                request_id: format!("req_{number}"),
                at: now,
                operation: Operation::List,
                method: "GET".to_owned(),
                path: "/api/v1/inquiries".to_owned(),
                status: 200,
                duration: Duration::ZERO,
                idempotency_key: None,
                request_body: Bytes::new(),
                response_body: Bytes::new(),
            });
        }
        assert!(log.find("req_0").is_none());
        assert_eq!(log.newest_first(now).len(), CAPACITY);
    }
}
