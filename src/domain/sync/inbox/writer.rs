//! The writer: stores arriving events, and where that keeps nobody waiting, applies them at once.

use std::{
    collections::{HashMap, HashSet},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures_util::FutureExt as _;
use tokio::sync::{Notify, mpsc, oneshot};

use super::{
    Receipt, ReceiveError,
    apply::{PendingUpdate, Settlement, apply_updates, warn_of_parked},
    event_effect::EventEffect,
};
use crate::{
    base::error_chain,
    model::TemplateId,
    store::{self, EventState, NewEvent, Store, with_timeout},
};

/// The maximum number of events per commit. Each commit waits for the disk once.
const MAX_BATCH: usize = 200;

/// An event for the writer, with the channel for its receipt.
pub(super) struct Arrival {
    pub(super) event: NewEvent,
    /// What applying the event means; `None` if it is undecodable.
    pub(super) effect: Option<EventEffect>,
    pub(super) reply: oneshot::Sender<Result<Receipt, ReceiveError>>,
}

#[derive(Debug, Clone)]
pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) template: TemplateId,
    /// Wakes the worker, for events that are stored and not applied.
    pub(super) worker: Arc<Notify>,
}

impl Writer {
    /// Stores arriving events until the last sender is gone: those that arrived during a commit
    /// share the next one.
    pub(super) async fn run(&self, queue: &mut mpsc::Receiver<Arrival>) {
        let mut arrivals = Vec::with_capacity(MAX_BATCH);
        while queue.recv_many(&mut arrivals, MAX_BATCH).await > 0 {
            let mut events = Vec::with_capacity(arrivals.len());
            let mut effects = Vec::with_capacity(arrivals.len());
            let mut replies = Vec::with_capacity(arrivals.len());
            for arrival in arrivals.drain(..) {
                events.push(arrival.event);
                effects.push(arrival.effect);
                replies.push(arrival.reply);
            }
            let added = match self.add(&events, effects).await {
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

    /// Stores events, applied or waiting, and returns the IDs of the new ones.
    async fn add(
        &self,
        events: &[NewEvent],
        effects: Vec<Option<EventEffect>>,
    ) -> Result<Vec<String>, store::Error> {
        if self.store.has_one_writer() {
            // A panic in one event must not lose the others.
            let applying = AssertUnwindSafe(with_timeout(self.apply_and_add(events, effects)));
            let problem = match applying.catch_unwind().await {
                Ok(Ok(added)) => return Ok(added),
                Ok(Err(error)) => error_chain(&error),
                Err(_) => "applying an event panicked; the log has the panic".to_owned(),
            };
            tracing::error!(
                problem,
                events = events.len(),
                "could not apply events on arrival; storing them to apply them one by one"
            );
        }
        let added = with_timeout(self.store.add_events(events)).await?;
        self.worker.notify_one();
        Ok(added)
    }

    /// Applies the new ones of these events and stores them settled, in one transaction.
    async fn apply_and_add(
        &self,
        events: &[NewEvent],
        effects: Vec<Option<EventEffect>>,
    ) -> Result<Vec<String>, store::Error> {
        let mut transaction = self.store.begin_sync().await?;
        let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
        let mut seen = transaction.find_known_events(&ids).await?;
        let mut new = Vec::with_capacity(events.len());
        let mut pending = Vec::with_capacity(events.len());
        let mut settled: HashMap<String, Settlement> = HashMap::with_capacity(events.len());
        for (event, effect) in events.iter().zip(effects) {
            if !seen.insert(event.id.clone()) {
                continue;
            }
            new.push(event);
            match effect.map(|effect| PendingUpdate::new(event.id.clone(), effect)) {
                Some(Ok(update)) => pending.push(update),
                Some(Err(settlement)) => {
                    settled.insert(event.id.clone(), settlement);
                }
                // It is stored with the reason why it cannot be read.
                None => {}
            }
        }
        settled.extend(apply_updates(&mut transaction, &self.template, pending).await?);
        let added = new.iter().map(|event| event.id.clone()).collect();
        transaction
            .add_settled_events(new, |id| {
                let (state, reason) = settled.get(id)?;
                Some((*state, reason.as_deref()))
            })
            .await?;
        transaction.commit().await?;
        let mut parked: HashMap<Option<&str>, usize> = HashMap::new();
        for (state, reason) in settled.values() {
            if *state == EventState::Parked {
                *parked.entry(reason.as_deref()).or_default() += 1;
            }
        }
        for (reason, events) in parked {
            warn_of_parked(events, reason);
        }
        Ok(added)
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
