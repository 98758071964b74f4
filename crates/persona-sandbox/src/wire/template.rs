//! The inquiry template resource and its version.

use serde_json::{Value, json};
use strum::VariantArray as _;

use super::to_one;
use crate::core::model::{FieldSchema, FieldType, Language, Template};

/// A template as the API shows it.
pub(crate) fn template(template: &Template) -> Value {
    json!({
        "type": "inquiry-template",
        "id": template.id,
        "attributes": {
            "name": template.name,
            "status": template.status.as_str(),
            "embedded-flow-domain-allowlist": template.embedded_flow_domain_allowlist,
            "hosted-flow-subdomains": [],
            "hosted-flow-redirect-uri-schemes": template.redirect_uri_schemes,
            "field-schemas": template.fields.iter().filter_map(field_schema).collect::<Vec<_>>(),
        },
        "relationships": {
            "latest-published-version":
                to_one("inquiry-template-version", Some(&template.version_id)),
        },
    })
}

/// The published version of a template.
pub(crate) fn template_version(template: &Template) -> Value {
    json!({
        "type": "inquiry-template-version",
        "id": template.version_id,
        "attributes": {
            "name-display": template.name,
            "description": null,
            "status": "published",
            "live": true,
            "last-updater": null,
            "enabled-locales": enabled_locales(template),
            "created-at": template.published_at,
            "updated-at": template.published_at,
            "published-at": template.published_at,
        },
        "relationships": {
            "inquiry-template": to_one("inquiry-template", Some(&template.id)),
        },
    })
}

fn enabled_locales(template: &Template) -> Value {
    if template.languages.is_empty() {
        let all = Language::VARIANTS.iter().copied();
        json!(all.map(Language::tag).collect::<Vec<_>>())
    } else {
        json!(template.languages)
    }
}

/// One field's schema. The types that only the flow writes have no schema in Persona's API.
fn field_schema(field: &FieldSchema) -> Option<Value> {
    let mut config = json!({
        "required": field.is_required,
        "archived-at": null,
        "deactivated-at": null,
    });
    match field.field_type {
        FieldType::GovernmentId | FieldType::Selfie => return None,
        FieldType::String => {
            config["max-char-length"] = json!(255);
            config["sanitize"] = json!([]);
        }
        FieldType::Date => {
            config["min-date"] = Value::Null;
            config["max-date"] = Value::Null;
        }
        FieldType::Choices | FieldType::MultiChoices => {
            config["options"] = json!(field.options);
        }
        FieldType::Hash => config["item-schemas"] = json!([]),
        FieldType::Boolean
        | FieldType::Number
        | FieldType::Integer
        | FieldType::Datetime
        | FieldType::EmailAddress
        | FieldType::Array
        | FieldType::Json
        | FieldType::File => {}
    }
    Some(json!({
        // A field's value says `multi_choices`, its schema `multi-choices`.
        "type": field.field_type.as_str().replace('_', "-"),
        "key": field.key,
        "label": field.label,
        "config": config,
    }))
}
