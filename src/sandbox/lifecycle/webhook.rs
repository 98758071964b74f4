//! What may become of a webhook, and which events it is told of.

use std::sync::Arc;

use crate::sandbox::clock::Moment;
use crate::sandbox::journal::WriteError;
use crate::sandbox::model::{Delivery, USUAL_EVENTS, Webhook, WebhookSecret, WebhookStatus};
use crate::sandbox::state::{Record, State};

/// The ID of the webhook that the configuration names.
const CONFIGURED: &str = "wbh_sandbox";

/// Why a verb did nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookRefusal {
    /// There is no such object.
    #[error("there is no such {what}")]
    NotFound { what: &'static str },
    /// Only an enabled webhook sends.
    #[error("the webhook is not enabled: enable it, then resend")]
    NotEnabled,
    /// The state could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl State {
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

    /// Enables or disables every webhook.
    pub(crate) fn switch_webhooks(&mut self, enabled: bool) -> Result<(), WriteError> {
        let status = if enabled {
            WebhookStatus::Enabled
        } else {
            WebhookStatus::Disabled
        };
        let change: Vec<_> = self
            .webhooks
            .oldest_first()
            .filter(|webhook| webhook.status != WebhookStatus::Archived && webhook.status != status)
            .map(|webhook| {
                Record::Webhook(Arc::new(Webhook {
                    status,
                    ..Webhook::clone(webhook)
                }))
            })
            .collect();
        if change.is_empty() {
            return Ok(());
        }
        self.commit(change)
    }

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

    /// The configured webhook exists, at the configured address and signed by the configured
    /// secret. What else was changed in the dashboard stays.
    pub(crate) fn apply_webhook_settings(&mut self) {
        let Some(target) = self.configured_webhook().cloned() else {
            self.webhooks.remove(CONFIGURED);
            self.deliveries.cancel(CONFIGURED);
            return;
        };
        let now = self.now();
        let known = self.webhooks.find(CONFIGURED);
        let mut webhook = known.map_or_else(
            || Webhook {
                status: WebhookStatus::Enabled,
                name: Some("The app".to_owned()),
                enabled_events: USUAL_EVENTS
                    .iter()
                    .map(|name| name.as_str().to_owned())
                    .collect(),
                ..Webhook::new(
                    CONFIGURED.to_owned(),
                    target.url.clone(),
                    target.secret.clone(),
                    now,
                )
            },
            |known| Webhook::clone(known),
        );
        webhook.url = target.url;
        if let Some(events) = target.enabled_events {
            webhook.enabled_events = events;
        }
        let signs = |webhook: &Webhook| {
            webhook
                .current_secrets(now)
                .any(|secret| secret.value == target.secret)
        };
        if !signs(&webhook) {
            webhook.secrets = vec![WebhookSecret {
                value: target.secret.clone(),
                expires_at: None,
            }];
        }
        self.webhooks.put(Arc::new(webhook));
    }
}
