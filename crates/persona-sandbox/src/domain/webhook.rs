//! Changes to webhooks and their settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use crate::core::clock::Moment;
use crate::core::inflection::Inflection;
use crate::core::model::{
    ALL_EVENTS, BUILT_IN_TEMPLATES, DEFAULT_EVENTS, Template, Webhook, WebhookSecret,
    WebhookStatus, event_type,
};
use crate::core::{Config, WebhookTarget};
use crate::store::{State, Tx, WriteError};

/// The ID of the webhook that the configuration names.
const CONFIGURED_WEBHOOK_ID: &str = "wbh_sandbox";

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookError {
    /// There is no such object.
    #[error("there is no such {what}")]
    NotFound { what: &'static str },
    /// The webhook is archived and cannot change any more.
    #[error("Webhook is archived")]
    Archived,
    /// Only an enabled webhook sends.
    #[error("the webhook is not enabled: enable it, then resend")]
    NotEnabled,
    /// The state could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Changes to the settings of a webhook; `None` leaves a setting unchanged.
#[derive(Debug, Default)]
pub(crate) struct WebhookUpdate {
    pub(crate) url: Option<String>,
    pub(crate) name: Option<Option<String>>,
    pub(crate) description: Option<Option<String>>,
    pub(crate) api_version: Option<String>,
    pub(crate) key_inflection: Option<Inflection>,
    pub(crate) enabled_events: Option<Vec<String>>,
    pub(crate) attribute_blocklist: Option<Vec<String>>,
    pub(crate) file_access_token_expires_in: Option<i64>,
    pub(crate) has_included: Option<bool>,
    pub(crate) included_by_type: Option<BTreeMap<String, Vec<String>>>,
    pub(crate) payload_filter: Option<Option<Map<String, Value>>>,
    pub(crate) has_relationships: Option<bool>,
    pub(crate) custom_headers: Option<BTreeMap<String, String>>,
}

impl WebhookUpdate {
    /// Whether a webhook can be sent to this address.
    pub(crate) fn is_web_address(text: &str) -> bool {
        Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    }

    fn apply(self, webhook: &mut Webhook) {
        fn set<T>(part: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *part = value;
            }
        }
        set(&mut webhook.url, self.url);
        set(&mut webhook.name, self.name);
        set(&mut webhook.description, self.description);
        set(&mut webhook.api_version, self.api_version);
        set(&mut webhook.key_inflection, self.key_inflection);
        set(&mut webhook.enabled_events, self.enabled_events);
        set(&mut webhook.attribute_blocklist, self.attribute_blocklist);
        set(
            &mut webhook.file_access_token_expires_in,
            self.file_access_token_expires_in,
        );
        set(&mut webhook.has_included, self.has_included);
        set(&mut webhook.included_by_type, self.included_by_type);
        set(&mut webhook.payload_filter, self.payload_filter);
        set(&mut webhook.has_relationships, self.has_relationships);
        set(&mut webhook.custom_headers, self.custom_headers);
        // As Persona saves it: types of events that the webhook does not get are dropped.
        let enabled = &webhook.enabled_events;
        webhook.included_by_type.retain(|name, _| {
            let is_it = |event: &String| event == ALL_EVENTS || event_type(event) == name;
            enabled.iter().any(is_it)
        });
    }
}

impl State {
    /// The webhook with this ID.
    pub(crate) fn webhook(&self, id: &str) -> Result<Arc<Webhook>, WebhookError> {
        self.webhooks
            .find(id)
            .cloned()
            .ok_or(WebhookError::NotFound { what: "webhook" })
    }

    fn changeable_webhook(&self, id: &str) -> Result<Webhook, WebhookError> {
        let webhook = self.webhook(id)?;
        if webhook.status == WebhookStatus::Archived {
            return Err(WebhookError::Archived);
        }
        Ok(Webhook::clone(&webhook))
    }
}

impl Tx {
    /// Creates a webhook, disabled.
    pub(crate) fn create_webhook(
        &mut self,
        update: WebhookUpdate,
        api_version: &str,
        now: Moment,
    ) -> Arc<Webhook> {
        let id = self.entropy().id("wbh");
        let secret = self.new_webhook_secret();
        let mut webhook = Webhook::new(id, String::new(), secret, now);
        api_version.clone_into(&mut webhook.api_version);
        update.apply(&mut webhook);
        self.store_webhook(webhook)
    }

    /// Creates a disabled copy with a secret of its own.
    pub(crate) fn clone_webhook(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<Arc<Webhook>, WebhookError> {
        let original = self.webhook(id)?;
        let id = self.entropy().id("wbh");
        let secret = self.new_webhook_secret();
        let blank = Webhook::new(id, original.url.clone(), secret, now);
        Ok(self.store_webhook(Webhook {
            id: blank.id,
            status: blank.status,
            secrets: blank.secrets,
            created_at: now,
            ..Webhook::clone(&original)
        }))
    }

    /// Changes a webhook's settings.
    pub(crate) fn update_webhook(
        &mut self,
        id: &str,
        update: WebhookUpdate,
    ) -> Result<Arc<Webhook>, WebhookError> {
        let mut webhook = self.changeable_webhook(id)?;
        update.apply(&mut webhook);
        Ok(self.store_webhook(webhook))
    }

    /// Enables, disables or archives a webhook. Pending deliveries of one that is not enabled are
    /// cancelled.
    pub(crate) fn set_webhook_status(
        &mut self,
        id: &str,
        status: WebhookStatus,
    ) -> Result<Arc<Webhook>, WebhookError> {
        let webhook = self.changeable_webhook(id)?;
        Ok(self.store_webhook(Webhook { status, ..webhook }))
    }

    /// Rotates the secret of a webhook. The previous one also signs for another `overlap` seconds.
    pub(crate) fn rotate_webhook_secret(
        &mut self,
        id: &str,
        overlap: i64,
        now: Moment,
    ) -> Result<Arc<Webhook>, WebhookError> {
        let mut webhook = self.changeable_webhook(id)?;
        let ends = now.plus_seconds(overlap);
        let newest = WebhookSecret {
            value: self.new_webhook_secret(),
            expires_at: None,
        };
        let before = webhook.current_secrets(now).map(|secret| WebhookSecret {
            expires_at: Some(secret.expires_at.map_or(ends, |at| at.min(ends))),
            ..secret.clone()
        });
        let still_valid = before.filter(|secret| secret.expires_at.is_some_and(|at| now < at));
        webhook.secrets = std::iter::once(newest).chain(still_valid).collect();
        Ok(self.store_webhook(webhook))
    }

    fn new_webhook_secret(&mut self) -> String {
        format!("wbhsec_{}", self.entropy().uuid())
    }

    fn store_webhook(&mut self, webhook: Webhook) -> Arc<Webhook> {
        let webhook = Arc::new(webhook);
        self.put_webhook(Arc::clone(&webhook));
        webhook
    }

    /// Enables or disables every webhook.
    pub(crate) fn switch_webhooks(&mut self, enabled: bool) {
        let status = if enabled {
            WebhookStatus::Enabled
        } else {
            WebhookStatus::Disabled
        };
        let others: Vec<_> = self
            .webhooks
            .oldest_first()
            .filter(|webhook| webhook.status != WebhookStatus::Archived && webhook.status != status)
            .cloned()
            .collect();
        for webhook in others {
            self.store_webhook(Webhook {
                status,
                ..Webhook::clone(&webhook)
            });
        }
    }

    /// Creates the built-in templates, and applies the configuration to them and to its webhook.
    pub(crate) fn apply_config(&mut self, config: &Config) {
        let decide_after_ms = config.decide_after_ms();
        // Servers follow these links more often than browsers do.
        self.set_files_url(config.internal_url.as_ref().unwrap_or(&config.public_url));
        for definition in BUILT_IN_TEMPLATES {
            let id = definition.id(&config.template_id);
            let template = match self.templates.find(id) {
                Some(template) => Template {
                    decide_after_ms,
                    ..Template::clone(template)
                },
                None => definition.template(id, self.now(), decide_after_ms),
            };
            self.put_template(template);
        }
        self.apply_webhook_config(config.webhook.clone());
    }

    /// Creates or updates the webhook of the configuration: its URL and its secret. Other changes
    /// made in the dashboard stay.
    fn apply_webhook_config(&mut self, target: Option<WebhookTarget>) {
        let Some(target) = target else {
            self.remove_webhook(CONFIGURED_WEBHOOK_ID);
            return;
        };
        let now = self.now();
        let known = self.webhooks.find(CONFIGURED_WEBHOOK_ID);
        let mut webhook = known.map_or_else(
            || Webhook {
                status: WebhookStatus::Enabled,
                name: Some("The app".to_owned()),
                enabled_events: DEFAULT_EVENTS
                    .iter()
                    .map(|name| name.as_str().to_owned())
                    .collect(),
                ..Webhook::new(
                    CONFIGURED_WEBHOOK_ID.to_owned(),
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
        self.store_webhook(webhook);
    }
}
