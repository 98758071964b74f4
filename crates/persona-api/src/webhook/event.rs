//! Webhook events, decoded leniently.
//!
//! An event is redacted before it is decoded, so that decoding cannot depend on data that must not
//! be kept.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::redact::redact;
use crate::{
    EventId, InquiryId, InquiryStatus, TemplateId,
    wire::{InquiryTimes, Relationship, optional_status},
};

/// The maximum length of an event name, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// A webhook event without personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The event's ID. Persona may deliver the same event more than once.
    pub id: EventId,
    /// The event's name: `inquiry.approved`.
    pub name: String,
    /// When the event was created.
    pub created_at: Timestamp,
    /// The object that the event describes.
    pub subject: EventSubject,
}

/// The object that an event describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSubject {
    /// An inquiry, in its state at the time of the event.
    Inquiry(Box<EventInquiry>),
    /// An object of another type.
    Other,
    /// An inquiry that lacks required members, or a payload without a type.
    Unreadable,
}

/// An inquiry in an event. Attributes that the webhook's configuration excludes are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventInquiry {
    /// The inquiry's ID.
    pub id: InquiryId,
    /// The inquiry's status.
    pub status: Option<InquiryStatus>,
    /// The reference ID.
    pub reference_id: Option<String>,
    /// The template that the inquiry was created from.
    pub template: Option<TemplateId>,
    /// The template version that the inquiry is pinned to.
    pub template_version_id: Option<String>,
    /// The inquiry's timestamps.
    pub times: InquiryTimes,
}

/// Why a body is not an event. The message contains nothing of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventDecodeError {
    /// The body is not JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// The body is JSON without an event ID, name and time.
    #[error("the body is no event with an ID, a name and a time")]
    NotAnEvent,
}

impl WebhookEvent {
    /// Decodes a webhook's body, or a body redacted by [`WebhookEvent::decode_and_redact`].
    ///
    /// # Errors
    /// See [`EventDecodeError`].
    pub fn decode(body: &[u8]) -> Result<Self, EventDecodeError> {
        Self::decode_and_redact(body).map(|(event, _)| event)
    }

    /// Decodes a webhook's body and returns the event with the redacted body, which may be stored.
    ///
    /// # Errors
    /// See [`EventDecodeError`].
    pub fn decode_and_redact(body: &[u8]) -> Result<(Self, Vec<u8>), EventDecodeError> {
        let body: Value = serde_json::from_slice(body).map_err(|_| EventDecodeError::NotJson)?;
        let kept = redact(body).ok_or(EventDecodeError::NotAnEvent)?;
        let document =
            EventDocument::deserialize(&kept).map_err(|_| EventDecodeError::NotAnEvent)?;
        let attributes = document.data.attributes;
        if !is_name(&attributes.name) {
            return Err(EventDecodeError::NotAnEvent);
        }
        let event = Self {
            id: document.data.id,
            subject: EventSubject::from_payload(&attributes.name, &attributes.payload),
            name: attributes.name,
            created_at: attributes.created_at,
        };
        Ok((event, kept.to_string().into_bytes()))
    }
}

impl EventSubject {
    fn from_payload(name: &str, payload: &Value) -> Self {
        match payload["data"]["type"].as_str() {
            Some("inquiry") => PayloadDocument::deserialize(payload)
                .map_or(Self::Unreadable, |it| {
                    Self::Inquiry(Box::new(it.data.into()))
                }),
            None if name.starts_with("inquiry.") => Self::Unreadable,
            _ => Self::Other,
        }
    }
}

/// Whether the text has the form of an event name: `inquiry.approved`,
/// `report/adverse-media.ready`.
fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte))
}

#[derive(Deserialize)]
struct EventDocument {
    data: EventObject,
}

#[derive(Deserialize)]
struct EventObject {
    id: EventId,
    attributes: EventAttributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct EventAttributes {
    name: String,
    created_at: Timestamp,
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
struct PayloadDocument {
    data: PayloadInquiry,
}

#[derive(Deserialize)]
struct PayloadInquiry {
    id: InquiryId,
    #[serde(default)]
    attributes: PayloadAttributes,
    #[serde(default)]
    relationships: PayloadRelationships,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct PayloadAttributes {
    #[serde(default, deserialize_with = "optional_status")]
    status: Option<InquiryStatus>,
    reference_id: Option<String>,
    #[serde(flatten)]
    times: InquiryTimes,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct PayloadRelationships {
    #[serde(default)]
    inquiry_template: Relationship,
    #[serde(default)]
    inquiry_template_version: Relationship,
}

impl From<PayloadInquiry> for EventInquiry {
    fn from(inquiry: PayloadInquiry) -> Self {
        let PayloadInquiry {
            id,
            attributes,
            relationships,
        } = inquiry;
        Self {
            id,
            status: attributes.status,
            reference_id: attributes.reference_id,
            template: relationships
                .inquiry_template
                .id()
                .and_then(|id| TemplateId::parse(id).ok()),
            template_version_id: relationships.inquiry_template_version.id(),
            times: attributes.times,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEBAB: &str = r#"{"data": {"type": "event", "id": "evt_1", "attributes": {
        "name": "inquiry.approved", "created-at": "2026-01-05T10:07:01.000Z",
        "context": {"added": ["Alexander"]},
        "payload": {"data": {"type": "inquiry", "id": "inq_1", "attributes": {
            "status": "approved", "reference-id": "usr_1", "name-first": "Alexander",
            "note": "Alexander called", "tags": ["Alexander"], "behaviors": {"x": "Alexander"},
            "fields": {"name_first": {"type": "string", "value": "Alexander"}},
            "completed-at": "2026-01-05T10:07:00.000Z", "redacted-at": null},
            "relationships": {
                "inquiry-template": {"data": {"type": "inquiry-template", "id": "itmpl_1"}},
                "inquiry-template-version": {"data": {"id": "itmplv_1", "meta": "Alexander"}},
                "account": {}, "reviewer": {"data": {}}, "sessions": {"data": []}}},
        "included": [{"type": "account", "id": "act_1", "attributes": {
            "name-first": "Alexander", "fields": {"name": {"value": "Alexander"}},
            "created-at": "2026-01-05T10:00:00.000Z"}}]}}}}"#;

    fn camel() -> String {
        KEBAB
            .replace("created-at", "createdAt")
            .replace("reference-id", "referenceId")
            .replace("completed-at", "completedAt")
            .replace("redacted-at", "redactedAt")
            .replace("inquiry-template-version\":", "inquiryTemplateVersion\":")
            .replace("inquiry-template\":", "inquiryTemplate\":")
    }

    fn snake() -> String {
        KEBAB
            .replace("created-at", "created_at")
            .replace("reference-id", "reference_id")
            .replace("completed-at", "completed_at")
            .replace("redacted-at", "redacted_at")
            .replace("inquiry-template-version\":", "inquiry_template_version\":")
            .replace("inquiry-template\":", "inquiry_template\":")
    }

    #[test]
    fn every_casing_of_keys_is_the_same_event() {
        let event = WebhookEvent::decode(KEBAB.as_bytes()).unwrap();
        assert_eq!(event.name, "inquiry.approved");
        let EventSubject::Inquiry(inquiry) = &event.subject else {
            panic!("{event:?}");
        };
        assert_eq!(inquiry.status, Some(InquiryStatus::Approved));
        assert_eq!(inquiry.reference_id.as_deref(), Some("usr_1"));
        assert_eq!(inquiry.template.as_ref().unwrap().as_str(), "itmpl_1");
        assert_eq!(inquiry.template_version_id.as_deref(), Some("itmplv_1"));
        assert!(inquiry.times.completed_at.is_some());
        for other in [camel(), snake()] {
            assert_eq!(WebhookEvent::decode(other.as_bytes()), Ok(event.clone()));
        }
    }

    #[test]
    fn what_is_kept_names_nobody_and_reads_the_same() {
        for body in [KEBAB.to_owned(), camel(), snake()] {
            let (event, kept) = WebhookEvent::decode_and_redact(body.as_bytes()).unwrap();
            let text = String::from_utf8(kept.clone()).unwrap();
            assert!(!text.contains("Alexander"), "{text}");
            assert!(!text.contains("fields"), "{text}");
            assert!(text.contains("act_1"), "{text}");
            assert_eq!(WebhookEvent::decode(&kept), Ok(event));
        }
    }

    #[test]
    fn what_is_no_event_is_unreadable_and_what_is_about_something_else_is_not() {
        for (body, error) in [
            ("", EventDecodeError::NotJson),
            ("{", EventDecodeError::NotJson),
            ("\"text\"", EventDecodeError::NotAnEvent),
            ("{\"data\": null}", EventDecodeError::NotAnEvent),
            (
                r#"{"data": {"id": "evt_1", "attributes": {"name": "x"}}}"#,
                EventDecodeError::NotAnEvent,
            ),
            (
                r#"{"data": {"id": "evt_1", "attributes":
                {"name": "x\u0000", "created-at": "2026-01-05T10:07:01Z"}}}"#,
                EventDecodeError::NotAnEvent,
            ),
            (
                r#"{"data": {"id": "a b", "attributes":
                {"name": "x", "created-at": "2026-01-05T10:07:01Z"}}}"#,
                EventDecodeError::NotAnEvent,
            ),
        ] {
            assert_eq!(WebhookEvent::decode(body.as_bytes()), Err(error), "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(
            WebhookEvent::decode(deep.as_bytes()),
            Err(EventDecodeError::NotJson)
        );
        for (name, data, about) in [
            ("case.created", r#"{"type": "case"}"#, EventSubject::Other),
            ("inquiry.new", r#"{"type": "moon"}"#, EventSubject::Other),
            (
                "inquiry.approved",
                r#"{"type": "inquiry"}"#,
                EventSubject::Unreadable,
            ),
            ("inquiry.approved", "null", EventSubject::Unreadable),
            ("tomorrow", "null", EventSubject::Other),
        ] {
            let body = format!(
                r#"{{"data": {{"id": "evt_1", "attributes": {{"name": "{name}",
                "created-at": "2026-01-05T10:07:01Z", "payload": {{"data": {data}}}}}}}}}"#
            );
            assert_eq!(
                WebhookEvent::decode(body.as_bytes()).unwrap().subject,
                about,
                "{body}"
            );
        }
    }
}
