//! The records as Persona's JSON:API resources.
//!
//! All keys are in kebab-case; the API and the webhooks inflect them afterwards. The shapes are
//! those of Persona's API specification; what the sandbox does not model (legacy templates,
//! transactions, device fingerprints) is null or empty.

mod account;
mod api_key;
mod blocklist;
mod case;
mod event;
mod event_body;
mod files;
mod includes;
mod inquiry;
mod related;
mod report;
mod report_attributes;
mod session;
mod submitted;
mod template;
mod verification;
mod webhook;
mod workflow;

use serde_json::{Map, Value, json};

use crate::store::State;

pub(crate) use account::{account, account_type};
pub(crate) use api_key::{api_key, api_key_with_value};
pub(crate) use blocklist::Blocklist;
pub(crate) use case::{case, case_template};
pub(crate) use event::event;
pub(crate) use event_body::{event_body, passes_payload_filter};
pub(crate) use files::FileLinks;
pub(crate) use includes::{Includes, UnknownInclude};
pub(crate) use inquiry::{InquiryResource, inquiry};
pub(crate) use related::{INQUIRY_RELATIONSHIPS, Related};
pub(crate) use report::{report, report_action, report_template};
pub(crate) use session::{device, network, session, session_id_of_device};
pub(crate) use submitted::{Submitted, document_resource, submitted_object};
pub(crate) use template::{template, template_version};
pub(crate) use verification::{VerificationStage, has_photo, verification, verification_resource};
pub(crate) use webhook::{webhook, webhook_with_secrets};
pub(crate) use workflow::{workflow, workflow_run, workflow_version};

/// An API version (docs: `versioning`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(&'static str);

/// The versions that the API specification lists.
const VERSIONS: [&str; 8] = [
    "2020-05-18",
    "2021-02-21",
    "2021-05-14",
    "2021-07-05",
    "2021-08-18",
    "2022-09-01",
    "2023-01-05",
    "2025-10-27",
];

/// The newest version, and the one without changes for inquiries since.
const NEWEST: &str = "2025-12-08";

impl Default for Version {
    /// The version of the pre-create tutorial, the default of a key.
    fn default() -> Self {
        Self("2025-10-27")
    }
}

impl Version {
    /// Parses the date of a version. A date after the newest known version is served as that
    /// version.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if Self::is_unknown_later(text) {
            return Some(Self(NEWEST));
        }
        Self::known().find(|version| *version == text).map(Self)
    }

    /// Whether this is a date after the newest known version.
    pub(crate) fn is_unknown_later(text: &str) -> bool {
        text.len() == NEWEST.len() && text > NEWEST && text.parse::<jiff::civil::Date>().is_ok()
    }

    /// The dates of the known versions, oldest first.
    pub(crate) fn known() -> impl Iterator<Item = &'static str> {
        VERSIONS.iter().copied().chain([NEWEST])
    }

    /// The version as its header spells it.
    pub(crate) fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether responses have the shape from before 2025-10-27 (docs: `api-changelog`): flat
    /// personal attributes beside `fields`, inflected keys inside `fields`, related objects without
    /// being asked, and unknown attributes accepted. Versions before 2023-01-05 are answered in
    /// this shape too.
    pub(crate) fn is_before_fields_only(self) -> bool {
        self.0 < "2025-10-27"
    }
}

/// A resource identifier object.
fn reference(resource_type: &str, id: &str) -> Value {
    json!({ "type": resource_type, "id": id })
}

/// A to-one relationship.
fn to_one(resource_type: &str, id: Option<&str>) -> Value {
    json!({ "data": id.map(|id| reference(resource_type, id)) })
}

/// The document's attributes reduced to the requested ones: a name, or `fields.<key>` for one part
/// of an object (docs: `response-body`).
pub(crate) fn keep_attributes(resource: &mut Value, wanted: &[String]) {
    let Some(attributes) = resource
        .get_mut("attributes")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let mut kept = Map::new();
    for path in wanted {
        match path.split_once('.') {
            None => {
                if let Some(value) = attributes.get(path) {
                    kept.insert(path.clone(), value.clone());
                }
            }
            Some((outer, inner)) => {
                let folded = crate::core::model::fold_key(inner);
                let part = attributes
                    .get(outer)
                    .and_then(Value::as_object)
                    .and_then(|object| {
                        object
                            .iter()
                            .find(|(key, _)| crate::core::model::fold_key(key) == folded)
                    });
                if let Some((key, value)) = part {
                    let object = kept.entry(outer).or_insert_with(|| json!({}));
                    object[key] = value.clone();
                }
            }
        }
    }
    *attributes = kept;
}

/// Keeps only the requested attributes of each resource type, in a document's `data` and
/// `included`.
pub(crate) fn apply_sparse_fields(document: &mut Value, sparse: &[(String, Vec<String>)]) {
    if sparse.is_empty() {
        return;
    }
    for part in ["data", "included"] {
        let resources = match document.get_mut(part) {
            Some(Value::Array(resources)) => resources.iter_mut().collect(),
            Some(resource) => vec![resource],
            None => continue,
        };
        for resource in resources {
            let wanted = sparse
                .iter()
                .find(|(name, _)| resource["type"] == name.as_str());
            if let Some((_, wanted)) = wanted {
                keep_attributes(resource, wanted);
            }
        }
    }
}

/// What the resource of an inquiry needs besides the inquiry.
pub(crate) type Context<'a> = &'a State;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_date() {
        assert!(
            Version::parse("2023-01-05")
                .unwrap()
                .is_before_fields_only()
        );
        assert!(
            !Version::parse("2025-10-27")
                .unwrap()
                .is_before_fields_only()
        );
        assert!(
            !Version::parse("2025-12-08")
                .unwrap()
                .is_before_fields_only()
        );
        assert_eq!(
            Version::parse("2026-09-29"),
            Some(Version::parse("2025-12-08").unwrap())
        );
        for text in [
            "2024-01-01",
            "2026-13-01",
            "2026-9-29",
            "latest",
            "20260929",
            "",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sparse_attributes_may_name_one_field() {
        let mut document = json!({"data": {"type": "inquiry", "id": "inq_1", "attributes": {
            "status": "created", "note": null, "fields": {"name_first": 1, "birthdate": 2}}}});
        let wanted = vec!["status".to_owned(), "fields.name-first".to_owned()];
        apply_sparse_fields(&mut document, &[("inquiry".to_owned(), wanted)]);
        assert_eq!(
            document["data"]["attributes"],
            json!({"status": "created", "fields": {"name_first": 1}})
        );
    }
}
