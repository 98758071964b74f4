//! Resending of webhook deliveries.

use std::sync::Arc;

use super::WebhookError;
use crate::core::clock::Moment;
use crate::core::model::{Delivery, WebhookStatus};
use crate::store::{State, Tx};

impl State {
    /// The delivery with this number.
    pub(crate) fn delivery(&self, number: u64) -> Result<Arc<Delivery>, WebhookError> {
        self.deliveries
            .find(number)
            .cloned()
            .ok_or(WebhookError::NotFound { what: "delivery" })
    }
}

impl Tx {
    /// Schedules another attempt at a delivery, whatever its status.
    pub(crate) fn resend(
        &mut self,
        number: u64,
        now: Moment,
    ) -> Result<Arc<Delivery>, WebhookError> {
        let delivery = self.delivery(number)?;
        let webhook = self.webhooks.find(&delivery.webhook_id);
        if webhook.is_none_or(|webhook| webhook.status != WebhookStatus::Enabled) {
            return Err(WebhookError::NotEnabled);
        }
        let due = Arc::new(delivery.with_next_attempt_at(now));
        self.put_delivery(Arc::clone(&due));
        Ok(due)
    }
}
