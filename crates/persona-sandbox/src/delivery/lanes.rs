//! Which delivery may be sent now: one attempt at a time in each lane. Faults hold deliveries back
//! or drop them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::message::Message;
use crate::core::clock::Moment;
use crate::core::model::{Delivery, DeliveryStatus, Subject};
use crate::runtime::faults::{Fault, FaultKind, Faults, WebhookAttempt, WebhookFault};
use crate::store::{State, Tx};
use crate::wire;

/// How many attempts at one webhook are under way at once.
pub(super) const MAX_PER_WEBHOOK: usize = 16;

/// A webhook, and the inquiry or other object that events are about. Attempts in one lane follow one
/// another.
type Lane = (String, String);

/// An attempt to be made.
#[derive(Debug)]
pub(super) struct DueAttempt {
    lane: Lane,
    pub(super) message: Message,
    /// The fault to apply; its delay has passed.
    pub(super) fault: Option<FaultKind>,
    /// The reset count at its start.
    pub(super) since: u64,
}

impl DueAttempt {
    /// The object whose events stay in order: an inquiry, or an object without one.
    pub(super) fn group_id(&self) -> &str {
        &self.lane.1
    }
}

/// The attempts under way and the deliveries that are held back. Lost with the process: the
/// deliveries stay pending in the state, but their faults do not apply again.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    busy: HashSet<Lane>,
    /// The number of attempts under way by webhook.
    busy_at: HashMap<String, usize>,
    /// Deliveries that their fault delays, with their events, and the fault that applies afterwards.
    waiting: HashMap<(u64, String), Option<FaultKind>>,
    /// Deliveries that wait for a later one in their lane.
    held_back: HashMap<Lane, Vec<Arc<Delivery>>>,
}

impl Lanes {
    /// Takes the oldest delivery that is due in a free lane; skips those whose fault prevents or
    /// delays the sending.
    pub(super) fn take(&mut self, tx: &mut Tx, faults: &Faults, now: Moment) -> Option<DueAttempt> {
        while let Some((lane, delivery)) = self.next(tx, now) {
            if is_filtered_out(tx, &delivery) {
                let skipped = delivery.with_final_status(DeliveryStatus::Skipped);
                tx.put_delivery(Arc::new(skipped));
                continue;
            }
            let key = (delivery.number, delivery.event_id.clone());
            let fault = match self.waiting.remove(&key) {
                Some(kind) => kind,
                None => match pick_fault(tx, faults, &delivery) {
                    Some(fault) if fault.waits() => {
                        // Delayed deliveries take no slot, so others are not delayed by them.
                        tx.put_delivery(Arc::new(
                            delivery.with_next_attempt_at(now.plus(fault.delay)),
                        ));
                        self.waiting.insert(key, fault.after_delay());
                        if fault.kind == FaultKind::Webhook(WebhookFault::Reorder) {
                            self.held_back.entry(lane).or_default().push(delivery);
                        }
                        continue;
                    }
                    met => met.map(|fault| fault.kind),
                },
            };
            if fault == Some(FaultKind::Webhook(WebhookFault::Drop)) {
                tx.put_delivery(Arc::new(delivery.with_final_status(DeliveryStatus::Lost)));
                continue;
            }
            let Some(message) = message(tx, &delivery, now) else {
                // Its webhook is gone.
                tx.put_delivery(Arc::new(
                    delivery.with_final_status(DeliveryStatus::Canceled),
                ));
                continue;
            };
            *self.busy_at.entry(lane.0.clone()).or_default() += 1;
            self.busy.insert(lane.clone());
            return Some(DueAttempt {
                lane,
                message,
                fault,
                since: tx.reset_count(),
            });
        }
        None
    }

    fn next(&self, state: &State, now: Moment) -> Option<(Lane, Arc<Delivery>)> {
        state
            .deliveries
            .webhooks_due_by(now)
            .into_iter()
            .filter(|id| self.busy_at.get(id).copied().unwrap_or(0) < MAX_PER_WEBHOOK)
            .find_map(|id| {
                state.deliveries.due_by(&id, now).find_map(|delivery| {
                    let event = state.events.find(&delivery.event_id)?;
                    let lane = (id.clone(), event.subject.group_id().to_owned());
                    (!self.busy.contains(&lane)).then(|| (lane, Arc::clone(delivery)))
                })
            })
    }

    /// Frees the lane of an attempt.
    pub(super) fn free(&mut self, due: &DueAttempt) {
        if self.busy.remove(&due.lane)
            && let Some(busy) = self.busy_at.get_mut(&due.lane.0)
        {
            *busy -= 1;
        }
    }

    /// Frees the lane of a finished attempt, and makes deliveries due that waited for it.
    pub(super) fn release(&mut self, due: &DueAttempt, tx: &mut Tx, now: Moment) {
        self.free(due);
        let Some(held_back) = self.held_back.remove(&due.lane) else {
            return;
        };
        let sent = due.message.delivery.number;
        let (before, after): (Vec<_>, Vec<_>) = held_back
            .into_iter()
            .partition(|delivery| delivery.number < sent);
        if !after.is_empty() {
            self.held_back.insert(due.lane.clone(), after);
        }
        for delivery in before {
            let current = tx.deliveries.find(delivery.number).filter(|current| {
                current.event_id == delivery.event_id && current.next_at.is_some()
            });
            if let Some(due) = current.map(|current| current.with_next_attempt_at(now)) {
                tx.put_delivery(Arc::new(due));
            }
        }
    }

    /// Frees every lane.
    pub(super) fn clear(&mut self) {
        self.busy.clear();
        self.busy_at.clear();
    }
}

/// Whether the payload filter of its webhook leaves this delivery out. One that was attempted stays in.
fn is_filtered_out(state: &State, delivery: &Delivery) -> bool {
    let webhook = state.webhooks.find(&delivery.webhook_id);
    let event = state.events.find(&delivery.event_id);
    delivery.attempts == 0
        && webhook
            .zip(event)
            .is_some_and(|(webhook, event)| !wire::passes_payload_filter(state, webhook, event))
}

/// The first fault that applies to this delivery.
fn pick_fault(state: &State, faults: &Faults, delivery: &Delivery) -> Option<Fault> {
    let event = state.events.find(&delivery.event_id)?;
    let inquiry = match &event.subject {
        Subject::Inquiry(inquiry)
        | Subject::Verification { inquiry, .. }
        | Subject::Submitted { inquiry, .. } => Some(inquiry),
        Subject::Session(session) => state.inquiries.find(&session.inquiry_id),
        Subject::Report(report) => {
            let id = report.inquiry_id.as_ref();
            id.and_then(|id| state.inquiries.find(id))
        }
        Subject::Account(_) | Subject::Case(_) => None,
    };
    let account = match &event.subject {
        Subject::Account(account) => Some(account),
        Subject::Case(case) => {
            let id = case.account_ids.first();
            id.and_then(|id| state.accounts.find(id))
        }
        Subject::Report(report) => {
            let id = report.account_id.as_ref();
            id.and_then(|id| state.accounts.find(id))
        }
        _ => None,
    };
    let reference_id = inquiry
        .and_then(|inquiry| inquiry.reference_id.as_deref())
        .or_else(|| account?.reference_id.as_deref());
    faults.pick_for_webhook(WebhookAttempt {
        webhook_id: &delivery.webhook_id,
        event: event.name.as_str(),
        reference_id,
    })
}

fn message(state: &State, delivery: &Arc<Delivery>, now: Moment) -> Option<Message> {
    let event = state.events.find(&delivery.event_id)?;
    let webhook = state.webhooks.find(&delivery.webhook_id)?;
    Some(Message::new(
        state,
        webhook,
        event,
        Arc::clone(delivery),
        now,
    ))
}
