//! The log's own file, beside the state file: one line for each call, secrets cut.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lines::{self, LineFile};
use super::{LoggedBody, LoggedCall, MAX_BYTES};
use crate::core::clock::Moment;
use crate::store::{OpenError, with_suffix};

/// The first line: what the file is, and in which form.
const HEADER: &str = r#"{"persona-sandbox-calls":1}"#;

/// How many times its bound the file may grow to before it is rewritten.
const SLACK: u64 = 2;

/// A call as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StoredCall {
    request_id: String,
    at: Moment,
    operation: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unmatched: bool,
    method: String,
    path: String,
    status: u16,
    micros: u64,
    idempotency_key: Option<String>,
    request: String,
    response: String,
}

impl StoredCall {
    fn from_call(call: &LoggedCall) -> Self {
        Self {
            request_id: call.request_id.clone(),
            at: call.at,
            operation: call.operation.clone().into_owned(),
            unmatched: call.unmatched,
            method: call.method.clone(),
            path: call.path.clone(),
            status: call.status,
            micros: u64::try_from(call.duration.as_micros()).unwrap_or(u64::MAX),
            idempotency_key: call.idempotency_key.clone(),
            request: call.request_body.without_secrets(),
            response: call.response_body.without_secrets(),
        }
    }

    fn into_call(self) -> LoggedCall {
        LoggedCall {
            operation: Cow::Owned(self.operation),
            unmatched: self.unmatched,
            request_id: self.request_id,
            at: self.at,
            method: self.method,
            path: self.path,
            status: self.status,
            duration: Duration::from_micros(self.micros),
            idempotency_key: self.idempotency_key,
            request_body: LoggedBody::Redacted(self.request),
            response_body: LoggedBody::Redacted(self.response),
        }
    }
}

/// The open file.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    lines: LineFile,
    /// What it may grow to before it is rewritten.
    max_length: u64,
}

impl LogFile {
    /// Hands each call in the file beside `state` to `apply`, oldest first.
    pub(super) fn read(state: &Path, mut apply: impl FnMut(LoggedCall)) -> Result<(), OpenError> {
        lines::read(&path_beside(state), HEADER, |stored: StoredCall| {
            apply(stored.into_call());
        })
    }

    /// Writes a file beside `state` that holds just `calls`, and opens it for more.
    pub(super) fn create(state: &Path, calls: &[Arc<LoggedCall>]) -> Result<Self, OpenError> {
        let path = path_beside(state);
        match write(&path, calls) {
            Ok(lines) => Ok(Self {
                max_length: max_length(&lines),
                path,
                lines,
            }),
            Err(source) => Err(OpenError::Io {
                attempt: "write",
                path,
                source,
            }),
        }
    }

    /// Whether it has outgrown what the log keeps.
    pub(super) fn is_long(&self) -> bool {
        self.lines.length() > self.max_length
    }

    /// Holds just `calls` from now on.
    pub(super) fn rewrite(&mut self, calls: &[Arc<LoggedCall>]) -> io::Result<()> {
        match write(&self.path, calls) {
            Ok(lines) => self.lines = lines,
            Err(error) => {
                // It goes on growing for a while before that is tried again.
                self.max_length = max_length(&self.lines);
                return Err(error);
            }
        }
        self.max_length = max_length(&self.lines);
        Ok(())
    }

    /// Adds calls.
    pub(super) fn append(&mut self, calls: &[Arc<LoggedCall>]) -> io::Result<()> {
        let mut text = Vec::new();
        for call in calls {
            serde_json::to_writer(&mut text, &[StoredCall::from_call(call)])?;
            text.push(b'\n');
        }
        self.lines.append(&text)
    }
}

fn write(path: &Path, calls: &[Arc<LoggedCall>]) -> io::Result<LineFile> {
    lines::replace(
        path,
        HEADER,
        calls.iter().map(|call| StoredCall::from_call(call)),
    )
}

fn max_length(lines: &LineFile) -> u64 {
    SLACK * lines.length().max(MAX_BYTES as u64)
}

fn path_beside(state: &Path) -> PathBuf {
    with_suffix(state, ".calls")
}
