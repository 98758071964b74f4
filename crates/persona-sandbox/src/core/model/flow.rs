//! The flow that a person goes through, as data.
//!
//! The steps in which a person submits something are [`SubmissionStep`]s, each with one
//! [`Submission`]: what is submitted, which check looks at it, and which fields it fills. Domain,
//! API, pages and scenarios read these entries. Which steps a template has, and in which order, is
//! in its definition (`template.rs`).
//!
//! To add a step, add its variant and its entry here, put it into the `steps` of a template, and
//! describe its screen in `http/pages/flow/steps.rs`; the compiler asks for both.

use serde::{Deserialize, Serialize};
use strum::VariantArray as _;

use super::VerificationKind;

/// A step in which the person submits something.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum SubmissionStep {
    /// A driver license, a passport or a national ID card
    GovernmentId,
    /// A look at the person's face
    Selfie,
    /// Any other document
    Document,
    /// Fields of the template
    Form,
    /// A phone number
    Phone,
    /// An e-mail address
    Email,
}

/// What a person submits in a step.
#[derive(Debug)]
pub(crate) struct Submission {
    /// The check that looks at it; `None` if nothing is checked.
    pub(crate) check: Option<VerificationKind>,
    /// `None` if the person only enters something.
    pub(crate) object: Option<SubmittedObject>,
    /// The one field that the person enters, with what the sandbox takes if nothing is entered. The
    /// fields of a form are the template's.
    pub(crate) entered: Option<(&'static str, &'static str)>,
    /// What the sandbox pretends to read from it, by field; `None` empties the field.
    pub(crate) demo_fields: &'static [(&'static str, Option<&'static str>)],
}

/// The object that the API shows for a submission.
#[derive(Debug)]
pub(crate) struct SubmittedObject {
    pub(crate) collection: ObjectCollection,
    /// What its IDs begin with.
    pub(crate) id_prefix: &'static str,
    /// Its JSON:API type.
    pub(crate) resource_type: &'static str,
    /// The inquiry's field that names it, and its type there.
    pub(crate) field: &'static str,
    pub(crate) field_type: &'static str,
}

/// The relationship of an inquiry in which a submitted object is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectCollection {
    Documents,
    Selfies,
}

/// The demo data is what Persona's sandbox answers: upper case, the middle initial in the first
/// name (help center, "sandbox demo data").
static GOVERNMENT_ID: Submission = Submission {
    check: Some(VerificationKind::GovernmentId),
    object: Some(SubmittedObject {
        collection: ObjectCollection::Documents,
        id_prefix: "doc",
        resource_type: "document/government-id",
        field: "current_government_id",
        field_type: "Document::GovernmentId",
    }),
    entered: None,
    demo_fields: &[
        ("name_first", Some("ALEXANDER J")),
        ("name_middle", None),
        ("name_last", Some("SAMPLE")),
        ("birthdate", Some("1977-07-17")),
        ("address_street_1", Some("600 CALIFORNIA STREET")),
        ("address_street_2", None),
        ("address_city", Some("SAN FRANCISCO")),
        ("address_subdivision", Some("CA")),
        ("address_postal_code", Some("94109")),
        ("address_country_code", Some("US")),
        ("selected_country_code", Some("US")),
        ("selected_id_class", Some("dl")),
        ("identification_class", Some("dl")),
        ("identification_number", Some("I1234562")),
    ],
};

static SELFIE: Submission = Submission {
    check: Some(VerificationKind::Selfie),
    object: Some(SubmittedObject {
        collection: ObjectCollection::Selfies,
        id_prefix: "self",
        resource_type: "selfie/profile-and-center",
        field: "current_selfie",
        field_type: "Selfie::ProfileAndCenter",
    }),
    entered: None,
    demo_fields: &[],
};

static DOCUMENT: Submission = Submission {
    check: Some(VerificationKind::Document),
    object: Some(SubmittedObject {
        collection: ObjectCollection::Documents,
        id_prefix: "doc",
        resource_type: "document/generic",
        field: "current_document",
        field_type: "Document::Generic",
    }),
    entered: None,
    demo_fields: &[],
};

static FORM: Submission = Submission {
    check: None,
    object: None,
    entered: None,
    demo_fields: &[],
};

/// The number is one of those that are reserved for fiction (North American Numbering Plan, 555-01).
static PHONE: Submission = Submission {
    check: Some(VerificationKind::PhoneNumber),
    object: None,
    entered: Some(("phone_number", "+14155550132")),
    demo_fields: &[],
};

static EMAIL: Submission = Submission {
    check: Some(VerificationKind::EmailAddress),
    object: None,
    entered: Some(("email_address", "alexander.sample@example.com")),
    demo_fields: &[],
};

impl SubmissionStep {
    /// What is submitted in this step.
    pub(crate) fn submission(self) -> &'static Submission {
        match self {
            Self::GovernmentId => &GOVERNMENT_ID,
            Self::Selfie => &SELFIE,
            Self::Document => &DOCUMENT,
            Self::Form => &FORM,
            Self::Phone => &PHONE,
            Self::Email => &EMAIL,
        }
    }

    /// The step's name in the API, in forms and in scenario files.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// The step's name for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::GovernmentId => "Government ID",
            Self::Selfie => "Selfie",
            Self::Document => "Document",
            Self::Form => "Form",
            Self::Phone => "Phone number",
            Self::Email => "E-mail address",
        }
    }

    /// The step with this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

impl VerificationKind {
    /// What is submitted for a check of this kind, if a step submits something.
    pub(crate) fn submission(self) -> Option<&'static Submission> {
        let submissions = SubmissionStep::VARIANTS.iter();
        submissions
            .map(|step| step.submission())
            .find(|submission| submission.check == Some(self))
    }

    /// The object that a check of this kind looks at, if a step submits one.
    pub(crate) fn submitted_object(self) -> Option<&'static SubmittedObject> {
        self.submission()?.object.as_ref()
    }
}

/// Where an inquiry stands in its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) enum FlowStep {
    Start,
    Submission(SubmissionStep),
    Success,
    Fail,
}

impl FlowStep {
    /// The step's name as the API shows it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Submission(step) => step.as_str(),
            Self::Success => "success",
            Self::Fail => "fail",
        }
    }
}

impl From<FlowStep> for String {
    fn from(step: FlowStep) -> Self {
        step.as_str().to_owned()
    }
}

impl TryFrom<String> for FlowStep {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let submissions = SubmissionStep::VARIANTS.iter().copied();
        let all = std::iter::once(Self::Start)
            .chain(submissions.map(Self::Submission))
            .chain([Self::Success, Self::Fail]);
        all.clone()
            .find(|step| step.as_str() == name)
            .ok_or_else(|| {
                let names: Vec<_> = all.map(Self::as_str).collect();
                format!(
                    "unknown step `{name}`, expected one of {}",
                    names.join(", ")
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_stored_by_its_name_and_reads_back() {
        for (step, name) in [
            (FlowStep::Start, "start"),
            (
                FlowStep::Submission(SubmissionStep::GovernmentId),
                "government_id",
            ),
            (FlowStep::Submission(SubmissionStep::Selfie), "selfie"),
            (FlowStep::Success, "success"),
            (FlowStep::Fail, "fail"),
        ] {
            assert_eq!(serde_json::json!(step), name);
            let read: FlowStep = serde_json::from_value(serde_json::json!(name)).unwrap();
            assert_eq!(read, step);
        }
        let unknown = serde_json::from_str::<FlowStep>(r#""iris""#).unwrap_err();
        assert!(unknown.to_string().contains("government_id"), "{unknown}");
    }

    #[test]
    fn no_two_steps_share_a_check() {
        for &step in SubmissionStep::VARIANTS {
            let submission = step.submission();
            let of_check = submission
                .check
                .and_then(VerificationKind::submitted_object);
            let field = |object: &SubmittedObject| object.field;
            assert_eq!(of_check.map(field), submission.object.as_ref().map(field));
        }
        assert!(VerificationKind::Database.submitted_object().is_none());
    }
}
