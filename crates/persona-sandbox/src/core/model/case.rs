//! Cases: what a person reviews.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Entity, Reviewer};
use crate::core::clock::Moment;

/// The ID of the sandbox's case template. A case may have another one, which looks the same.
pub(crate) const CASE_TEMPLATE_ID: &str = "ctmpl_sandboxKYC";

/// The statuses of the sandbox's case template, each with whether it resolves a case.
pub(crate) const CASE_STATUSES: [(&str, bool); 5] = [
    ("Open", false),
    ("Pending", false),
    ("Approved", true),
    ("Declined", true),
    ("Resolved", true),
];

/// A case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Case {
    /// `case_…`
    pub(crate) id: String,
    /// `ctmpl_…`
    pub(crate) template_id: String,
    /// Its place among the cases, which is in its name.
    pub(crate) number: u64,
    pub(crate) status: String,
    pub(crate) tags: Vec<String>,
    pub(crate) fields: BTreeMap<String, Value>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) account_ids: Vec<String>,
    pub(crate) inquiry_ids: Vec<String>,
    pub(crate) verification_ids: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) report_ids: Vec<String>,
    /// What opened it; `None` for the API.
    pub(crate) creator: Option<Reviewer>,
    /// The e-mail address of the user that it is assigned to.
    pub(crate) assignee: Option<String>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    pub(crate) assigned_at: Option<Moment>,
    pub(crate) resolved_at: Option<Moment>,
    pub(crate) sla_expires_at: Option<Moment>,
    pub(crate) redacted_at: Option<Moment>,
}

/// A file that was attached to a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Attachment {
    pub(crate) filename: String,
    /// Its content in base64.
    pub(crate) data: String,
    pub(crate) byte_size: usize,
}

impl Case {
    /// Whether its status resolves it.
    pub(crate) fn is_resolved(&self) -> bool {
        self.resolved_at.is_some()
    }

    /// The attached file with this name.
    pub(crate) fn attachment(&self, filename: &str) -> Option<&Attachment> {
        let mut attachments = self.attachments.iter();
        attachments.find(|attachment| attachment.filename == filename)
    }
}

impl Entity for Case {
    fn id(&self) -> &str {
        &self.id
    }

    /// The inquiry that it was opened for.
    fn group(&self) -> Option<&str> {
        self.inquiry_ids.first().map(String::as_str)
    }
}
