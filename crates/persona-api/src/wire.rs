//! Parts of Persona's JSON:API documents that responses and webhooks share, decoded leniently.
//!
//! Persona may add attributes, types and statuses at any time, and many values are nullable
//! (docs.withpersona.com/docs/versioning). Unused values are not decoded, and values that may be
//! missing are an `Option`.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::InquiryStatus;

/// The timestamps of an inquiry. Each may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InquiryTimes {
    /// When the inquiry was created.
    pub created_at: Option<Timestamp>,
    /// When the inquiry last changed.
    pub updated_at: Option<Timestamp>,
    /// When the inquiry expires; `None` once it is finished.
    pub expires_at: Option<Timestamp>,
    /// When the person completed the flow.
    pub completed_at: Option<Timestamp>,
    /// When the person exhausted the permitted attempts.
    pub failed_at: Option<Timestamp>,
    /// When the inquiry was approved or declined.
    pub decisioned_at: Option<Timestamp>,
    /// When the inquiry expired.
    pub expired_at: Option<Timestamp>,
    /// When the inquiry was redacted. Redaction does not change the status.
    pub redacted_at: Option<Timestamp>,
}

/// The maximum length of a status, in bytes.
const MAX_STATUS_BYTES: usize = 100;

/// Decodes a known or unknown status. The status must be one token of printable ASCII, because it
/// is stored and displayed.
pub(crate) fn status<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<InquiryStatus, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_valid = (1..=MAX_STATUS_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_valid {
        Ok(text.into())
    } else {
        Err(D::Error::custom("not a status"))
    }
}

/// Decodes an optional status.
pub(crate) fn optional_status<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<InquiryStatus>, D::Error> {
    #[derive(Deserialize)]
    struct Status(#[serde(deserialize_with = "status")] InquiryStatus);
    Ok(Option::<Status>::deserialize(deserializer)?.map(|Status(status)| status))
}

/// A relationship to one object. Persona's examples show `{"data": {…}}`, `{"data": null}`,
/// `{"data": {}}`, `{}` and `null`.
#[derive(Deserialize, Default)]
#[serde(from = "Option<LenientRelationship>")]
pub(crate) struct Relationship(Option<String>);

#[derive(Deserialize)]
struct LenientRelationship {
    data: Option<LenientIdentifier>,
}

#[derive(Deserialize)]
struct LenientIdentifier {
    id: Option<String>,
}

impl From<Option<LenientRelationship>> for Relationship {
    fn from(relationship: Option<LenientRelationship>) -> Self {
        Self(relationship.and_then(|it| it.data).and_then(|it| it.id))
    }
}

impl Relationship {
    pub(crate) fn id(self) -> Option<String> {
        self.0
    }
}
