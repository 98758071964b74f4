//! The inbox: events are stored before they are acknowledged, and applied afterwards.
//!
//! ```text
//! webhook ─▶ Inbox::receive ─▶ writer: many in one commit ─▶ 200     events (waiting)
//!                                                                         │
//!            status_update::apply_in ◀─ worker: many in one commit ◀──────┘
//!                    │
//!                    └─▶ applied, outdated, ignored, or parked with a reason
//! ```
//!
//! - An event is committed to the table before it is acknowledged, once per ID. An acknowledged
//!   event survives a crash of the process or machine.
//! - Applying an event and settling it are one transaction: a worker that crashes in between has
//!   changed nothing, and the next one repeats the work.
//! - The order of arrival does not matter: the newest update wins
//!   ([`status_update`](super::status_update)).
//! - Several processes on one Postgres skip events that another process has locked.
//! - An event that cannot be applied is parked with a reason; an operator may replay it.

mod event_effect;
mod worker;

use std::{collections::HashSet, sync::Arc};

use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use self::worker::Worker;
use crate::{
    base::{Tasks, error_chain},
    model::TemplateId,
    store::{NewEvent, Store, with_timeout},
};
use persona_api::{EventSubject, WebhookEvent};

/// The capacity of the writer's queue.
const QUEUE_CAPACITY: usize = 1_000;
/// The maximum number of events per commit. Each commit waits for the disk once.
const MAX_BATCH: usize = 200;

/// The prefix of the ID of an undecodable event.
const DIGEST_ID_PREFIX: &str = "sha256:";

/// The sender side of the inbox. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox {
    arrivals: mpsc::Sender<Arrival>,
}

/// The result of receiving a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// The event is stored and will be applied.
    New,
    /// The event is stored but undecodable.
    Parked,
    /// The event was stored before.
    Duplicate,
}

/// The event is not stored: Persona must send it again.
#[derive(Debug, thiserror::Error)]
#[error("the event could not be kept")]
pub struct ReceiveError;

/// An event for the writer, with the channel for its receipt.
struct Arrival {
    event: NewEvent,
    reply: oneshot::Sender<Result<Receipt, ReceiveError>>,
}

impl Inbox {
    /// Opens the inbox and spawns its writer and its worker. Events about unknown inquiries of
    /// other templates are ignored.
    #[must_use]
    pub fn open(store: Store, template: TemplateId, tasks: &Tasks) -> Self {
        let (arrivals, queue) = mpsc::channel(QUEUE_CAPACITY);
        let arrival_notify = Arc::new(Notify::new());

        // The writer stops when the last sender is dropped, not on shutdown: requests that are
        // still draining may enqueue events. A restarted writer continues with the queue; the
        // events of the failed batch were reported as not stored.
        let queue = Arc::new(Mutex::new(queue));
        let (writer_store, writer_notify) = (store.clone(), arrival_notify.clone());
        let shutdown = tasks.shutdown().clone();
        tasks.spawn("inbox_writer", move || {
            let (queue, shutdown) = (queue.clone(), shutdown.clone());
            let (store, arrival_notify) = (writer_store.clone(), writer_notify.clone());
            async move {
                write(&mut *queue.lock().await, store, arrival_notify).await;
                shutdown.cancelled().await;
            }
        });

        let worker = Worker::new(store, template);
        let shutdown = tasks.shutdown().clone();
        tasks.spawn("inbox_worker", move || {
            let (worker, shutdown) = (worker.clone(), shutdown.clone());
            let arrival_notify = arrival_notify.clone();
            async move {
                shutdown
                    .run_until_cancelled(worker.run(&arrival_notify))
                    .await;
            }
        });
        Self { arrivals }
    }

    /// Stores a body whose signature is verified. The event is durable when this returns.
    ///
    /// # Errors
    /// If the event could not be stored.
    pub async fn receive(&self, body: &[u8]) -> Result<Receipt, ReceiveError> {
        let (reply, received) = oneshot::channel();
        let event = decode_event(body);
        let arrival = Arrival { event, reply };
        self.arrivals
            .send(arrival)
            .await
            .map_err(|_| ReceiveError)?;
        received.await.map_err(|_| ReceiveError)?
    }
}

fn decode_event(body: &[u8]) -> NewEvent {
    match WebhookEvent::decode_and_redact(body) {
        Ok((event, kept)) => NewEvent {
            id: event.id.into(),
            name: event.name,
            inquiry_id: match event.subject {
                EventSubject::Inquiry(inquiry) => Some(inquiry.id),
                EventSubject::Other | EventSubject::Unreadable => None,
            },
            happened_at: Some(event.created_at.as_millisecond()),
            body: kept,
            parked: None,
        },
        // Stored unredacted, because its structure is unknown; encrypted like all bodies.
        Err(problem) => NewEvent {
            id: digest_id(body),
            name: String::new(),
            inquiry_id: None,
            happened_at: None,
            body: body.to_vec(),
            parked: Some(problem.to_string()),
        },
    }
}

/// The ID of an undecodable body: equal bodies have equal IDs.
fn digest_id(body: &[u8]) -> String {
    let digest = const_hex::encode(Sha256::digest(body));
    format!("{DIGEST_ID_PREFIX}{digest}")
}

/// Stores arriving events: those that arrived during the last commit share the next one.
async fn write(queue: &mut mpsc::Receiver<Arrival>, store: Store, arrival_notify: Arc<Notify>) {
    let mut arrivals = Vec::with_capacity(MAX_BATCH);
    while queue.recv_many(&mut arrivals, MAX_BATCH).await > 0 {
        let (events, replies): (Vec<_>, Vec<_>) = arrivals
            .drain(..)
            .map(|Arrival { event, reply }| (event, reply))
            .unzip();
        let added = match with_timeout(store.add_events(&events)).await {
            Ok(added) => added,
            Err(error) => {
                tracing::error!(
                    error = error_chain(&error),
                    events = events.len(),
                    "could not store events, Persona will send them again"
                );
                for reply in replies {
                    let _ = reply.send(Err(ReceiveError));
                }
                continue;
            }
        };
        arrival_notify.notify_one();
        let mut new: HashSet<&str> = added.iter().map(String::as_str).collect();
        for (event, reply) in events.iter().zip(replies) {
            let receipt = if !new.remove(event.id.as_str()) {
                Receipt::Duplicate
            } else if event.parked.is_some() {
                Receipt::Parked
            } else {
                Receipt::New
            };
            log(event, receipt);
            // The receiver may be gone: the event is stored all the same.
            let _ = reply.send(Ok(receipt));
        }
    }
}

fn log(event: &NewEvent, receipt: Receipt) {
    match (receipt, &event.inquiry_id) {
        (Receipt::New, Some(inquiry)) => {
            tracing::info!("Received event {} for {inquiry}", event.name);
        }
        (Receipt::New, None) => tracing::info!("Received event {}", event.name),
        (Receipt::Parked, _) => tracing::warn!(
            event.id,
            reason = event.parked,
            "parked an event that cannot be read"
        ),
        (Receipt::Duplicate, _) => tracing::debug!(event.id, "received a duplicate event"),
    }
}
