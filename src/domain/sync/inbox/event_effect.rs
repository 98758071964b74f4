//! Decides what to do about a webhook event. Pure: it does not read the local copy.
//!
//! A new kind of event begins in `status_from_name`.

use crate::{
    domain::sync::status_update::{Source, StatusUpdate},
    model::{InquiryStatus, ReferenceId, TemplateId},
};
use persona_api::{EventSubject, WebhookEvent};

/// What to do about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EventEffect {
    /// It updates an inquiry's status.
    Update {
        /// The update.
        update: Box<StatusUpdate>,
        /// The template that the inquiry was created from, if the event contains it.
        template: Option<TemplateId>,
    },
    /// It is irrelevant.
    Ignore(&'static str),
    /// It is relevant and cannot be applied.
    Park(&'static str),
}

/// Decides what to do about an event.
pub(super) fn event_effect(event: WebhookEvent) -> EventEffect {
    let inquiry = match event.subject {
        EventSubject::Inquiry(inquiry) => *inquiry,
        EventSubject::Other => return EventEffect::Ignore("its subject is not an inquiry"),
        EventSubject::Unreadable => {
            return EventEffect::Park(
                "its inquiry cannot be decoded: a required member is missing",
            );
        }
    };
    let Some(named_status) = status_from_name(&event.name) else {
        return EventEffect::Ignore("this app does not use events of this name");
    };
    let Some(status) = inquiry.status.or(named_status) else {
        return EventEffect::Park(
            "neither its inquiry nor its name says which status the inquiry has",
        );
    };
    let owner = match inquiry.reference_id.map(ReferenceId::parse).transpose() {
        Ok(owner) => owner,
        Err(_) => return EventEffect::Ignore("its reference ID is not a user ID of this app"),
    };
    EventEffect::Update {
        update: Box::new(StatusUpdate {
            inquiry_id: inquiry.id,
            owner,
            status,
            at: Some(event.created_at),
            source: Source::Event(event.id),
            template_version_id: inquiry.template_version_id,
            times: inquiry.times,
        }),
        template: inquiry.template,
    }
}

/// The status that an event's name implies, for a webhook that excludes the status. `Some(None)`
/// for an event with any status, `None` for an unknown event (docs.withpersona.com/docs/events).
fn status_from_name(name: &str) -> Option<Option<InquiryStatus>> {
    Some(match name.strip_prefix("inquiry.")? {
        "created" => Some(InquiryStatus::Created),
        "started" => Some(InquiryStatus::Pending),
        "completed" => Some(InquiryStatus::Completed),
        "failed" => Some(InquiryStatus::Failed),
        "expired" => Some(InquiryStatus::Expired),
        "marked-for-review" => Some(InquiryStatus::NeedsReview),
        "approved" => Some(InquiryStatus::Approved),
        "declined" => Some(InquiryStatus::Declined),
        "transitioned" | "redacted" | "updated-tags" => None,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect_of(name: &str, attributes: &str) -> EventEffect {
        let body = format!(
            r#"{{"data": {{"id": "evt_1", "attributes": {{"name": "{name}",
            "created-at": "2026-01-05T10:07:01Z", "payload": {{"data": {{"type": "inquiry",
            "id": "inq_1", "attributes": {attributes}}}}}}}}}}}"#
        );
        event_effect(WebhookEvent::decode(body.as_bytes()).unwrap())
    }

    fn status(event_effect: &EventEffect) -> &str {
        match event_effect {
            EventEffect::Update { update, .. } => update.status.as_str(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_status_comes_from_the_payload_or_else_from_the_name() {
        for (name, attributes, expected) in [
            ("inquiry.approved", r#"{"status": "approved"}"#, "approved"),
            ("inquiry.approved", "{}", "approved"),
            ("inquiry.marked-for-review", "{}", "needs_review"),
            ("inquiry.started", "{}", "pending"),
            ("inquiry.transitioned", r#"{"status": "paused"}"#, "paused"),
            ("inquiry.redacted", r#"{"status": "declined"}"#, "declined"),
        ] {
            assert_eq!(status(&effect_of(name, attributes)), expected, "{name}");
        }
    }

    #[test]
    fn irrelevant_events_are_ignored_and_unusable_ones_parked() {
        let known = r#"{"status": "approved"}"#;
        for (name, attributes, is_parked) in [
            ("inquiry.tomorrow", known, false),
            ("inquiry-session.started", known, false),
            (
                "inquiry.approved",
                r#"{"reference-id": "customer 7"}"#,
                false,
            ),
            ("inquiry.redacted", "{}", true),
            ("inquiry.approved", r#"{"created-at": "yesterday"}"#, true),
        ] {
            match effect_of(name, attributes) {
                EventEffect::Ignore(_) => assert!(!is_parked, "{name} {attributes}"),
                EventEffect::Park(_) => assert!(is_parked, "{name} {attributes}"),
                EventEffect::Update { .. } => panic!("{name} {attributes}"),
            }
        }
    }
}
