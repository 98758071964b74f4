//! Parts of Persona's JSON:API documents that responses and webhooks share, decoded leniently.
//!
//! New attributes, types and statuses may come on any day, and many values are nullable
//! (docs.withpersona.com/docs/versioning): what is not needed is not decoded, and what may be
//! missing is an `Option`.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::InquiryStatus;

/// The times of an inquiry's life; each may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InquiryTimes {
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// When its time runs out; `None` once it is finished.
    pub expires_at: Option<Timestamp>,
    /// When the person finished.
    pub completed_at: Option<Timestamp>,
    /// When the person had used up the attempts.
    pub failed_at: Option<Timestamp>,
    /// When it was decided.
    pub decisioned_at: Option<Timestamp>,
    /// When its time had run out.
    pub expired_at: Option<Timestamp>,
    /// When its data was erased. Its status stays what it was.
    pub redacted_at: Option<Timestamp>,
}

/// The longest status that is accepted, in bytes.
const MAX_STATUS_BYTES: usize = 100;

/// A status, known or not: one word of printable ASCII. Anything else could be neither stored nor
/// shown.
pub(crate) fn status<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<InquiryStatus, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_word = (1..=MAX_STATUS_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_word {
        Ok(text.into())
    } else {
        Err(D::Error::custom("not a status"))
    }
}

/// A status that may be missing.
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
