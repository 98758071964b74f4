//! Inquiry templates: the steps of a flow, its settings, and the fields it collects.
//!
//! The templates that every sandbox has are the entries of [`BUILT_IN_TEMPLATES`].

use serde::{Deserialize, Serialize};

use super::{
    Entity, Expiry, FieldSchema, FieldType, FlowStep, ReportKind, SubmissionStep, fold_key,
};
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

/// A template with its settings.
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
    /// What the person submits, in order.
    #[serde(default = "kyc_steps")]
    pub(crate) steps: Vec<SubmissionStep>,
    pub(crate) fields: Vec<FieldSchema>,
    /// The keys of the fields that the form asks for; empty for all that a person can enter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) form_fields: Vec<String>,
    /// The languages of the flow, the default one first; empty for all that the sandbox has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) languages: Vec<String>,
    /// "Block client-side Inquiry creation" (dashboard: Templates > Settings > Security).
    pub(crate) block_client_side_creation: bool,
    /// Pages that may embed the flow; empty means any.
    pub(crate) embedded_flow_domain_allowlist: Vec<String>,
    /// Hosts that the hosted flow may return to; empty means any.
    pub(crate) redirect_domains: Vec<String>,
    /// Schemes that the hosted flow may return to; empty means http and https.
    pub(crate) redirect_uri_schemes: Vec<String>,
    /// The return URL of the hosted flow if neither link nor inquiry has one.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) expiry: Expiry,
    pub(crate) one_time_link_seconds: i64,
    /// How often a person may try each verification.
    pub(crate) attempts: usize,
    /// The workflow that approves completed inquiries.
    pub(crate) approve_completed: bool,
    /// The workflow that declines failed inquiries.
    pub(crate) decline_failed: bool,
    /// The reports that a workflow runs on the person of a completed inquiry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reports: Vec<ReportKind>,
    /// How long after the end of the flow the workflows decide, in milliseconds.
    pub(crate) decide_after_ms: u64,
    /// The position of the flow's "Pass verifications" switch at first.
    #[serde(default = "yes")]
    pub(crate) pass_verifications: bool,
}

const DAY: i64 = 24 * 60 * 60;

/// A template that every sandbox has.
#[derive(Debug)]
pub(crate) struct TemplateDefinition {
    /// `None`: the configuration names it (`--template`).
    id: Option<&'static str>,
    name: &'static str,
    steps: &'static [SubmissionStep],
    /// Keys, labels and types.
    fields: &'static [(&'static str, &'static str, FieldType)],
    expiry: Expiry,
    attempts: usize,
    approve_completed: bool,
    decline_failed: bool,
}

/// The templates that every sandbox has.
pub(crate) static BUILT_IN_TEMPLATES: &[TemplateDefinition] = &[KYC];

/// Persona's KYC solution: government ID and selfie, and a workflow that approves inquiries when
/// they are completed (docs: `tutorial-embedded-flow-precreate`).
const KYC: TemplateDefinition = TemplateDefinition {
    id: None,
    name: "KYC",
    steps: &[SubmissionStep::GovernmentId, SubmissionStep::Selfie],
    fields: KYC_FIELDS,
    // Help center, "inquiry expiration": a day from creation and from resuming.
    expiry: Expiry {
        after_create: DAY,
        after_start: None,
        after_resume: DAY,
    },
    attempts: 1,
    approve_completed: true,
    // The pre-create tutorial names `failed` as the end of a run that fails.
    decline_failed: false,
};

/// The position of the switch in a template that was stored before it could be set.
fn yes() -> bool {
    true
}

/// The steps of a template that was stored before templates had steps.
fn kyc_steps() -> Vec<SubmissionStep> {
    KYC.steps.to_vec()
}

/// The fields of a KYC-type template (docs: `api-quickstart-tutorial`), with keys in snake case as
/// in the pre-create tutorial and in the field schemas of the specification's example template.
static KYC_FIELDS: &[(&str, &str, FieldType)] = &[
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

impl TemplateDefinition {
    /// The ID of the template, where the configuration names `configured`.
    pub(crate) fn id<'a>(&self, configured: &'a str) -> &'a str {
        self.id.unwrap_or(configured)
    }

    /// A template of this definition.
    pub(crate) fn template(
        &self,
        id: &str,
        published_at: Moment,
        decide_after_ms: u64,
    ) -> Template {
        let version = id.strip_prefix("itmpl_").unwrap_or(id);
        let field = |&(key, label, field_type): &(&str, &str, FieldType)| FieldSchema {
            key: key.to_owned(),
            label: label.to_owned(),
            field_type,
            options: Vec::new(),
            is_required: false,
        };
        Template {
            id: id.to_owned(),
            name: self.name.to_owned(),
            status: TemplateStatus::Active,
            version_id: format!("itmplv_{version}1"),
            published_at,
            steps: self.steps.to_vec(),
            fields: self.fields.iter().map(field).collect(),
            form_fields: Vec::new(),
            languages: Vec::new(),
            block_client_side_creation: false,
            embedded_flow_domain_allowlist: Vec::new(),
            redirect_domains: Vec::new(),
            redirect_uri_schemes: Vec::new(),
            redirect_uri: None,
            expiry: self.expiry,
            one_time_link_seconds: DAY,
            attempts: self.attempts,
            approve_completed: self.approve_completed,
            decline_failed: self.decline_failed,
            reports: Vec::new(),
            decide_after_ms,
            pass_verifications: true,
        }
    }
}

impl Template {
    /// A template like Persona's KYC solution.
    pub(crate) fn kyc(id: &str, published_at: Moment, decide_after_ms: u64) -> Self {
        KYC.template(id, published_at, decide_after_ms)
    }

    /// The step after the start screen.
    pub(crate) fn first_step(&self) -> FlowStep {
        let first = self.steps.first().copied();
        first.map_or(FlowStep::Start, FlowStep::Submission)
    }

    /// The step that follows `step`; `None` if it is the last one.
    pub(crate) fn step_after(&self, step: SubmissionStep) -> Option<SubmissionStep> {
        let place = self.steps.iter().position(|other| *other == step)?;
        self.steps.get(place + 1).copied()
    }

    /// The fields that a person enters in this step.
    pub(crate) fn entered_fields(&self, step: SubmissionStep) -> Vec<&FieldSchema> {
        match step {
            SubmissionStep::Form if self.form_fields.is_empty() => {
                let fields = self.fields.iter();
                fields
                    .filter(|field| field.field_type.is_entered())
                    .collect()
            }
            SubmissionStep::Form => {
                let keys = self.form_fields.iter();
                keys.filter_map(|key| self.find_field(key)).collect()
            }
            _ => {
                let key = step.submission().entered.map(|(key, _)| key);
                key.and_then(|key| self.find_field(key))
                    .into_iter()
                    .collect()
            }
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
