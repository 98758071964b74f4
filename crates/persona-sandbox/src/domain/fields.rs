//! The check of field values, by the types of the template's fields.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::DomainError;
use crate::core::model::{FieldSchema, FieldType, Template};

/// The longest value of a string field (API specification, `field-schema-string`: `max-char-length`).
const MAX_STRING_LENGTH: usize = 255;

/// Checks the given values and returns them under the template's own keys. Null removes a value.
pub(super) fn checked_fields(
    template: &Template,
    given: Map<String, Value>,
) -> Result<BTreeMap<String, Value>, DomainError> {
    let mut fields = BTreeMap::new();
    for (key, value) in given {
        let refuse = |reason| DomainError::Field {
            key: key.clone(),
            reason,
        };
        let schema = template
            .find_field(&key)
            .ok_or_else(|| refuse("is not a field of the inquiry template"))?;
        let value = checked_value(schema, value).map_err(refuse)?;
        fields.insert(schema.key.clone(), value);
    }
    Ok(fields)
}

/// The value as it is kept.
pub(super) fn checked_value(schema: &FieldSchema, value: Value) -> Result<Value, &'static str> {
    if schema.field_type.is_set_by_flow() {
        return Err("is set by the flow and cannot be written");
    }
    if value.is_null() {
        return Ok(value);
    }
    let is_option = |value: &Value| {
        let chosen = value.as_str();
        chosen.is_some_and(|chosen| schema.options.iter().any(|option| option == chosen))
    };
    let (is_right, otherwise) = match schema.field_type {
        FieldType::String => {
            let length = value.as_str().map(|text| text.chars().count());
            if length.is_some_and(|length| length > MAX_STRING_LENGTH) {
                return Err("must be at most 255 characters long");
            }
            (length.is_some(), "must be a string")
        }
        FieldType::Date => (is_date(&value), "must be a date (YYYY-MM-DD)"),
        FieldType::Datetime => (
            value
                .as_str()
                .is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            "must be a date and time (YYYY-MM-DDThh:mm:ss.000Z)",
        ),
        FieldType::Boolean => (value.is_boolean(), "must be a boolean"),
        FieldType::Number => (value.is_number(), "must be a number"),
        FieldType::Integer => (value.is_i64() || value.is_u64(), "must be an integer"),
        FieldType::Choices => (is_option(&value), "must be one of its options"),
        FieldType::MultiChoices => (
            value
                .as_array()
                .is_some_and(|chosen| chosen.iter().all(is_option)),
            "must be an array of its options",
        ),
        FieldType::EmailAddress => (is_email_address(&value), "must be an e-mail address"),
        FieldType::Array => (value.is_array(), "must be an array"),
        FieldType::Hash => (value.is_object(), "must be an object"),
        FieldType::Json => (true, ""),
        FieldType::File => return received_file(&value),
        FieldType::GovernmentId | FieldType::Selfie => (false, ""),
    };
    if is_right { Ok(value) } else { Err(otherwise) }
}

fn is_date(value: &Value) -> bool {
    let text = value.as_str().filter(|text| text.len() == 10);
    text.is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok())
}

fn is_email_address(value: &Value) -> bool {
    let parts = value.as_str().and_then(|text| text.rsplit_once('@'));
    parts.is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !name.contains(char::is_whitespace)
    })
}

/// A file as responses show it (docs: `inquiry-fields`). Its content is not kept.
fn received_file(value: &Value) -> Result<Value, &'static str> {
    let reason = "must be a file: {\"filename\", \"io\"}, its content in base64";
    let name = value["filename"].as_str().ok_or(reason)?;
    let content = value["io"].as_str().and_then(|io| STANDARD.decode(io).ok());
    let content = content.ok_or(reason)?;
    Ok(json!({
        "filename": name,
        "byte_size": content.len(),
        "mime_type": null,
        "url": null,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::Moment;

    fn check(key: &str, value: Value) -> Result<BTreeMap<String, Value>, String> {
        let template = Template::kyc("itmpl_x", Moment::from_millis(0), 0);
        checked_fields(&template, Map::from_iter([(key.to_owned(), value)]))
            .map_err(|error| error.to_string())
    }

    fn check_type(field_type: FieldType, value: Value) -> Result<Value, &'static str> {
        let schema = FieldSchema {
            key: "key".to_owned(),
            label: "Label".to_owned(),
            field_type,
            options: vec!["a".to_owned(), "b".to_owned()],
            is_required: false,
        };
        checked_value(&schema, value)
    }

    #[test]
    fn values_are_kept_under_the_templates_keys() {
        assert!(
            check("name-first", json!("Ada"))
                .unwrap()
                .contains_key("name_first")
        );
        assert!(check("birthdate", json!("1990-05-01")).is_ok());
        assert!(check("birthdate", Value::Null).is_ok());
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for (key, value) in [
            ("name_first", json!(5)),
            ("name_first", json!("x".repeat(256))),
            ("birthdate", json!("1990-02-30")),
            ("birthdate", json!("01/05/1990")),
            ("birthdate", json!(19_900_501)),
            ("current_selfie", json!("x")),
            ("shoe_size", json!("44")),
        ] {
            assert!(check(key, value.clone()).is_err(), "{key} {value}");
        }
    }

    #[test]
    fn each_type_takes_its_values_and_no_others() {
        for (field_type, right, wrong) in [
            (FieldType::String, json!("x"), json!(1)),
            (FieldType::Date, json!("2026-01-05"), json!("2026-1-5")),
            (
                FieldType::Datetime,
                json!("2026-01-05T10:00:00.000Z"),
                json!("2026-01-05"),
            ),
            (FieldType::Boolean, json!(false), json!("false")),
            (FieldType::Number, json!(1.5), json!("1.5")),
            (FieldType::Integer, json!(-2), json!(1.5)),
            (FieldType::Choices, json!("a"), json!("c")),
            (
                FieldType::MultiChoices,
                json!(["b", "a"]),
                json!(["a", "c"]),
            ),
            (FieldType::MultiChoices, json!([]), json!("a")),
            (
                FieldType::EmailAddress,
                json!("a@b.example"),
                json!("a.example"),
            ),
            (FieldType::Array, json!([1, "x"]), json!({})),
            (FieldType::Hash, json!({"a": 1}), json!([])),
        ] {
            assert_eq!(check_type(field_type, right.clone()), Ok(right));
            assert!(check_type(field_type, wrong.clone()).is_err(), "{wrong}");
            assert_eq!(check_type(field_type, Value::Null), Ok(Value::Null));
        }
        assert_eq!(check_type(FieldType::Json, json!([1])), Ok(json!([1])));
        for field_type in [FieldType::GovernmentId, FieldType::Selfie] {
            assert!(check_type(field_type, Value::Null).is_err());
        }
    }

    #[test]
    fn a_file_is_kept_without_its_content() {
        let kept = check_type(
            FieldType::File,
            json!({"filename": "a.txt", "io": "aGVsbG8="}),
        );
        assert_eq!(
            kept,
            Ok(json!({"filename": "a.txt", "byte_size": 5, "mime_type": null, "url": null}))
        );
        for wrong in [
            json!("a.txt"),
            json!({"filename": "a"}),
            json!({"filename": "a", "io": "?"}),
        ] {
            assert!(check_type(FieldType::File, wrong).is_err());
        }
    }
}
