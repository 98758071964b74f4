//! The inbox: events are stored before they are acknowledged, and applied once.
//!
//! ```text
//!                              ┌─ SQLite: stored and applied, many in one commit ─▶ 200
//! webhook ─▶ Inbox::receive ─▶ writer
//!                              └─ Postgres: stored, many in one commit ──▶ 200     events (waiting)
//!                                                                                      │
//!                         apply::apply_updates ◀─ worker: many in one commit ◀─────────┘
//!                                  │
//!                                  └─▶ applied, outdated, ignored, or parked with a reason
//! ```
//!
//! - An event is committed to the table before it is acknowledged, once per ID. An acknowledged
//!   event survives a crash of the process or machine.
//! - Applying an event and settling it are one transaction: a process that crashes in between has
//!   changed nothing, and the work is repeated.
//! - SQLite has one writer, so an event that is applied with its arrival keeps nobody waiting who
//!   would not wait for the worker. On Postgres applying waits for locks of users, which an
//!   acknowledgement must not. Where applying fails, the events of the batch are stored and left to
//!   the worker.
//! - The order of arrival does not matter: the newest update wins
//!   ([`status_update`](super::status_update)).
//! - Several processes on one Postgres skip events that another process has locked.
//! - An event that cannot be applied is parked with a reason; an operator may replay it.

mod apply;
mod event_effect;
mod worker;
mod writer;

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use self::{
    event_effect::{EventEffect, event_effect},
    worker::Worker,
    writer::{Arrival, Writer},
};
use crate::{
    base::Tasks,
    model::TemplateId,
    store::{NewEvent, Store},
};
use persona_api::{EventSubject, WebhookEvent};

/// The capacity of the writer's queue.
const QUEUE_CAPACITY: usize = 1_000;

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
        let writer = Writer {
            store: store.clone(),
            template: template.clone(),
            worker: arrival_notify.clone(),
        };
        let shutdown = tasks.shutdown().clone();
        tasks.spawn("inbox_writer", move || {
            let (writer, queue, shutdown) = (writer.clone(), queue.clone(), shutdown.clone());
            async move {
                writer.run(&mut *queue.lock().await).await;
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
        let (event, effect) = decode_event(body);
        let arrival = Arrival {
            event,
            effect,
            reply,
        };
        self.arrivals
            .send(arrival)
            .await
            .map_err(|_| ReceiveError)?;
        received.await.map_err(|_| ReceiveError)?
    }
}

/// Decodes a body to an event to store and to what applying it means, which only an undecodable one
/// lacks.
fn decode_event(body: &[u8]) -> (NewEvent, Option<EventEffect>) {
    match WebhookEvent::decode_and_redact(body) {
        Ok((event, kept)) => {
            let stored = NewEvent {
                id: event.id.clone().into(),
                name: event.name.clone(),
                inquiry_id: match &event.subject {
                    EventSubject::Inquiry(inquiry) => Some(inquiry.id.clone()),
                    EventSubject::Other | EventSubject::Unreadable => None,
                },
                happened_at: Some(event.created_at.as_millisecond()),
                body: kept,
                parked: None,
            };
            (stored, Some(event_effect(event)))
        }
        // Stored unredacted, because its structure is unknown; encrypted like all bodies.
        Err(problem) => {
            let stored = NewEvent {
                id: digest_id(body),
                name: String::new(),
                inquiry_id: None,
                happened_at: None,
                body: body.to_vec(),
                parked: Some(problem.to_string()),
            };
            (stored, None)
        }
    }
}

/// The ID of an undecodable body: equal bodies have equal IDs.
fn digest_id(body: &[u8]) -> String {
    let digest = const_hex::encode(Sha256::digest(body));
    format!("{DIGEST_ID_PREFIX}{digest}")
}
