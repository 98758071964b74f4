//! Decodes Persona's JSON:API responses leniently.
//!
//! Persona may add attributes, types and statuses at any time, and many values are nullable
//! (docs.withpersona.com/docs/versioning). Unused values are not decoded, values that may be
//! missing are an `Option`, and a missing required value is an error.
//!
//! Longer than 400 lines: a quarter of it is its tests.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{
    InquiryId, InquiryStatus, SessionToken,
    wire::{InquiryTimes, Relationship, status},
};

/// The attributes that [`Inquiry`] uses, for sparse responses (`fields[inquiry]`).
pub(super) const ATTRIBUTES_READ: &str = "status,reference-id,created-at,updated-at,expires-at,completed-at,failed-at,decisioned-at,\
     expired-at,redacted-at";

/// An inquiry without the person's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// The inquiry's ID.
    pub id: InquiryId,
    /// The inquiry's status.
    pub status: InquiryStatus,
    /// The reference ID.
    pub reference_id: Option<String>,
    /// The template that the inquiry was created from, if the response contains it.
    pub template_id: Option<String>,
    /// The template version that the inquiry is pinned to.
    pub template_version_id: Option<String>,
    /// The number of sessions; 0 if the response does not contain them.
    pub session_count: usize,
    /// The inquiry's timestamps.
    pub times: InquiryTimes,
}

/// One page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryPage {
    /// The inquiries.
    pub inquiries: Vec<Inquiry>,
    /// Whether older inquiries follow.
    pub has_more: bool,
}

/// An inquiry template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryTemplate {
    /// Whether the template is active: inquiries can be created from it.
    pub is_active: bool,
    /// The version that new inquiries get; `None` if no version is published.
    pub latest_published_version_id: Option<String>,
}

/// A link that opens an inquiry in Persona's hosted flow, once. It is a secret.
#[derive(Clone)]
pub struct OneTimeLink {
    address: String,
    inquiry: Option<Inquiry>,
}

impl OneTimeLink {
    /// The URL, for the person for whom it was generated.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.address
    }

    /// The inquiry that the link opens, if the response contains it.
    #[must_use]
    pub fn inquiry(&self) -> Option<&Inquiry> {
        self.inquiry.as_ref()
    }
}

impl std::fmt::Debug for OneTimeLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimeLink([REDACTED])")
    }
}

/// A resumed inquiry and the token that opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumedInquiry {
    /// The token that opens the inquiry.
    pub session_token: SessionToken,
    /// The inquiry after the resume, if the response contains it.
    pub inquiry: Option<Inquiry>,
}

#[derive(Deserialize)]
pub(super) struct InquiryDocument {
    #[serde(deserialize_with = "inquiry")]
    pub(super) data: Inquiry,
}

/// The token of a resumed inquiry. The inquiry is decoded apart from it ([`InquiryDocument`]), since
/// the token is sufficient.
#[derive(Deserialize)]
pub(super) struct ResumeDocument {
    meta: ResumeMeta,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ResumeMeta {
    session_token: Option<String>,
}

impl ResumeDocument {
    /// The resumed inquiry; `None` if the response has no token.
    pub(super) fn into_resumed_inquiry(self, inquiry: Option<Inquiry>) -> Option<ResumedInquiry> {
        Some(ResumedInquiry {
            session_token: self.meta.session_token.and_then(SessionToken::parse)?,
            inquiry,
        })
    }
}

/// The one-time link; the inquiry is decoded apart from it.
#[derive(Deserialize)]
pub(super) struct OneTimeLinkDocument {
    meta: OneTimeLinkMeta,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OneTimeLinkMeta {
    one_time_link: Option<String>,
}

impl OneTimeLinkDocument {
    /// The link; `None` if the response has none.
    pub(super) fn into_link(self, inquiry: Option<Inquiry>) -> Option<OneTimeLink> {
        Some(OneTimeLink {
            address: self.meta.one_time_link.filter(|link| !link.is_empty())?,
            inquiry,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct ListDocument {
    data: Vec<InquiryObject>,
    #[serde(default)]
    links: Links,
}

#[derive(Deserialize, Default)]
struct Links {
    next: Option<String>,
}

impl From<ListDocument> for InquiryPage {
    fn from(document: ListDocument) -> Self {
        Self {
            inquiries: document.data.into_iter().map(Inquiry::from).collect(),
            has_more: document.links.next.is_some(),
        }
    }
}

#[derive(Deserialize)]
struct InquiryObject {
    id: InquiryId,
    attributes: InquiryAttributes,
    #[serde(default)]
    relationships: InquiryRelationships,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct InquiryAttributes {
    #[serde(deserialize_with = "status")]
    status: InquiryStatus,
    reference_id: Option<String>,
    // The times one by one: to flatten them, serde would first keep all other attributes, too.
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    decisioned_at: Option<Timestamp>,
    expired_at: Option<Timestamp>,
    redacted_at: Option<Timestamp>,
}

impl InquiryAttributes {
    fn times(&self) -> InquiryTimes {
        InquiryTimes {
            created_at: self.created_at,
            updated_at: self.updated_at,
            expires_at: self.expires_at,
            completed_at: self.completed_at,
            failed_at: self.failed_at,
            decisioned_at: self.decisioned_at,
            expired_at: self.expired_at,
            redacted_at: self.redacted_at,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct InquiryRelationships {
    #[serde(default)]
    inquiry_template: Relationship,
    #[serde(default)]
    inquiry_template_version: Relationship,
    /// An array, null or missing.
    #[serde(default)]
    sessions: Value,
}

impl InquiryRelationships {
    fn session_count(&self) -> usize {
        self.sessions
            .get("data")
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
    }
}

impl From<InquiryObject> for Inquiry {
    fn from(object: InquiryObject) -> Self {
        let InquiryObject {
            id,
            attributes,
            relationships,
        } = object;
        Self {
            id,
            times: attributes.times(),
            status: attributes.status,
            reference_id: attributes.reference_id,
            session_count: relationships.session_count(),
            template_id: relationships.inquiry_template.id(),
            template_version_id: relationships.inquiry_template_version.id(),
        }
    }
}

fn inquiry<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Inquiry, D::Error> {
    InquiryObject::deserialize(deserializer).map(Inquiry::from)
}

#[derive(Deserialize)]
pub(super) struct TemplateDocument {
    data: TemplateObject,
}

#[derive(Deserialize)]
struct TemplateObject {
    attributes: TemplateAttributes,
    #[serde(default)]
    relationships: TemplateRelationships,
}

#[derive(Deserialize)]
struct TemplateAttributes {
    status: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct TemplateRelationships {
    #[serde(default)]
    latest_published_version: Relationship,
}

impl From<TemplateDocument> for InquiryTemplate {
    fn from(document: TemplateDocument) -> Self {
        Self {
            is_active: document.data.attributes.status == "active",
            latest_published_version_id: document.data.relationships.latest_published_version.id(),
        }
    }
}

/// An error response: `{"errors": [{"title": …, "source": {"pointer": …}}]}`.
#[derive(Deserialize)]
pub(super) struct ErrorDocument {
    errors: Vec<ErrorObject>,
}

#[derive(Deserialize)]
struct ErrorObject {
    title: Option<String>,
    source: Option<ErrorSource>,
}

#[derive(Deserialize)]
struct ErrorSource {
    pointer: Option<String>,
}

impl ErrorDocument {
    /// Titles and pointers in one line, truncated for logs.
    pub(super) fn summary(&self) -> String {
        let parts: Vec<_> = self
            .errors
            .iter()
            .take(3)
            .map(|error| {
                let title = error.title.as_deref().unwrap_or("untitled");
                match error
                    .source
                    .as_ref()
                    .and_then(|source| source.pointer.as_deref())
                {
                    Some(pointer) => format!("{title} at {pointer}"),
                    None => title.to_owned(),
                }
            })
            .collect();
        let line = parts.join("; ");
        line.chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .take(300)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(relationships: &str) -> Inquiry {
        let json = format!(
            r#"{{"data": {{"type": "inquiry", "id": "inq_Aa1", "attributes": {{"status": "paused",
            "reference-id": null, "created-at": "2026-01-05T10:00:00.000Z", "new-thing": [1]}},
            "relationships": {relationships}}}}}"#
        );
        serde_json::from_str::<InquiryDocument>(&json).unwrap().data
    }

    #[test]
    fn every_shape_of_a_relationship_is_read() {
        let with = r#"{"inquiry-template-version": {"data": {"type": "x", "id": "itmplv_Cc3"}}}"#;
        assert_eq!(
            read(with).template_version_id.as_deref(),
            Some("itmplv_Cc3")
        );
        for shape in ["{\"data\": null}", "{\"data\": {}}", "{}", "null"] {
            let inquiry = read(&format!(r#"{{"inquiry-template-version": {shape}}}"#));
            assert_eq!(inquiry.template_version_id, None, "{shape}");
            assert_eq!(inquiry.status, InquiryStatus::Unknown("paused".to_owned()));
        }
    }

    #[test]
    fn an_inquiry_without_id_or_status_is_an_error() {
        for json in [
            r#"{"data": {"attributes": {"status": "created"}}}"#,
            r#"{"data": {"id": "inq_Aa1", "attributes": {}}}"#,
            r#"{"data": {"id": "inq_Aa1", "attributes": {"status": null}}}"#,
            r#"{"data": {"id": "inq_Aa1", "attributes": {"status": ""}}}"#,
            r#"{"data": {"id": "inq_Aa1", "attributes": {"status": "a\u0000b"}}}"#,
            r#"{"data": {"id": "inq_Aa1", "attributes": {"status": "a b"}}}"#,
            r#"{"data": null}"#,
            r"{}",
        ] {
            assert!(
                serde_json::from_str::<InquiryDocument>(json).is_err(),
                "{json}"
            );
        }
    }

    #[test]
    fn one_unreadable_inquiry_makes_the_list_an_error_and_not_shorter() {
        let json = r#"{"data": [{"id": "inq_1", "attributes": {"status": "created"}},
            {"id": "inq_2", "attributes": {}}], "links": {"prev": null, "next": null}}"#;
        assert!(serde_json::from_str::<ListDocument>(json).is_err());
        assert!(serde_json::from_str::<ListDocument>(r#"{"links": {}}"#).is_err());
    }

    #[test]
    fn a_resume_without_a_token_has_none() {
        for json in [
            r#"{"meta": {}}"#,
            r#"{"meta": {"session-token": null}}"#,
            r#"{"meta": {"session-token": ""}}"#,
        ] {
            assert_eq!(
                serde_json::from_str::<ResumeDocument>(json)
                    .unwrap()
                    .into_resumed_inquiry(None),
                None
            );
        }
    }

    #[test]
    fn a_resume_says_where_the_inquiry_stands_now() {
        let json = r#"{"data": {"id": "inq_1", "attributes": {"status": "pending"}},
            "meta": {"session-token": "eyJh.e30.x"}}"#;
        let inquiry = serde_json::from_str::<InquiryDocument>(json).unwrap().data;
        let document: ResumeDocument = serde_json::from_str(json).unwrap();
        let resumed = document.into_resumed_inquiry(Some(inquiry)).unwrap();
        assert_eq!(resumed.inquiry.unwrap().status, InquiryStatus::Pending);
        // The token is sufficient.
        let json = r#"{"data": {}, "meta": {"session-token": "eyJh.e30.x"}}"#;
        let document: ResumeDocument = serde_json::from_str(json).unwrap();
        assert_eq!(document.into_resumed_inquiry(None).unwrap().inquiry, None);
    }

    #[test]
    fn the_summary_of_errors_leaves_details_out() {
        let json = r#"{"errors": [{"title": "Record invalid", "details": "Ada is too young",
            "source": {"pointer": "/data/attributes/fields"}}]}"#;
        let summary = serde_json::from_str::<ErrorDocument>(json)
            .unwrap()
            .summary();
        assert_eq!(summary, "Record invalid at /data/attributes/fields");
    }
}
