//! The request body of a webhook: the event in the form that the webhook is configured for.

use serde_json::{Map, Value, json};

use super::blocklist::Blocklist;
use super::{FileLinks, Includes, Version};
use crate::core::model::{Event, Webhook};
use crate::store::State;

/// The request body for this event and webhook.
pub(crate) fn event_body(state: &State, webhook: &Webhook, event: &Event) -> Value {
    let version = Version::parse(&webhook.api_version).unwrap_or_default();
    let files = FileLinks::valid_for(state, webhook.file_access_token_expires_in);
    let mut resource = super::event(state, event, version, files);
    let payload = &mut resource["attributes"]["payload"];
    // The list is present even if nothing is included (docs: `webhooks`, its sample).
    let wanted = webhook.included_names(event.name);
    payload["included"] =
        Includes::payload_objects(state, &event.subject, wanted, version, files).into();
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

/// Whether the payload filter of the webhook lets this event through.
pub(crate) fn passes_payload_filter(state: &State, webhook: &Webhook, event: &Event) -> bool {
    let Some(filter) = &webhook.payload_filter else {
        return true;
    };
    let body = event_body(state, webhook, event);
    let payload = &body["data"]["attributes"]["payload"];
    has_members(filter, payload)
}

/// The key of alternatives.
const OR: &str = "$or";

/// Whether the value contains what the filter has (docs: `webhook-event-filters`): each member of an
/// object, each element of an array in whichever place, and one of the alternatives of `$or`. Keys
/// and values are compared exactly.
fn contains(filter: &Value, value: &Value) -> bool {
    match (filter, value) {
        (Value::Object(filter), value) => has_members(filter, value),
        (Value::Array(wanted), Value::Array(items)) => wanted
            .iter()
            .all(|wanted| items.iter().any(|item| contains(wanted, item))),
        _ => filter == value,
    }
}

fn has_members(filter: &Map<String, Value>, value: &Value) -> bool {
    filter.iter().all(|(key, wanted)| match wanted {
        Value::Array(alternatives) if key == OR => alternatives.iter().any(|alternative| {
            let items = value.as_array().into_iter().flatten();
            contains(alternative, value)
                || items.into_iter().any(|item| contains(alternative, item))
        }),
        _ => value.get(key).is_some_and(|value| contains(wanted, value)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_part_of_what_it_lets_through() {
        let payload = json!({"data": {
            "type": "inquiry",
            "attributes": {"status": "completed", "tags": ["INBOUND", "VIP"], "note": null},
            "relationships": {"inquiry-template": {"data": {"id": "itmpl_1"}}},
        }});
        for (filter, passes) in [
            (json!({"attributes": {"status": "completed"}}), true),
            (json!({"attributes": {"status": "failed"}}), false),
            (json!({"attributes": {"Status": "completed"}}), false),
            (json!({"attributes": {"note": null}}), true),
            (json!({"attributes": {"tags": ["VIP"]}}), true),
            (json!({"attributes": {"tags": ["VIP", "INBOUND"]}}), true),
            (json!({"attributes": {"tags": ["VIP", "OLD"]}}), false),
            (
                json!({"attributes": {"tags": {"$or": ["OLD", "VIP"]}}}),
                true,
            ),
            (
                json!({"attributes": {"tags": {"$or": ["OLD", "NEW"]}}}),
                false,
            ),
            (
                json!({"relationships": {"inquiry-template": {"data": {"id": {"$or": ["a", "itmpl_1"]}}}}}),
                true,
            ),
            (
                json!({"$or": [
                    {"type": "account"},
                    {"relationships": {"inquiry-template": {"data": {"id": "itmpl_1"}}}},
                ]}),
                true,
            ),
            (
                json!({"$or": [{"type": "account"}, {"type": "case"}]}),
                false,
            ),
            (
                json!({"type": "inquiry", "attributes": {"status": "failed"}}),
                false,
            ),
        ] {
            assert_eq!(
                contains(&json!({ "data": filter }), &payload),
                passes,
                "{filter}"
            );
        }
    }
}
