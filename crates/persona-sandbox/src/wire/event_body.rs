//! The request body of a webhook: the event in the form that the webhook is configured for.

use serde_json::{Value, json};

use super::blocklist::Blocklist;
use super::{FileLinks, Includes, Version};
use crate::core::model::{Event, Subject, Webhook};
use crate::store::State;

/// The request body for this event and webhook.
pub(crate) fn event_body(state: &State, webhook: &Webhook, event: &Event) -> Value {
    let version = Version::parse(&webhook.api_version).unwrap_or_default();
    let files = FileLinks::valid_for(state, webhook.file_access_token_expires_in);
    let mut resource = super::event(state, event, version, files);
    let payload = &mut resource["attributes"]["payload"];
    // The list is present even if nothing is included (docs: `webhooks`, its sample).
    payload["included"] = match &event.subject {
        Subject::Inquiry(inquiry) if webhook.has_included => Includes::all_for_inquiry()
            .objects(state, inquiry, version, files)
            .into(),
        _ => json!([]),
    };
    if !webhook.has_relationships
        && let Some(object) = payload["data"].as_object_mut()
    {
        object.remove("relationships");
    }
    Blocklist::new(&webhook.attribute_blocklist).apply(payload);
    webhook
        .key_inflection
        .apply(json!({ "data": resource }), version.is_before_fields_only())
}
