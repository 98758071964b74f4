//! `/_sandbox/webhooks` and `/_sandbox/deliveries`: whether events are sent, and the result of each
//! delivery.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ControlError;
use super::body::Body;
use super::query::Query;
use crate::core::model::{AttemptResult, Delivery, DeliveryStatus};
use crate::http::transport::environment::InEnvironment;
use crate::runtime::Attempt;
use crate::store;

/// How many deliveries are listed by default.
const DEFAULT_LIMIT: usize = 100;

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Switch {
    enabled: bool,
}

/// Lists the webhooks, without their secrets.
pub(super) async fn list(InEnvironment(emulator): InEnvironment) -> Json<Value> {
    let data = emulator.with(|state, _| -> Vec<Value> {
        let webhooks = state.webhooks.newest_first();
        webhooks
            .map(|(_, webhook)| {
                json!({
                    "id": webhook.id,
                    "url": webhook.url,
                    "status": webhook.status.as_str(),
                    "enabled_events": webhook.enabled_events,
                })
            })
            .collect()
    });
    Json(json!({ "data": data }))
}

/// Switches all webhooks on or off. Events that are emitted while they are off are never sent.
pub(super) async fn switch(
    InEnvironment(emulator): InEnvironment,
    Body(switch): Body<Switch>,
) -> Result<Json<Value>, ControlError> {
    emulator.transact(|tx, _| tx.switch_webhooks(switch.enabled))?;
    Ok(list(InEnvironment(emulator)).await)
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    #[serde(rename = "webhook-id", alias = "webhook_id")]
    webhook_id: Option<String>,
    #[serde(rename = "event-id", alias = "event_id")]
    event_id: Option<String>,
    #[serde(rename = "inquiry-id", alias = "inquiry_id")]
    inquiry_id: Option<String>,
    status: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct DeliverySummary<'a> {
    id: u64,
    webhook_id: &'a str,
    event_id: &'a str,
    name: Option<&'static str>,
    inquiry_id: Option<&'a str>,
    status: &'static str,
    attempts: u32,
    first_attempted_at: Option<String>,
    next_attempt_at: Option<String>,
    result: Option<String>,
}

impl<'a> DeliverySummary<'a> {
    fn new(state: &'a store::State, delivery: &'a Delivery) -> Self {
        let event = state.events.find(&delivery.event_id);
        Self {
            id: delivery.number,
            webhook_id: &delivery.webhook_id,
            event_id: &delivery.event_id,
            name: event.map(|event| event.name.as_str()),
            inquiry_id: event.and_then(|event| event.subject.inquiry_id()),
            status: delivery.status.as_str(),
            attempts: delivery.attempts,
            first_attempted_at: delivery.first_attempted_at.map(|at| at.to_string()),
            next_attempt_at: delivery.next_at.map(|at| at.to_string()),
            result: delivery.result.map(result_name),
        }
    }
}

fn result_name(result: AttemptResult) -> String {
    match result {
        AttemptResult::Status(status) => status.to_string(),
        AttemptResult::TimedOut => "timed_out".to_owned(),
        AttemptResult::Unreachable => "unreachable".to_owned(),
        AttemptResult::NoAnswer => "no_answer".to_owned(),
    }
}

/// Lists deliveries, newest first, with how many there are of each status.
pub(super) async fn deliveries(
    InEnvironment(emulator): InEnvironment,
    Query(filter): Query<Filter>,
) -> Result<Json<Value>, ControlError> {
    let wanted = |given: &Option<String>, value: &str| given.as_ref().is_none_or(|it| it == value);
    Ok(Json(emulator.with(|state, _| {
        let data: Vec<_> = state
            .deliveries
            .newest_first()
            .filter(|delivery| {
                wanted(&filter.webhook_id, &delivery.webhook_id)
                    && wanted(&filter.event_id, &delivery.event_id)
                    && wanted(&filter.status, delivery.status.as_str())
            })
            .map(|delivery| DeliverySummary::new(state, delivery))
            .filter(|summary| wanted(&filter.inquiry_id, summary.inquiry_id.unwrap_or_default()))
            .take(filter.limit.unwrap_or(DEFAULT_LIMIT))
            .collect();
        let counts: Map<_, _> = DeliveryStatus::ALL
            .iter()
            .map(|status| {
                let count = state.deliveries.count(*status);
                (status.as_str().to_owned(), count.into())
            })
            .collect();
        json!({ "data": data, "counts": counts })
    })))
}

/// Shows one delivery with its latest attempts.
pub(super) async fn delivery(
    InEnvironment(emulator): InEnvironment,
    Path(number): Path<u64>,
) -> Result<Json<Value>, ControlError> {
    let (mut summary, event_id) = emulator.with(|state, _| {
        let delivery = state.delivery(number)?;
        let summary = json!(DeliverySummary::new(state, &delivery));
        Ok::<_, ControlError>((summary, delivery.event_id.clone()))
    })?;
    let log: Vec<_> = emulator
        .attempts()
        .for_delivery(number, &event_id)
        .iter()
        .map(|attempt| attempt_document(attempt))
        .collect();
    summary["attempt_log"] = json!(log);
    Ok(Json(json!({ "data": summary })))
}

fn attempt_document(attempt: &Attempt) -> Value {
    json!({
        "number": attempt.number,
        "at": attempt.began,
        "took_ms": attempt.took.as_secs_f64() * 1000.0,
        "headers": headers(&attempt.headers),
        "body": String::from_utf8_lossy(&attempt.body),
        "result": result_name(attempt.result),
        "answer": String::from_utf8_lossy(&attempt.answer),
        "cause": attempt.cause,
        "fault": attempt.fault,
    })
}

fn headers(headers: &HeaderMap) -> Map<String, Value> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into())
        })
        .collect()
}

/// Schedules another attempt at a delivery, whatever its status.
pub(super) async fn resend(
    InEnvironment(emulator): InEnvironment,
    Path(number): Path<u64>,
) -> Result<Json<Value>, ControlError> {
    let summary = emulator.try_transact(|tx, now| {
        let delivery = tx.resend(number, now)?;
        Ok::<_, ControlError>(json!(DeliverySummary::new(tx, &delivery)))
    })?;
    Ok(Json(json!({ "data": summary })))
}
