//! Events: everything that happened, with the object as it was then.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Entity, Inquiry, Session};
use crate::core::clock::Moment;

/// The events that the sandbox emits (docs: `events`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EventName {
    /// An inquiry was made.
    #[serde(rename = "inquiry.created")]
    Created,
    /// The person submitted the first document: the inquiry is pending.
    #[serde(rename = "inquiry.started")]
    Started,
    /// The flow moved to another step.
    #[serde(rename = "inquiry.transitioned")]
    Transitioned,
    /// The person reached the success screen.
    #[serde(rename = "inquiry.completed")]
    Completed,
    /// The person reached the failure screen.
    #[serde(rename = "inquiry.failed")]
    Failed,
    /// The inquiry's time ran out.
    #[serde(rename = "inquiry.expired")]
    Expired,
    /// Someone or something wants a person to look at it.
    #[serde(rename = "inquiry.marked-for-review")]
    MarkedForReview,
    /// The decision is yes.
    #[serde(rename = "inquiry.approved")]
    Approved,
    /// The decision is no.
    #[serde(rename = "inquiry.declined")]
    Declined,
    /// Personal data was deleted.
    #[serde(rename = "inquiry.redacted")]
    Redacted,
    /// Tags were changed.
    #[serde(rename = "inquiry.updated-tags")]
    UpdatedTags,
    /// A check was begun.
    #[serde(rename = "verification.created")]
    VerificationCreated,
    /// The person submitted what the check looks at.
    #[serde(rename = "verification.submitted")]
    VerificationSubmitted,
    /// The check passed.
    #[serde(rename = "verification.passed")]
    VerificationPassed,
    /// The check failed.
    #[serde(rename = "verification.failed")]
    VerificationFailed,
    /// A browser used the session for the first time.
    #[serde(rename = "inquiry-session.started")]
    SessionStarted,
    /// The session is over.
    #[serde(rename = "inquiry-session.expired")]
    SessionExpired,
    /// The person closed the flow.
    #[serde(rename = "inquiry-session.canceled")]
    SessionCanceled,
}

impl EventName {
    /// Every name.
    pub(crate) const ALL: [Self; 18] = [
        Self::Created,
        Self::Started,
        Self::Transitioned,
        Self::Completed,
        Self::Failed,
        Self::Expired,
        Self::MarkedForReview,
        Self::Approved,
        Self::Declined,
        Self::Redacted,
        Self::UpdatedTags,
        Self::VerificationCreated,
        Self::VerificationSubmitted,
        Self::VerificationPassed,
        Self::VerificationFailed,
        Self::SessionStarted,
        Self::SessionExpired,
        Self::SessionCanceled,
    ];

    /// The name as webhooks and the API spell it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "inquiry.created",
            Self::Started => "inquiry.started",
            Self::Transitioned => "inquiry.transitioned",
            Self::Completed => "inquiry.completed",
            Self::Failed => "inquiry.failed",
            Self::Expired => "inquiry.expired",
            Self::MarkedForReview => "inquiry.marked-for-review",
            Self::Approved => "inquiry.approved",
            Self::Declined => "inquiry.declined",
            Self::Redacted => "inquiry.redacted",
            Self::UpdatedTags => "inquiry.updated-tags",
            Self::VerificationCreated => "verification.created",
            Self::VerificationSubmitted => "verification.submitted",
            Self::VerificationPassed => "verification.passed",
            Self::VerificationFailed => "verification.failed",
            Self::SessionStarted => "inquiry-session.started",
            Self::SessionExpired => "inquiry-session.expired",
            Self::SessionCanceled => "inquiry-session.canceled",
        }
    }
}

/// The object that an event is about, as it was when the event happened.
///
/// Kept as data and not as rendered JSON, since each webhook and each reader may ask for another
/// API version and key inflection.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Subject {
    Inquiry(Arc<Inquiry>),
    Session(Arc<Session>),
    /// One of the verifications of this inquiry.
    Verification {
        inquiry: Arc<Inquiry>,
        id: String,
    },
}

impl Subject {
    /// The ID of the object itself.
    pub(crate) fn object_id(&self) -> &str {
        match self {
            Self::Inquiry(inquiry) => &inquiry.id,
            Self::Session(session) => &session.id,
            Self::Verification { id, .. } => id,
        }
    }

    /// The ID of the inquiry that it is or belongs to.
    pub(crate) fn inquiry_id(&self) -> &str {
        match self {
            Self::Inquiry(inquiry) => &inquiry.id,
            Self::Session(session) => &session.inquiry_id,
            Self::Verification { inquiry, .. } => &inquiry.id,
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Event {
    /// `evt_…`
    pub(crate) id: String,
    pub(crate) name: EventName,
    pub(crate) created_at: Moment,
    pub(crate) subject: Subject,
    /// More about the cause, such as which tags were added.
    pub(crate) context: Option<serde_json::Value>,
}

impl Entity for Event {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        Some(self.subject.inquiry_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_stored_as_it_is_sent() {
        for name in EventName::ALL {
            assert_eq!(serde_json::json!(name), name.as_str());
        }
    }
}
