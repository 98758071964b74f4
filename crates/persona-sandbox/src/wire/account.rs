//! The account resource, and that of its type.

use serde_json::{Map, Value, json};

use super::{Version, to_one};
use crate::core::clock::Moment;
use crate::core::model::{
    Account, DEFAULT_ACCOUNT_STATUS, IDENTIFICATION_KEYS, IDENTIFICATION_NUMBERS,
};

/// The name of the sandbox's account type.
const TYPE_NAME: &str = "User";

/// The personal attributes that stand beside `fields` before 2025-10-27, with the fields that they
/// are the values of.
const FLAT_ATTRIBUTES: [(&str, &str); 12] = [
    ("name-first", "name_first"),
    ("name-middle", "name_middle"),
    ("name-last", "name_last"),
    ("birthdate", "birthdate"),
    ("phone-number", "phone_number"),
    ("email-address", "email_address"),
    ("address-street-1", "address_street_1"),
    ("address-street-2", "address_street_2"),
    ("address-city", "address_city"),
    ("address-subdivision", "address_subdivision"),
    ("address-postal-code", "address_postal_code"),
    ("country-code", "address_country_code"),
];

/// An account as the API of this version shows it.
pub(crate) fn account(account: &Account, version: Version) -> Value {
    let mut attributes = json!({
        "reference-id": account.reference_id,
        "account-type-name": TYPE_NAME,
        "created-at": account.created_at,
        "updated-at": account.updated_at,
        "redacted-at": account.redacted_at,
        "fields": fields(account),
        "tags": account.tags,
        "account-status": account.status,
    });
    if version.is_before_fields_only() {
        for (attribute, field) in FLAT_ATTRIBUTES {
            attributes[attribute] = json!(account.fields.get(field));
        }
        attributes["identification-numbers"] = json!({});
        attributes["social-security-number"] = Value::Null;
    }
    json!({
        "type": "account",
        "id": account.id,
        "attributes": attributes,
        "relationships": {
            "account-type": to_one("account-type", Some(&account.type_id)),
        },
    })
}

fn fields(account: &Account) -> Value {
    let text = |key: &str| json!({ "type": "string", "value": account.fields.get(key) });
    let numbers = account.fields.get(IDENTIFICATION_NUMBERS);
    let numbers = numbers.and_then(Value::as_array).into_iter().flatten();
    let numbers: Vec<_> = numbers
        .map(|number| {
            let part = |key: &str| {
                let value = number[key].as_str().unwrap_or_default();
                (key.to_owned(), json!({ "type": "string", "value": value }))
            };
            let parts: Map<_, _> = IDENTIFICATION_KEYS.iter().map(|key| part(key)).collect();
            json!({ "type": "hash", "value": parts })
        })
        .collect();
    let mut fields = json!({
        "name": { "type": "hash", "value": {
            "first": text("name_first"),
            "middle": text("name_middle"),
            "last": text("name_last"),
        }},
        "address": { "type": "hash", "value": {
            "street_1": text("address_street_1"),
            "street_2": text("address_street_2"),
            "subdivision": text("address_subdivision"),
            "city": text("address_city"),
            "postal_code": text("address_postal_code"),
            "country_code": text("address_country_code"),
        }},
        "identification_numbers": { "type": "array", "value": numbers },
        "birthdate": { "type": "date", "value": account.fields.get("birthdate") },
        "phone_number": text("phone_number"),
        "email_address": text("email_address"),
        "selfie_photo": { "type": "file", "value": null },
    });
    for (key, value) in &account.custom_fields {
        fields[key] = typed(value);
    }
    fields
}

/// A value with its type beside it.
fn typed(value: &Value) -> Value {
    match value {
        Value::Null | Value::String(_) => json!({ "type": "string", "value": value }),
        Value::Bool(_) => json!({ "type": "boolean", "value": value }),
        Value::Number(_) => json!({ "type": "number", "value": value }),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(typed).collect();
            json!({ "type": "array", "value": items })
        }
        Value::Object(parts) => {
            let parts: Map<_, _> = parts
                .iter()
                .map(|(key, value)| (key.clone(), typed(value)))
                .collect();
            json!({ "type": "hash", "value": parts })
        }
    }
}

/// The account type with this ID. All types of the sandbox look the same.
pub(crate) fn account_type(id: &str, created_at: Moment) -> Value {
    let config = json!({
        "required": false,
        "archived-at": null,
        "deactivated-at": null,
        "source-key-path": null,
        "redaction-policy": "redact",
        "write-policy": "write_many",
    });
    let with = |more: Value| {
        let mut config = config.clone();
        if let (Some(config), Value::Object(more)) = (config.as_object_mut(), more) {
            config.extend(more);
        }
        config
    };
    let text = |key: &str, label: &str| {
        json!({
            "type": "string",
            "key": key,
            "label": label,
            "default-value": null,
            "config": with(json!({ "max-char-length": 255, "sanitize": [] })),
        })
    };
    let hash = |key: &str, label: &str, items: Vec<Value>| {
        json!({
            "type": "hash",
            "key": key,
            "label": label,
            "config": with(json!({ "ignore-unknown-keys": false, "item-schemas": items })),
        })
    };
    let name = vec![
        text("first", "First"),
        text("middle", "Middle"),
        text("last", "Last"),
    ];
    let address = vec![
        text("street_1", "Street"),
        text("street_2", "Apartment or suite"),
        text("city", "City"),
        text("subdivision", "State or province"),
        text("postal_code", "Postal code"),
        text("country_code", "Country"),
    ];
    let birthdate = json!({
        "type": "date",
        "key": "birthdate",
        "label": "Birthdate",
        "default-value": null,
        "config": with(json!({ "min-date": null, "max-date": null })),
    });
    let status_id = format!("actst_sandbox{DEFAULT_ACCOUNT_STATUS}");
    let status = json!({ "type": "account-status", "id": status_id });
    json!({
        "type": "account-type",
        "id": id,
        "attributes": {
            "name": TYPE_NAME,
            "created-at": created_at,
            "updated-at": created_at,
            "field-schemas": [
                hash("name", "Name", name),
                hash("address", "Address", address),
                birthdate,
                text("phone_number", "Phone number"),
                text("email_address", "E-mail address"),
            ],
        },
        "relationships": {
            "account-statuses": { "data": [status] },
            "default-account-status": { "data": status },
        },
    })
}
