//! Which events are sent where, and again.

use std::sync::Arc;

use super::WebhookRefusal;
use crate::clock::Moment;
use crate::model::{Delivery, WebhookStatus};
use crate::state::{Record, State};

impl State {
    /// Adds to a change what its events are to be sent as: written down together, so that no
    /// event is lost between the two.
    pub(crate) fn add_deliveries(&self, change: &mut Vec<Record>) {
        if self.webhooks.len() == 0 {
            return;
        }
        let mut number = self.deliveries.next_number();
        let mut deliveries = Vec::new();
        for record in &*change {
            let Record::Event(event) = record else {
                continue;
            };
            for webhook in self.webhooks.oldest_first() {
                if webhook.wants(event.name) {
                    let delivery = Delivery::new(number, &webhook.id, &event.id, event.created_at);
                    deliveries.push(Record::Delivery(Arc::new(delivery)));
                    number += 1;
                }
            }
        }
        change.append(&mut deliveries);
    }

    /// The delivery with this number.
    pub(crate) fn delivery(&self, number: u64) -> Result<Arc<Delivery>, WebhookRefusal> {
        self.deliveries
            .find(number)
            .cloned()
            .ok_or(WebhookRefusal::NotFound { what: "delivery" })
    }

    /// Sends an event again, whatever became of it before.
    pub(crate) fn resend(
        &mut self,
        number: u64,
        now: Moment,
    ) -> Result<Arc<Delivery>, WebhookRefusal> {
        let delivery = self.delivery(number)?;
        let webhook = self.webhooks.find(&delivery.webhook_id);
        if webhook.is_none_or(|webhook| webhook.status != WebhookStatus::Enabled) {
            return Err(WebhookRefusal::NotEnabled);
        }
        let due = Arc::new(delivery.due_at(now));
        self.commit(vec![Record::Delivery(Arc::clone(&due))])?;
        Ok(due)
    }
}
