//! What may be sent now: one attempt at a time in each lane, and what faults hold back or lose.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Message;
use crate::clock::Moment;
use crate::faults::{Fault, FaultKind, Faults, WebhookFault};
use crate::model::{Delivery, DeliveryStatus};
use crate::state::{State, Tx};

/// Attempts in one lane follow one another: a webhook and an inquiry.
type Lane = (String, String);

/// An attempt to be made.
#[derive(Debug)]
pub(super) struct Job {
    lane: Lane,
    pub(super) message: Message,
    pub(super) fault: Option<Fault>,
}

impl Job {
    /// The inquiry that the event is about.
    pub(super) fn inquiry_id(&self) -> &str {
        &self.lane.1
    }
}

/// What is under way and what is held back. Forgotten with the process: the deliveries are
/// pending in the state, and only their fault is not met again.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    busy: HashSet<Lane>,
    /// Deliveries whose fault was to wait, with their events.
    waited: HashSet<(u64, String)>,
    /// Deliveries that wait for a later one in their lane.
    held_back: HashMap<Lane, Vec<Arc<Delivery>>>,
}

impl Lanes {
    /// Takes the oldest delivery that is due in a free lane; those whose fault keeps them from
    /// being sent now are passed over.
    pub(super) fn take(&mut self, tx: &mut Tx, faults: &Faults, now: Moment) -> Option<Job> {
        while let Some((lane, delivery)) = self.next(tx, now) {
            let key = (delivery.number, delivery.event_id.clone());
            let fault = if self.waited.remove(&key) {
                None
            } else {
                faults.pick_for_webhook()
            };
            match fault.map(|fault| (fault.kind, fault.delay)) {
                Some((FaultKind::Delay, delay)) => {
                    tx.put_delivery(Arc::new(delivery.due_at(now.plus(delay))));
                    self.waited.insert(key);
                }
                Some((FaultKind::Webhook(WebhookFault::Reorder), delay)) => {
                    tx.put_delivery(Arc::new(delivery.due_at(now.plus(delay))));
                    self.waited.insert(key);
                    self.held_back.entry(lane).or_default().push(delivery);
                }
                Some((FaultKind::Webhook(WebhookFault::Drop), _)) => {
                    tx.put_delivery(Arc::new(delivery.ended(DeliveryStatus::Lost)));
                }
                _ => {
                    let Some(message) = message(tx, delivery, now) else {
                        continue;
                    };
                    self.busy.insert(lane.clone());
                    return Some(Job {
                        lane,
                        message,
                        fault,
                    });
                }
            }
        }
        None
    }

    fn next(&self, state: &State, now: Moment) -> Option<(Lane, Arc<Delivery>)> {
        state.deliveries.due_by(now).find_map(|delivery| {
            let event = state.events.find(&delivery.event_id)?;
            let inquiry_id = event.subject.inquiry_id().to_owned();
            let lane = (delivery.webhook_id.clone(), inquiry_id);
            (!self.busy.contains(&lane)).then(|| (lane, Arc::clone(delivery)))
        })
    }

    /// Frees the lane of an attempt that ended, and lets go what was held back for it.
    pub(super) fn leave(&mut self, job: &Job, tx: &mut Tx, now: Moment) {
        self.busy.remove(&job.lane);
        let Some(held_back) = self.held_back.remove(&job.lane) else {
            return;
        };
        let sent = job.message.delivery.number;
        let (before, after): (Vec<_>, Vec<_>) = held_back
            .into_iter()
            .partition(|delivery| delivery.number < sent);
        if !after.is_empty() {
            self.held_back.insert(job.lane.clone(), after);
        }
        for delivery in before {
            let current = tx.deliveries.find(delivery.number).filter(|current| {
                current.event_id == delivery.event_id && current.next_at.is_some()
            });
            if let Some(due) = current.map(|current| current.due_at(now)) {
                tx.put_delivery(Arc::new(due));
            }
        }
    }

    /// Frees every lane.
    pub(super) fn clear(&mut self) {
        self.busy.clear();
    }
}

fn message(state: &State, delivery: Arc<Delivery>, now: Moment) -> Option<Message> {
    let event = state.events.find(&delivery.event_id)?;
    let webhook = state.webhooks.find(&delivery.webhook_id)?;
    Some(Message::new(state, webhook, event, delivery, now))
}
