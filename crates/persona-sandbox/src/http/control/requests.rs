//! `GET /_sandbox/requests`: the API log, for tests and scripts.

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::query::Query;
use crate::core::clock::Moment;
use crate::runtime::Emulator;
use crate::runtime::api_log::LoggedCall;

/// How many requests are listed unless `limit` says otherwise.
const DEFAULT_LIMIT: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestQuery {
    /// Only those that no emulated operation took (`true`), or only the others (`false`).
    unmatched: Option<bool>,
    operation: Option<String>,
    status: Option<u16>,
    limit: Option<usize>,
}

impl RequestQuery {
    fn wants(&self, call: &LoggedCall) -> bool {
        self.unmatched.is_none_or(|wanted| call.unmatched == wanted)
            && self.status.is_none_or(|wanted| call.status == wanted)
            && self
                .operation
                .as_ref()
                .is_none_or(|wanted| call.operation == *wanted)
    }
}

/// One logged request. Session tokens, links and webhook secrets are cut out of path and bodies.
#[derive(Serialize)]
struct LoggedRequest {
    request_id: String,
    at: Moment,
    method: String,
    path: String,
    operation: Cow<'static, str>,
    unmatched: bool,
    status: u16,
    duration_ms: f64,
    idempotency_key: Option<String>,
    request: Value,
    response: Value,
}

impl LoggedRequest {
    fn new(call: &LoggedCall) -> Self {
        Self {
            request_id: call.request_id.clone(),
            at: call.at,
            method: call.method.clone(),
            path: call.path.clone(),
            operation: call.operation.clone(),
            unmatched: call.unmatched,
            status: call.status,
            duration_ms: call.duration.as_secs_f64() * 1000.0,
            idempotency_key: call.idempotency_key.clone(),
            request: call.request_document(),
            response: call.response_document(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct List {
    data: Vec<LoggedRequest>,
}

pub(super) async fn list(
    State(emulator): State<Emulator>,
    Query(query): Query<RequestQuery>,
) -> Json<List> {
    let now = emulator.with(|_, now| now);
    let calls = emulator.log().newest_first(now);
    let wanted = calls.iter().filter(|call| query.wants(call));
    let data = wanted
        .take(query.limit.unwrap_or(DEFAULT_LIMIT))
        .map(|call| LoggedRequest::new(call))
        .collect();
    Json(List { data })
}
