//! Reads and checks the values of an account's fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::DomainError;
use crate::core::model::{
    ACCOUNT_FIELDS, Account, IDENTIFICATION_KEYS, IDENTIFICATION_NUMBERS, fold_key,
};

/// Values of fields, apart from each other as an account keeps them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FieldValues {
    known: BTreeMap<String, Value>,
    custom: BTreeMap<String, Value>,
}

impl FieldValues {
    /// Writes the values; null removes one.
    pub(super) fn apply(self, account: &mut Account) {
        for (values, fields) in [
            (self.known, &mut account.fields),
            (self.custom, &mut account.custom_fields),
        ] {
            for (key, value) in values {
                if value.is_null() {
                    fields.remove(&key);
                } else {
                    fields.insert(key, value);
                }
            }
        }
    }
}

/// Checks values of an account's fields. A value may be written as it is, or as it is answered, with
/// its type beside it.
pub(super) fn read_fields(given: Map<String, Value>) -> Result<FieldValues, DomainError> {
    let mut values = FieldValues::default();
    for (key, value) in given {
        let value = bare(value);
        match fold_key(&key).as_str() {
            "name" => read_parts(&key, "name", value, &mut values.known)?,
            "address" => read_parts(&key, "address", value, &mut values.known)?,
            "identificationnumbers" => {
                let value = read_numbers(&key, value)?;
                values
                    .known
                    .insert(IDENTIFICATION_NUMBERS.to_owned(), value);
            }
            // Persona's name for the country beside the address.
            "countrycode" => {
                let value = check_text(&key, "address_country_code", value)?;
                values
                    .known
                    .insert("address_country_code".to_owned(), value);
            }
            folded => {
                let mut known = ACCOUNT_FIELDS.iter();
                if let Some(&name) = known.find(|name| fold_key(name) == folded) {
                    let value = check_text(&key, name, value)?;
                    values.known.insert(name.to_owned(), value);
                } else {
                    values.custom.insert(key, value);
                }
            }
        }
    }
    Ok(values)
}

/// The parts of a name or an address.
fn read_parts(
    key: &str,
    prefix: &str,
    value: Value,
    values: &mut BTreeMap<String, Value>,
) -> Result<(), DomainError> {
    let parts = match value {
        Value::Object(parts) => parts,
        Value::Null => Map::new(),
        _ => return Err(wrong(key, "must be an object")),
    };
    for (part, value) in parts {
        let folded = fold_key(&format!("{prefix}_{part}"));
        let mut known = ACCOUNT_FIELDS.iter();
        let Some(&name) = known.find(|name| fold_key(name) == folded) else {
            return Err(wrong(
                &format!("{key}.{part}"),
                "is not a part of this field",
            ));
        };
        let value = check_text(&format!("{key}.{part}"), name, bare(value))?;
        values.insert(name.to_owned(), value);
    }
    Ok(())
}

/// The numbers of documents.
fn read_numbers(key: &str, value: Value) -> Result<Value, DomainError> {
    let refused = || wrong(key, "must be an array of objects with text in each part");
    let items = match value {
        Value::Null => return Ok(Value::Null),
        Value::Array(items) => items,
        _ => return Err(refused()),
    };
    let mut numbers = Vec::new();
    for item in items {
        let Value::Object(parts) = bare(item) else {
            return Err(refused());
        };
        let mut number = Map::new();
        for (part, value) in parts {
            let mut known = IDENTIFICATION_KEYS.iter();
            let name = known.find(|name| fold_key(name) == fold_key(&part));
            let (Some(&name), Value::String(text)) = (name, bare(value)) else {
                return Err(refused());
            };
            number.insert(name.to_owned(), text.into());
        }
        numbers.push(Value::Object(number));
    }
    Ok(numbers.into())
}

fn check_text(key: &str, name: &str, value: Value) -> Result<Value, DomainError> {
    let Value::String(text) = &value else {
        let is_null = value.is_null();
        return is_null
            .then_some(value)
            .ok_or_else(|| wrong(key, "must be a string"));
    };
    let is_date = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    if name == "birthdate" && !is_date {
        return Err(wrong(key, "must be a date (YYYY-MM-DD)"));
    }
    Ok(value)
}

/// A value without the type beside it.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(mut map)
            if map.len() == 2 && map.get("type").is_some_and(Value::is_string) =>
        {
            match map.remove("value") {
                Some(value) => value,
                None => Value::Object(map),
            }
        }
        value => value,
    }
}

fn wrong(key: &str, reason: &'static str) -> DomainError {
    DomainError::Field {
        key: key.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(fields: Value) -> Result<FieldValues, String> {
        let Value::Object(fields) = fields else {
            unreachable!("tests give objects")
        };
        read_fields(fields).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_are_read_as_they_are_written_and_as_they_are_answered() {
        let written = json!({"name": {"first": "Ada"}, "birthdate": "1985-12-10", "vip": true});
        let answered = json!({
            "name": {"type": "hash", "value": {"first": {"type": "string", "value": "Ada"}}},
            "birthdate": {"type": "date", "value": "1985-12-10"},
            "vip": {"type": "boolean", "value": true},
        });
        let values = read(written).unwrap();
        assert_eq!(values.known["name_first"], "Ada");
        assert_eq!(values.custom["vip"], true);
        assert_eq!(read(answered).unwrap(), values);
        let flat = read(json!({"name-first": "Ada", "countryCode": "GB"})).unwrap();
        assert_eq!(flat.known["name_first"], "Ada");
        assert_eq!(flat.known["address_country_code"], "GB");
    }

    #[test]
    fn values_of_another_type_are_refused_by_name() {
        for (fields, place) in [
            (json!({"name": "Ada"}), "name"),
            (json!({"name": {"title": "Dr"}}), "name.title"),
            (json!({"address": {"city": 5}}), "address.city"),
            (json!({"birthdate": "10.12.1985"}), "birthdate"),
            (
                json!({"identification_numbers": ["X9"]}),
                "identification_numbers",
            ),
        ] {
            let error = read(fields).unwrap_err();
            assert!(error.starts_with(place), "{error}");
        }
    }
}
