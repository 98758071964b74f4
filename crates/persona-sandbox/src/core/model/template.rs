//! Inquiry templates: the settings of a flow and the fields it collects.

use serde::{Deserialize, Serialize};

use super::{Entity, Expiry};
use crate::core::clock::Moment;

/// Whether a template can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum TemplateStatus {
    Active,
    Inactive,
}

impl TemplateStatus {
    /// The status as the API spells it.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What a field holds (docs: `inquiry-fields`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum FieldType {
    String,
    Date,
    Boolean,
    Number,
    /// Set by the flow; cannot be written through the API.
    GovernmentId,
    /// Set by the flow; cannot be written through the API.
    Selfie,
}

impl FieldType {
    /// The type's name beside a value.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One field of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct FieldSchema {
    /// The key in the template's own casing, in which it is answered from 2025-10-27 on.
    pub(crate) key: String,
    pub(crate) label: String,
    #[serde(rename = "type")]
    pub(crate) field_type: FieldType,
}

/// A flow with its settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Template {
    /// `itmpl_…`
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: TemplateStatus,
    /// `itmplv_…`, the latest published version.
    pub(crate) version_id: String,
    pub(crate) published_at: Moment,
    pub(crate) fields: Vec<FieldSchema>,
    /// "Block client-side Inquiry creation" (dashboard: Templates > Settings > Security).
    pub(crate) block_client_side_creation: bool,
    /// Pages that may embed the flow; empty means any.
    pub(crate) embedded_flow_domain_allowlist: Vec<String>,
    /// Hosts that the hosted flow may return to; empty means any.
    pub(crate) redirect_domains: Vec<String>,
    /// Schemes that the hosted flow may return to; empty means http and https.
    pub(crate) redirect_uri_schemes: Vec<String>,
    /// Where the hosted flow returns to if neither link nor inquiry says.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) expiry: Expiry,
    pub(crate) one_time_link_seconds: i64,
    /// How often a person may try each verification.
    pub(crate) attempts: usize,
    /// The workflow that approves completed inquiries.
    pub(crate) approve_completed: bool,
    /// The workflow that declines failed inquiries.
    pub(crate) decline_failed: bool,
    /// How long after the end of the flow the workflows decide, in milliseconds.
    pub(crate) decide_after_ms: u64,
}

const DAY: i64 = 24 * 60 * 60;

/// The fields of a KYC-type template (docs: `api-quickstart-tutorial`), with keys in snake case as
/// in the pre-create tutorial and in the field schemas of the specification's example template.
const KYC_FIELDS: [(&str, &str, FieldType); 19] = [
    ("name_first", "First name", FieldType::String),
    ("name_middle", "Middle name", FieldType::String),
    ("name_last", "Last name", FieldType::String),
    ("birthdate", "Birthdate", FieldType::Date),
    ("address_street_1", "Street", FieldType::String),
    ("address_street_2", "Apartment or suite", FieldType::String),
    ("address_city", "City", FieldType::String),
    (
        "address_subdivision",
        "State or province",
        FieldType::String,
    ),
    ("address_postal_code", "Postal code", FieldType::String),
    ("address_country_code", "Country", FieldType::String),
    ("email_address", "E-mail address", FieldType::String),
    ("phone_number", "Phone number", FieldType::String),
    (
        "selected_country_code",
        "Issuing country",
        FieldType::String,
    ),
    ("selected_id_class", "Kind of ID", FieldType::String),
    (
        "identification_class",
        "Kind of identification",
        FieldType::String,
    ),
    (
        "identification_number",
        "Identification number",
        FieldType::String,
    ),
    (
        "social_security_number",
        "Social security number",
        FieldType::String,
    ),
    (
        "current_government_id",
        "Government ID",
        FieldType::GovernmentId,
    ),
    ("current_selfie", "Selfie", FieldType::Selfie),
];

impl Template {
    /// Persona's KYC solution: government ID and selfie, and a workflow that approves inquiries
    /// when they are completed (docs: `tutorial-embedded-flow-precreate`).
    pub(crate) fn kyc(id: &str, published_at: Moment, decide_after_ms: u64) -> Self {
        let name = id.strip_prefix("itmpl_").unwrap_or(id);
        Self {
            id: id.to_owned(),
            name: "KYC".to_owned(),
            status: TemplateStatus::Active,
            version_id: format!("itmplv_{name}1"),
            published_at,
            fields: KYC_FIELDS
                .iter()
                .map(|&(key, label, field_type)| FieldSchema {
                    key: key.to_owned(),
                    label: label.to_owned(),
                    field_type,
                })
                .collect(),
            block_client_side_creation: false,
            embedded_flow_domain_allowlist: Vec::new(),
            redirect_domains: Vec::new(),
            redirect_uri_schemes: Vec::new(),
            redirect_uri: None,
            // Help center, "inquiry expiration": a day from creation and from resuming.
            expiry: Expiry {
                after_create: DAY,
                after_start: None,
                after_resume: DAY,
            },
            one_time_link_seconds: DAY,
            attempts: 1,
            approve_completed: true,
            // The pre-create tutorial names `failed` as the end of a run that fails.
            decline_failed: false,
            decide_after_ms,
        }
    }

    /// The field with this key, in whichever casing it was written.
    pub(crate) fn find_field(&self, key: &str) -> Option<&FieldSchema> {
        let folded = fold_key(key);
        self.fields
            .iter()
            .find(|field| fold_key(&field.key) == folded)
    }
}

impl Entity for Template {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        None
    }
}

/// A key without its casing: `name-first`, `name_first` and `nameFirst` are the same field, since
/// requests may use any inflection (docs: `api-key-inflection`).
pub(crate) fn fold_key(key: &str) -> String {
    key.chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_in_every_casing() {
        let template = Template::kyc("itmpl_sandboxKYC", Moment::from_millis(0), 1000);
        for key in ["name-first", "name_first", "nameFirst"] {
            assert_eq!(
                template.find_field(key).map(|f| f.key.as_str()),
                Some("name_first")
            );
        }
        assert!(template.find_field("shoe-size").is_none());
    }
}
