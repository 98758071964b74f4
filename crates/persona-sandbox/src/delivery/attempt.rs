//! One attempt: the request, or the fault in its place, and the record of the result.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::HeaderMap;
use reqwest::Client;

use super::lanes::DueAttempt;
use super::message::Message;
use crate::core::model::AttemptResult;
use crate::runtime::Attempt;
use crate::runtime::Emulator;
use crate::runtime::faults::{FaultKind, WebhookFault};
use crate::store::WriteError;

/// How many bytes of a response are kept for the dashboard.
const MAX_RESPONSE_BYTES: usize = 2048;

/// How long after its seeming failure a `late_commit` is sent, on the sandbox's clock.
const LATE_COMMIT_DELAY: Duration = Duration::from_secs(2);

/// The delay before a result that could not be written is retried.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The request and the result of an attempt.
struct Outcome {
    headers: HeaderMap,
    result: AttemptResult,
    answer: Bytes,
    /// The network error, if there was no response.
    cause: Option<String>,
}

/// Makes one attempt and records the result.
pub(super) async fn attempt(emulator: Emulator, client: Client, due: DueAttempt) -> DueAttempt {
    let began = Instant::now();
    let message = &due.message;
    let outcome = apply_fault(&emulator, &client, &due).await;
    let result = outcome.result;
    if let Some(cause) = &outcome.cause {
        tracing::warn!(webhook_id = message.delivery.webhook_id, %cause, "webhook got no answer");
    }
    emulator.attempts().add(Attempt {
        delivery: message.delivery.number,
        event_id: message.delivery.event_id.clone(),
        group_id: due.group_id().to_owned(),
        number: message.delivery.attempts + 1,
        began: message.began,
        took: began.elapsed(),
        headers: outcome.headers,
        body: message.body.clone(),
        result,
        answer: outcome.answer,
        cause: outcome.cause,
        fault: due.fault.map(FaultKind::name),
    });
    while let Err(error) = record_outcome(&emulator, message, result) {
        tracing::error!(%error, "the outcome of a webhook could not be written");
        tokio::time::sleep(RETRY_AFTER).await;
    }
    due
}

/// Sends a message, with its fault applied.
async fn apply_fault(emulator: &Emulator, client: &Client, due: &DueAttempt) -> Outcome {
    let message = &due.message;
    // The pretended response to a message that was not sent.
    let unsent = |result| Outcome {
        headers: message.headers(),
        result,
        answer: Bytes::new(),
        cause: None,
    };
    match due.fault {
        Some(FaultKind::Status(status)) => unsent(AttemptResult::Status(status.as_u16())),
        Some(FaultKind::Html) => unsent(AttemptResult::Status(200)),
        Some(FaultKind::Reset) => unsent(AttemptResult::NoAnswer),
        Some(FaultKind::LateCommit) => {
            let headers = message.headers();
            let late = request(client, message, headers.clone(), message.body.clone());
            let (emulator, since) = (emulator.clone(), due.since);
            let tasks = emulator.tasks().clone();
            tasks.spawn(async move {
                let has_passed = emulator.sleep(LATE_COMMIT_DELAY).await;
                // A reset drops everything that was under way before it.
                if has_passed && emulator.with(|state, _| state.reset_count()) == since {
                    tokio::select! {
                        _ = send(late) => {}
                        () = emulator.stopping().cancelled() => {}
                    }
                }
            });
            Outcome {
                headers,
                ..unsent(AttemptResult::Status(502))
            }
        }
        Some(FaultKind::Truncate) => {
            let half = message.body.slice(..message.body.len() / 2);
            deliver(client, message, half).await
        }
        Some(FaultKind::DropAnswer) => Outcome {
            result: AttemptResult::NoAnswer,
            answer: Bytes::new(),
            ..deliver(client, message, message.body.clone()).await
        },
        Some(FaultKind::Webhook(WebhookFault::Duplicate)) => {
            deliver(client, message, message.body.clone()).await;
            deliver(client, message, message.body.clone()).await
        }
        // Faults that prevent or delay the sending were applied before, and `foreign` is refused
        // for webhooks.
        None
        | Some(
            FaultKind::Delay
            | FaultKind::Foreign
            | FaultKind::Webhook(WebhookFault::Drop | WebhookFault::Reorder),
        ) => deliver(client, message, message.body.clone()).await,
    }
}

async fn deliver(client: &Client, message: &Message, body: Bytes) -> Outcome {
    let headers = message.headers();
    let (result, answer, cause) = send(request(client, message, headers.clone(), body)).await;
    Outcome {
        headers,
        result,
        answer,
        cause,
    }
}

fn request(
    client: &Client,
    message: &Message,
    headers: HeaderMap,
    body: Bytes,
) -> reqwest::RequestBuilder {
    client.post(&message.url).headers(headers).body(body)
}

async fn send(request: reqwest::RequestBuilder) -> (AttemptResult, Bytes, Option<String>) {
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => return (failure(&error), Bytes::new(), cause(&error)),
    };
    let result = AttemptResult::Status(response.status().as_u16());
    let mut answer = Vec::new();
    while answer.len() < MAX_RESPONSE_BYTES {
        // Only the status counts. An incomplete body is shown as far as it arrived.
        match response.chunk().await {
            Ok(Some(chunk)) => answer.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    answer.truncate(MAX_RESPONSE_BYTES);
    (result, Bytes::from(answer), None)
}

/// The innermost error, which names what happened: a refused connection, an unknown name, a
/// certificate that is not trusted. The address is not in it.
fn cause(error: &reqwest::Error) -> Option<String> {
    let mut innermost = error.source()?;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let mut text = innermost.to_string();
    if text.contains("certificate") {
        text.push_str(" (--ca names a file with certificates to trust)");
    }
    Some(text)
}

fn failure(error: &reqwest::Error) -> AttemptResult {
    if error.is_timeout() {
        AttemptResult::TimedOut
    } else if error.is_connect() {
        AttemptResult::Unreachable
    } else {
        AttemptResult::NoAnswer
    }
}

fn record_outcome(
    emulator: &Emulator,
    message: &Message,
    result: AttemptResult,
) -> Result<(), WriteError> {
    emulator.transact(|tx, now| {
        let number = message.delivery.number;
        // After a reset the number may belong to another event.
        let current = tx
            .deliveries
            .find(number)
            .filter(|current| current.event_id == message.delivery.event_id);
        let Some(current) = current else {
            return;
        };
        let after = current.after_attempt(result, message.began, now);
        let after = after.with_first_sent_at(message.sent);
        tx.put_delivery(Arc::new(after));
    })
}
