//! The webhook resource.

use serde_json::{Value, json};

use crate::core::clock::Moment;
use crate::core::model::Webhook;

/// A webhook as lists show it: without its secrets.
pub(crate) fn webhook(webhook: &Webhook) -> Value {
    json!({
        "type": "webhook",
        "id": webhook.id,
        "attributes": {
            "status": webhook.status.as_str(),
            "url": webhook.url,
            "name": webhook.name,
            "description": webhook.description,
            "api-version": webhook.api_version,
            "api-key-inflection": webhook.key_inflection.as_str(),
            "api-attributes-blocklist": webhook.attribute_blocklist,
            "file-access-token-expires-in": webhook.file_access_token_expires_in,
            "enabled-events": webhook.enabled_events,
            "payload-filter": webhook.payload_filter,
            "included-allowlist": included_allowlist(webhook),
            "relationship-allowlist": allowlist(webhook.has_relationships),
            "created-at": webhook.created_at,
        },
    })
}

/// A webhook with the secrets that sign at this time.
pub(crate) fn webhook_with_secrets(webhook: &Webhook, now: Moment) -> Value {
    let secrets: Vec<_> = webhook
        .current_secrets(now)
        .map(|secret| json!({ "value": secret.value, "expires-at": secret.expires_at }))
        .collect();
    let mut resource = self::webhook(webhook);
    // Deprecated in favour of the list.
    resource["attributes"]["secret"] = json!(webhook.secrets.first().map(|it| &it.value));
    resource["attributes"]["secrets"] = secrets.into();
    resource
}

fn included_allowlist(webhook: &Webhook) -> Value {
    if webhook.included_by_type.is_empty() {
        return allowlist(webhook.has_included);
    }
    let types = webhook.included_by_type.iter();
    let types: Vec<_> = types
        .map(|(name, names)| json!({ "event-type": name, "relationships": names }))
        .collect();
    json!({ "state": "custom", "event-types": types })
}

fn allowlist(all: bool) -> Value {
    json!({ "state": if all { "include_all" } else { "include_none" } })
}
