//! A call as it is stored in the state file, without secrets.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{LoggedBody, LoggedCall};
use crate::core::clock::Moment;

/// A call as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct StoredCall {
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    request: String,
    response: String,
}

impl StoredCall {
    pub(super) fn from_call(call: &LoggedCall) -> Self {
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
            headers: call
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect(),
            request: call.request_body.without_secrets(),
            response: call.response_body.without_secrets(),
        }
    }

    pub(super) fn into_call(self) -> LoggedCall {
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
            headers: self
                .headers
                .into_iter()
                .map(|(name, value)| (Cow::Owned(name), value))
                .collect(),
            request_body: LoggedBody::Redacted(self.request),
            response_body: LoggedBody::Redacted(self.response),
        }
    }
}
