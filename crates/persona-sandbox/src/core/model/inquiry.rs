//! The inquiry: one person's run through a template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::VariantArray as _;

use super::{DocumentData, Entity, FlowStep, fold_key};
use crate::core::clock::Moment;

/// The status of an inquiry (docs: `model-lifecycle`).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Status {
    Created,
    Pending,
    Completed,
    Failed,
    Expired,
    NeedsReview,
    Approved,
    Declined,
}

impl Status {
    /// Every status, in the order of the life cycle.
    pub(crate) const ALL: &'static [Self] = Self::VARIANTS;

    /// The status as the API spells it.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// Parses the API's spelling.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    /// Whether the person can still continue.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::Pending)
    }
}

/// A decision by a workflow, a person or the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    Approve,
    Decline,
}

/// Who made a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Reviewer {
    /// `workflow-run` or `user`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) id: String,
}

/// What a verification checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::VariantArray)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VerificationKind {
    GovernmentId,
    Selfie,
    Document,
    Database,
    PhoneNumber,
    EmailAddress,
}

impl VerificationKind {
    /// Every kind.
    pub(crate) const ALL: &'static [Self] = Self::VARIANTS;

    /// The ID of the sandbox's one verification template of this kind.
    pub(crate) fn template_id(self) -> &'static str {
        match self {
            Self::GovernmentId => "vtmpl_sandboxGovernmentId",
            Self::Selfie => "vtmpl_sandboxSelfie",
            Self::Document => "vtmpl_sandboxDocument",
            Self::Database => "vtmpl_sandboxDatabase",
            Self::PhoneNumber => "vtmpl_sandboxPhoneNumber",
            Self::EmailAddress => "vtmpl_sandboxEmailAddress",
        }
    }

    /// The IDs of all verification templates.
    pub(crate) fn template_ids() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|kind| kind.template_id())
    }

    /// The kind of the verification template with this ID.
    pub(crate) fn by_template_id(id: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.template_id() == id)
    }

    /// The JSON:API type.
    pub(crate) fn resource_type(self) -> &'static str {
        match self {
            Self::GovernmentId => "verification/government-id",
            Self::Selfie => "verification/selfie",
            Self::Document => "verification/document",
            Self::Database => "verification/database",
            Self::PhoneNumber => "verification/phone-number",
            Self::EmailAddress => "verification/email-address",
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Verification {
    /// `ver_…`
    pub(crate) id: String,
    pub(crate) kind: VerificationKind,
    pub(crate) passed: bool,
    pub(crate) created_at: Moment,
    /// The document (`doc_…`) or selfie (`self_…`) that was submitted with it.
    pub(crate) submitted_id: Option<String>,
    /// The names of the checks that failed. A check that failed although the verification passed
    /// was not required.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) failed_checks: Vec<String>,
    /// What a government ID says about its holder; `None` once it is redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) document: Option<Box<DocumentData>>,
    /// When it was redacted by itself, before its inquiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redacted_at: Option<Moment>,
    /// Whether an investigation keeps it from being redacted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_locked: bool,
}

/// The intervals after which an inquiry expires, in seconds (docs: `inquiry-expiration`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Expiry {
    pub(crate) after_create: i64,
    /// `None`: starting does not change the date.
    pub(crate) after_start: Option<i64>,
    pub(crate) after_resume: i64,
}

/// One person's run through a template.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Inquiry {
    /// `inq_…`
    pub(crate) id: String,
    pub(crate) template_id: String,
    /// Pinned at creation, so a later publication does not change a run under way.
    pub(crate) template_version_id: String,
    pub(crate) account_id: Option<String>,
    pub(crate) reference_id: Option<String>,
    pub(crate) status: Status,
    pub(crate) note: Option<String>,
    pub(crate) tags: Vec<String>,
    /// `API` for an inquiry created with a key (docs: `api-quickstart-tutorial`).
    pub(crate) creator: String,
    pub(crate) reviewer: Option<Reviewer>,
    pub(crate) reviewer_comment: Option<String>,
    pub(crate) redirect_uri: Option<String>,
    /// Values by the template's own keys; a key that is absent has no value.
    pub(crate) fields: BTreeMap<String, Value>,
    pub(crate) expiry: Expiry,
    /// How long a link to another device is valid, if the creation says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) handoff_link_seconds: Option<i64>,
    pub(crate) previous_step: Option<FlowStep>,
    pub(crate) next_step: Option<FlowStep>,
    /// The position of the flow's "Pass verifications" switch.
    pub(crate) pass_verifications: bool,
    pub(crate) verifications: Vec<Verification>,
    /// A decision that a workflow will make, and when.
    pub(crate) decision_due: Option<(Moment, Decision)>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    pub(crate) started_at: Option<Moment>,
    /// Null once finished.
    pub(crate) expires_at: Option<Moment>,
    pub(crate) completed_at: Option<Moment>,
    pub(crate) failed_at: Option<Moment>,
    pub(crate) marked_for_review_at: Option<Moment>,
    pub(crate) decisioned_at: Option<Moment>,
    pub(crate) expired_at: Option<Moment>,
    pub(crate) redacted_at: Option<Moment>,
}

impl Inquiry {
    /// The value of the field with this key, in whichever casing the template has it.
    pub(crate) fn field(&self, key: &str) -> Option<&Value> {
        let by_any_casing = || {
            let folded = fold_key(key);
            self.fields.iter().find(|(own, _)| fold_key(own) == folded)
        };
        self.fields
            .get(key)
            .or_else(|| by_any_casing().map(|(_, value)| value))
    }

    /// When the next scheduled change of this inquiry is due.
    pub(crate) fn due(&self) -> Option<Moment> {
        let decision = self.decision_due.map(|(at, _)| at);
        let expiry = self.expires_at.filter(|_| self.status.is_open());
        [decision, expiry].into_iter().flatten().min()
    }
}

impl Entity for Inquiry {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        self.reference_id.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_stored_as_it_is_sent_and_reads_back() {
        for &status in Status::ALL {
            assert_eq!(serde_json::json!(status), status.as_str());
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("done"), None);
    }
}
