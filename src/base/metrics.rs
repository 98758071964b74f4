//! Prometheus metrics.
//!
//! One function per metric keeps names and labels in one place. Labels have few fixed values: no
//! ID, no address, no personal data. Until [`install`] is called, recording does nothing.

use std::{sync::OnceLock, time::Duration};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use persona_api::Operation;

/// Histogram buckets, up to the longest timeout.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0,
];

const HTTP_REQUESTS: &str = "http_requests_total";
const HTTP_DURATION: &str = "http_request_duration_seconds";
const GET_OR_CREATE: &str = "get_or_create_total";
const PERSONA_CALLS: &str = "persona_calls_total";
const PERSONA_FOREIGN_RESPONSES: &str = "persona_foreign_answers_total";
const PERSONA_DURATION: &str = "persona_call_duration_seconds";
const PERSONA_PAUSED: &str = "persona_calls_paused";
const WEBHOOKS: &str = "webhooks_total";
const INBOX_EVENTS: &str = "inbox_events";
const INQUIRY_DRIFT: &str = "inquiry_drift_total";
const HANDLER_PANICS: &str = "handler_panics_total";
const TASK_RESTARTS: &str = "background_task_restarts_total";
const CLICKS_SHED: &str = "clicks_shed_total";

/// Installs the recorder, once per process, and returns the handle that renders the metrics.
///
/// # Errors
/// If the process already has another recorder.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets(&SECONDS)?
        .install_recorder()?;
    describe_counter!(HTTP_REQUESTS, "Requests, by method, route and status");
    describe_histogram!(HTTP_DURATION, "Duration of requests, by route");
    describe_counter!(GET_OR_CREATE, "Clicks, by outcome");
    describe_counter!(PERSONA_CALLS, "Calls to Persona, by operation and outcome");
    describe_counter!(
        PERSONA_FOREIGN_RESPONSES,
        "Responses of Persona that were rejected because they concern another person's inquiry"
    );
    describe_histogram!(
        PERSONA_DURATION,
        "Duration of calls to Persona, by operation"
    );
    describe_gauge!(
        PERSONA_PAUSED,
        "1 while the circuit breaker pauses calls to Persona"
    );
    describe_counter!(WEBHOOKS, "Webhooks, by outcome");
    describe_gauge!(INBOX_EVENTS, "Events in the inbox, by state");
    describe_counter!(
        INQUIRY_DRIFT,
        "Inquiries whose status had changed at Persona without an event"
    );
    describe_counter!(HANDLER_PANICS, "Requests whose handler panicked");
    describe_counter!(
        TASK_RESTARTS,
        "Background tasks that ended or panicked, by task"
    );
    describe_counter!(
        CLICKS_SHED,
        "Clicks that were rejected because too many were in progress"
    );
    // Initializes counters, so that they are 0 instead of absent.
    counter!(HANDLER_PANICS).absolute(0);
    counter!(CLICKS_SHED).absolute(0);
    counter!(INQUIRY_DRIFT).absolute(0);
    gauge!(PERSONA_PAUSED).set(0);
    Ok(HANDLE.get_or_init(|| handle).clone())
}

pub(crate) fn http_request(method: &'static str, route: &str, status: u16, took: Duration) {
    let status = status.to_string();
    counter!(HTTP_REQUESTS, "method" => method, "route" => route.to_owned(), "status" => status)
        .increment(1);
    histogram!(HTTP_DURATION, "route" => route.to_owned()).record(took);
}

pub(crate) fn get_or_create(outcome: &'static str) {
    counter!(GET_OR_CREATE, "outcome" => outcome).increment(1);
}

/// Records the calls of a [`persona_api::Client`].
#[derive(Debug, Clone, Copy)]
pub struct PersonaMetrics;

impl persona_api::Observer for PersonaMetrics {
    fn call_ended(&self, operation: Operation, outcome: &'static str, elapsed: Duration) {
        let operation = operation.name();
        counter!(PERSONA_CALLS, "operation" => operation, "outcome" => outcome).increment(1);
        histogram!(PERSONA_DURATION, "operation" => operation).record(elapsed);
    }

    fn calls_paused(&self, is_paused: bool) {
        gauge!(PERSONA_PAUSED).set(u8::from(is_paused));
    }
}

pub(crate) fn foreign_response(operation: &'static str) {
    counter!(PERSONA_FOREIGN_RESPONSES, "operation" => operation).increment(1);
}

pub(crate) fn webhook(result: &'static str) {
    counter!(WEBHOOKS, "result" => result).increment(1);
}

pub(crate) fn inbox_events(state: &'static str, count: i64) {
    // A gauge is a float: exact up to 2^53.
    gauge!(INBOX_EVENTS, "state" => state).set(u32::try_from(count).unwrap_or(u32::MAX));
}

pub(crate) fn inquiry_drift() {
    counter!(INQUIRY_DRIFT).increment(1);
}

pub(crate) fn handler_panic() {
    counter!(HANDLER_PANICS).increment(1);
}

pub(crate) fn background_task_restart(task: &'static str) {
    counter!(TASK_RESTARTS, "task" => task).increment(1);
}

pub(crate) fn click_shed() {
    counter!(CLICKS_SHED).increment(1);
}
