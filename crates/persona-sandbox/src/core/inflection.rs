//! Key casing: responses in the requested inflection, requests in any.
//!
//! Docs: `api-key-inflection`, and `api-changelog` for 2025-10-27, since which the keys inside
//! `fields` are left in the template's own casing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The casing of the keys of a response or a webhook.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Inflection {
    #[default]
    Kebab,
    Camel,
    Snake,
}

impl Inflection {
    /// Parses the `Key-Inflection` header.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    /// Its name in the header and in webhooks.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// The given kebab-case document in this inflection. What is inside `fields` keeps its
    /// keys, unless `inflect_fields`; so does what is inside a payload filter.
    pub(crate) fn apply(self, document: Value, inflect_fields: bool) -> Value {
        if self == Self::Kebab {
            return document;
        }
        match document {
            Value::Object(map) => Value::Object(
                map.into_iter()
                    .map(|(key, value)| {
                        let is_kept = key == "fields" && !inflect_fields || key == PAYLOAD_FILTER;
                        let value = if is_kept {
                            value
                        } else {
                            self.apply(value, inflect_fields)
                        };
                        (self.key(&key), value)
                    })
                    .collect(),
            ),
            Value::Array(items) => Value::Array(
                items
                    .into_iter()
                    .map(|item| self.apply(item, inflect_fields))
                    .collect(),
            ),
            other => other,
        }
    }

    fn key(self, kebab: &str) -> String {
        match self {
            Self::Kebab => kebab.to_owned(),
            Self::Snake => kebab.replace('-', "_"),
            Self::Camel => {
                let mut words = kebab.split('-');
                let mut key = words.next().unwrap_or_default().to_owned();
                for word in words {
                    let mut letters = word.chars();
                    key.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                    key.push_str(letters.as_str());
                }
                key
            }
        }
    }
}

/// The key of a webhook's payload filter, whose own keys are compared with payloads letter by letter.
const PAYLOAD_FILTER: &str = "payload-filter";

/// A key in whichever inflection, in kebab-case.
pub(crate) fn to_kebab(key: &str) -> String {
    let mut kebab = String::with_capacity(key.len() + 4);
    for letter in key.chars() {
        match letter {
            '_' => kebab.push('-'),
            'A'..='Z' => {
                kebab.push('-');
                kebab.push(letter.to_ascii_lowercase());
            }
            other => kebab.push(other),
        }
    }
    kebab
}

/// A request's document with kebab-case keys; the keys inside `fields` belong to the template,
/// those of custom headers to the receiver and those of a payload filter to its payloads, and are
/// unchanged.
pub(crate) fn document_to_kebab(document: Value) -> Value {
    match document {
        Value::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| {
                let key = to_kebab(&key);
                let value = if matches!(
                    key.as_str(),
                    "fields" | "custom-http-headers" | PAYLOAD_FILTER
                ) {
                    value
                } else {
                    document_to_kebab(value)
                };
                (key, value)
            });
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(document_to_kebab).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_come_in_each_inflection_and_fields_keep_their_keys() {
        let kebab = json!({"created-at": 1, "fields": {"name_first": {"type": "string"}},
            "meta": [{"one-time-link-short": null}]});
        assert_eq!(
            Inflection::Camel.apply(kebab.clone(), false),
            json!({"createdAt": 1, "fields": {"name_first": {"type": "string"}},
                "meta": [{"oneTimeLinkShort": null}]})
        );
        assert_eq!(
            Inflection::Snake.apply(json!({"fields": {"name-first": 1}}), true),
            json!({"fields": {"name_first": 1}})
        );
        assert_eq!(Inflection::Kebab.apply(kebab.clone(), false), kebab);
    }

    #[test]
    fn requests_are_understood_in_each_inflection() {
        for key in [
            "inquiry-template-id",
            "inquiry_template_id",
            "inquiryTemplateId",
        ] {
            assert_eq!(to_kebab(key), "inquiry-template-id");
        }
        assert_eq!(
            document_to_kebab(json!({"data": {"fields": {"name_first": "Ada"}}})),
            json!({"data": {"fields": {"name_first": "Ada"}}})
        );
    }
}
