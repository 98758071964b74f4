//! `GET /_sandbox/requests`: the API log, for tests and scripts.

use axum::Json;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::query::Query;
use crate::core::clock::Moment;
use crate::http::transport::environment::InEnvironment;
use crate::runtime::Operations;
use crate::runtime::api_log::LoggedCall;

/// How many requests are listed unless `limit` says otherwise.
const DEFAULT_LIMIT: usize = 100;

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestQuery {
    /// Only those that no emulated operation took (`true`), or only the others (`false`).
    unmatched: Option<bool>,
    operation: Option<String>,
    status: Option<u16>,
    limit: Option<usize>,
}

impl RequestQuery {
    /// A call is kept under the name that its operation had then, so both are looked up.
    fn wants(&self, call: &LoggedCall, operations: &Operations) -> bool {
        let name = |text: &str| operations.find(text).map(|info| info.name);
        let is_operation = |wanted: &String| {
            call.operation == *wanted
                || name(wanted).is_some_and(|it| name(&call.operation) == Some(it))
        };
        self.unmatched.is_none_or(|wanted| call.unmatched == wanted)
            && self.status.is_none_or(|wanted| call.status == wanted)
            && self.operation.as_ref().is_none_or(is_operation)
    }
}

/// One logged request. Session tokens, links and webhook secrets are cut out of path and bodies.
#[derive(Serialize)]
struct LoggedRequest<'a> {
    request_id: String,
    at: Moment,
    method: String,
    path: String,
    /// The short name of earlier versions.
    operation: &'a str,
    operation_name: &'a str,
    unmatched: bool,
    status: u16,
    duration_ms: f64,
    idempotency_key: Option<String>,
    request: Value,
    response: Value,
}

impl<'a> LoggedRequest<'a> {
    fn new(call: &'a LoggedCall, operations: &Operations) -> Self {
        let info = operations.find(&call.operation);
        Self {
            request_id: call.request_id.clone(),
            at: call.at,
            method: call.method.clone(),
            path: call.path.clone(),
            operation: info.map_or(&call.operation, |info| info.short_name()),
            operation_name: info.map_or(&call.operation, |info| info.name),
            unmatched: call.unmatched,
            status: call.status,
            duration_ms: call.duration.as_secs_f64() * 1000.0,
            idempotency_key: call.idempotency_key.clone(),
            request: call.request_document(),
            response: call.response_document(),
        }
    }
}

/// Lists the latest requests, newest first.
pub(super) async fn list(
    InEnvironment(emulator): InEnvironment,
    Query(query): Query<RequestQuery>,
) -> impl IntoResponse {
    #[derive(Serialize)]
    struct List<'a> {
        data: Vec<LoggedRequest<'a>>,
    }
    let operations = emulator.operations();
    let now = emulator.with(|_, now| now);
    let calls = emulator.log().newest_first(now);
    let wanted = calls.iter().filter(|call| query.wants(call, operations));
    let data = wanted
        .take(query.limit.unwrap_or(DEFAULT_LIMIT))
        .map(|call| LoggedRequest::new(call, operations))
        .collect();
    Json(List { data }).into_response()
}
