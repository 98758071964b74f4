//! The inbox: what Persona told us, kept before it is acknowledged and applied afterwards.
//!
//! ```text
//! webhook ─▶ Inbox::take ─▶ writer: many in one commit ─▶ 200     events (waiting)
//!                                                                      │
//!            status_update::apply_in ◀─ worker: many in one commit ◀──────┘
//!                    │
//!                    └─▶ applied, outdated, ignored, or parked with a reason
//! ```
//!
//! - An event is in the table before Persona hears that it was taken, once by its ID. What was
//!   acknowledged survives the process and the machine.
//! - Applying an event and settling it are one transaction: a worker that dies in the middle has
//!   done nothing, and the next one does it all.
//! - The order of arrival does not matter: the newest word counts ([`mirror`](super::mirror)).
//! - Several processes on one Postgres each take what no other has in its hands.
//! - What cannot be applied is parked and says why; an operator may let it wait again.

mod event_effect;
mod worker;

use std::{collections::HashSet, sync::Arc};

use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use self::worker::Worker;
use crate::{
    base::Tasks,
    model::TemplateId,
    store::{NewEvent, Store, with_timeout},
};
use persona_api::{EventSubject, WebhookEvent};

/// How many events may wait for the writer.
const QUEUE: usize = 1_000;
/// How many events one commit takes in. Each commit waits for the disk once.
const BATCH: usize = 200;

/// How the ID begins of what could not be read.
const DIGEST_ID_PREFIX: &str = "sha256:";

/// The way into the inbox. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox {
    arrivals: mpsc::Sender<Arrival>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It is kept, and will be applied.
    New,
    /// It is kept, but could not be read.
    Parked,
    /// It was there already.
    Duplicate,
}

/// The event is not kept: Persona must send it again.
#[derive(Debug, thiserror::Error)]
#[error("the event could not be kept")]
pub struct NotStored;

/// An event on its way to the table, and whom to tell that it is there.
struct Arrival {
    event: NewEvent,
    reply: oneshot::Sender<Result<Receipt, NotStored>>,
}

impl Inbox {
    /// Opens the inbox, with its writer and its worker among the background tasks. Events from
    /// inquiries of other templates are of no concern, unless the inquiry is known.
    #[must_use]
    pub fn open(store: Store, template: TemplateId, tasks: &Tasks) -> Self {
        let (arrivals, queue) = mpsc::channel(QUEUE);
        let arrival_notify = Arc::new(Notify::new());

        // The writer stops when the last sender is dropped, not on shutdown: requests that are
        // still being answered may bring events. A writer that is restarted goes on with the queue;
        // the events in the hands of the one before it were answered as not kept.
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

    /// Takes in a body whose signature is good. When this returns, it is kept.
    ///
    /// # Errors
    /// If it could not be written: then nothing is promised.
    pub async fn receive(&self, body: &[u8]) -> Result<Receipt, NotStored> {
        let (reply, received) = oneshot::channel();
        let event = decode_event(body);
        let arrival = Arrival { event, reply };
        self.arrivals.send(arrival).await.map_err(|_| NotStored)?;
        received.await.map_err(|_| NotStored)?
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
        // Kept whole, since nobody can tell what of it is needed; sealed, as all bodies are.
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

/// The name of what has no other: the same body has the same name.
fn digest_id(body: &[u8]) -> String {
    let digest = const_hex::encode(Sha256::digest(body));
    format!("{DIGEST_ID_PREFIX}{digest}")
}

/// Writes what arrives: whatever has come while the last commit waited for the disk goes into the
/// next one.
async fn write(queue: &mut mpsc::Receiver<Arrival>, store: Store, arrival_notify: Arc<Notify>) {
    let mut arrivals = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut arrivals, BATCH).await > 0 {
        let (events, replies): (Vec<_>, Vec<_>) = arrivals
            .drain(..)
            .map(|Arrival { event, reply }| (event, reply))
            .unzip();
        let added = match with_timeout(store.add_events(&events)).await {
            Ok(added) => added,
            Err(error) => {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    events = events.len(),
                    "could not keep events, Persona will send them again"
                );
                for reply in replies {
                    let _ = reply.send(Err(NotStored));
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
            // Whoever brought it may have gone: it is kept all the same.
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
        (Receipt::Duplicate, _) => tracing::debug!(event.id, "an event has come again"),
    }
}
