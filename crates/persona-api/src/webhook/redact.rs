//! Redacts events and converts their keys to kebab case.
//!
//! The key casing is a setting of the webhook (docs.withpersona.com/docs/webhook-event-filters), so
//! kebab, snake and camel case are accepted. Redaction keeps names, timestamps, statuses and IDs.
//! It drops everything that may hold personal data, above all `fields`. It uses an allow list,
//! because Persona may add attributes at any time.

use serde_json::{Map, Value};

/// Redacts an event; `None` if the body does not have an event's structure.
pub(super) fn redact(body: Value) -> Option<Value> {
    let mut data = object(member(body, "data")?)?;
    let mut attributes = object(data.remove("attributes")?)?;
    let mut payload = attributes
        .remove("payload")
        .and_then(object)
        .unwrap_or_default();
    let mut kept_payload = Map::new();
    if let Some(subject) = payload.remove("data") {
        kept_payload.insert("data".to_owned(), redact_resource(subject));
    }
    if let Some(Value::Array(included)) = payload.remove("included") {
        let included = included.into_iter().map(redact_resource).collect();
        kept_payload.insert("included".to_owned(), included);
    }

    attributes.retain(|name, _| matches!(name.as_str(), "name" | "created-at" | "redacted-at"));
    attributes.insert("payload".to_owned(), kept_payload.into());
    data.retain(|name, _| matches!(name.as_str(), "type" | "id"));
    data.insert("attributes".to_owned(), attributes.into());
    Some(Value::from(Map::from_iter([(
        "data".to_owned(),
        data.into(),
    )])))
}

/// Keeps an object's type, ID, relationships and allowed attributes.
fn redact_resource(resource: Value) -> Value {
    let Some(mut resource) = object(resource) else {
        return Value::Null;
    };
    let attributes = resource.remove("attributes").and_then(object);
    let relationships = resource.remove("relationships").and_then(object);
    resource.retain(|name, value| matches!(name.as_str(), "type" | "id") && value.is_string());
    if let Some(mut attributes) = attributes {
        attributes
            .retain(|name, value| is_allowed(name) && !value.is_object() && !value.is_array());
        resource.insert("attributes".to_owned(), attributes.into());
    }
    if let Some(relationships) = relationships {
        let kept = relationships.into_iter().map(|(name, relationship)| {
            let mut kept = Map::new();
            match member(relationship, "data") {
                Some(Value::Array(many)) => {
                    let many = many.into_iter().map(redact_identifier).collect();
                    kept.insert("data".to_owned(), many);
                }
                Some(one) => {
                    kept.insert("data".to_owned(), redact_identifier(one));
                }
                None => {}
            }
            (name, Value::from(kept))
        });
        resource.insert("relationships".to_owned(), kept.collect());
    }
    resource.into()
}

fn redact_identifier(identifier: Value) -> Value {
    let Some(mut identifier) = object(identifier) else {
        return Value::Null;
    };
    identifier.retain(|name, value| matches!(name.as_str(), "type" | "id") && value.is_string());
    identifier.into()
}

/// Whether an attribute may be kept: a status, the reference ID, a step name or a timestamp.
fn is_allowed(name: &str) -> bool {
    matches!(name, "status" | "reference-id")
        || name.ends_with("-at")
        || name.ends_with("-step-name")
}

fn member(value: Value, name: &str) -> Option<Value> {
    object(value)?.remove(name)
}

/// An object's members, with keys in kebab case.
fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(
            members
                .into_iter()
                .map(|(name, value)| (to_kebab_case(&name), value))
                .collect(),
        ),
        _ => None,
    }
}

fn to_kebab_case(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        match letter {
            '_' => kebab.push('-'),
            'A'..='Z' => {
                kebab.push('-');
                kebab.push(letter.to_ascii_lowercase());
            }
            _ => kebab.push(letter),
        }
    }
    kebab
}
