//! The background task that sends what is due.
//!
//! One loop takes due deliveries from the state and starts an attempt for each, a few at a time.
//! Attempts at one webhook about one inquiry follow one another, so events arrive in order as
//! long as nothing fails; Persona promises no order, and a retry or a fault breaks it here too.

use std::collections::HashSet;
use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use reqwest::{Client, redirect};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Attempt, Message};
use crate::sandbox::Emulator;
use crate::sandbox::clock::Moment;
use crate::sandbox::journal::WriteError;
use crate::sandbox::model::{ANSWER_LIMIT, AttemptResult};
use crate::sandbox::state::{Record, State};

/// How many attempts are under way at once.
const CONCURRENCY: usize = 16;

/// How much of an answer is kept for the dashboard.
const LARGEST_ANSWER: usize = 2048;

/// How long attempts that are under way may take at the end. What is cut off is still pending.
const GRACE: Duration = Duration::from_secs(1);

/// How soon it goes on after the state could not be written.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Attempts in one lane follow one another: a webhook and an inquiry.
type Lane = (String, String);

/// Sends until `stopping`.
pub(crate) async fn run(emulator: Emulator, stopping: CancellationToken) {
    let client = match client() {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "no webhook is sent: the HTTP client could not start");
            return;
        }
    };
    let mut changes = emulator.deliveries_changed();
    let mut busy = HashSet::new();
    let mut attempts = JoinSet::new();
    loop {
        changes.mark_unchanged();
        let free = CONCURRENCY - attempts.len();
        let (taken, wait) = emulator.with(|state, now| {
            let taken = take(state, now, &mut busy, free);
            let next = state.deliveries.next_after(now);
            let wait = next.and_then(|at| state.clock().wall_time_until(at));
            (taken, wait)
        });
        for (lane, message) in taken {
            let (client, emulator) = (client.clone(), emulator.clone());
            attempts.spawn(async move {
                attempt(&emulator, &client, message).await;
                lane
            });
        }
        let next_due = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stopping.cancelled() => break,
            Some(done) = attempts.join_next() => release(done, &mut busy),
            () = next_due => {}
            changed = changes.changed() => if changed.is_err() { break },
        }
    }
    let rest = async { while attempts.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, rest).await.is_err() {
        tracing::debug!("webhooks under way are left for the next start");
    }
}

fn client() -> reqwest::Result<Client> {
    Client::builder()
        .timeout(ANSWER_LIMIT)
        // A redirect is no accepted answer.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(CONCURRENCY)
        .user_agent(concat!(
            "persona-onboarding-sandbox/",
            env!("CARGO_PKG_VERSION")
        ))
        .build()
}

fn release(done: Result<Lane, tokio::task::JoinError>, busy: &mut HashSet<Lane>) {
    match done {
        Ok(lane) => {
            busy.remove(&lane);
        }
        // Its lane is not known: let all go, at worst one is attempted twice.
        Err(error) => {
            tracing::error!(%error, "an attempt at a webhook ended badly");
            busy.clear();
        }
    }
}

/// Takes what is due, oldest first, from lanes where nothing is under way.
fn take(state: &State, now: Moment, busy: &mut HashSet<Lane>, free: usize) -> Vec<(Lane, Message)> {
    let mut taken = Vec::new();
    for delivery in state.deliveries.due_by(now) {
        if taken.len() == free {
            break;
        }
        let event = state.events.find(&delivery.event_id);
        let webhook = state.webhooks.find(&delivery.webhook_id);
        let (Some(event), Some(webhook)) = (event, webhook) else {
            continue;
        };
        let lane = (webhook.id.clone(), event.subject.inquiry_id().to_owned());
        if busy.contains(&lane) {
            continue;
        }
        let message = Message::new(state, webhook, event, Arc::clone(delivery), now);
        busy.insert(lane.clone());
        taken.push((lane, message));
    }
    taken
}

/// Makes one attempt and writes down what came of it.
async fn attempt(emulator: &Emulator, client: &Client, message: Message) {
    let began = Instant::now();
    let headers = message.headers();
    let request = client
        .post(&message.url)
        .headers(headers.clone())
        .body(message.body.clone());
    let (result, answer) = send(request).await;
    let delivery = &message.delivery;
    emulator.attempts().add(Attempt {
        delivery: delivery.number,
        event_id: delivery.event_id.clone(),
        number: delivery.attempts + 1,
        began: message.began,
        took: began.elapsed(),
        headers,
        body: message.body.clone(),
        result,
        answer,
        fault: None,
    });
    while let Err(error) = write_down(emulator, &message, result) {
        tracing::error!(%error, "the outcome of a webhook could not be written");
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

async fn send(request: reqwest::RequestBuilder) -> (AttemptResult, Bytes) {
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => return (failure(&error), Bytes::new()),
    };
    let result = AttemptResult::Status(response.status().as_u16());
    let mut answer = Vec::new();
    while answer.len() < LARGEST_ANSWER {
        // The status is what counts; a body that breaks off is shown as far as it came.
        match response.chunk().await {
            Ok(Some(chunk)) => answer.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    answer.truncate(LARGEST_ANSWER);
    (result, Bytes::from(answer))
}

fn failure(error: &reqwest::Error) -> AttemptResult {
    if error.is_timeout() {
        AttemptResult::TimedOut
    } else if error.is_connect() {
        AttemptResult::Unreachable
    } else {
        tracing::debug!(cause = ?error.source(), "a webhook got no answer");
        AttemptResult::NoAnswer
    }
}

fn write_down(
    emulator: &Emulator,
    message: &Message,
    result: AttemptResult,
) -> Result<(), WriteError> {
    emulator.with(|state, now| {
        let number = message.delivery.number;
        // After a reset the number may be another event's.
        let current = state
            .deliveries
            .find(number)
            .filter(|current| current.event_id == message.delivery.event_id);
        let Some(current) = current else {
            return Ok(());
        };
        let after = current.attempted(result, message.began, now);
        state.commit(vec![Record::Delivery(Arc::new(after))])
    })
}
