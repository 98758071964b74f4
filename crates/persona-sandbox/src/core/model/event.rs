//! Events, each with a snapshot of its object.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use strum::VariantArray as _;

use super::{Account, Case, Entity, Inquiry, Report, Session};
use crate::core::clock::Moment;

/// The events that the sandbox emits (docs: `events`).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
pub(crate) enum EventName {
    /// An account was created.
    #[strum(serialize = "account.created")]
    AccountCreated,
    /// The account was consolidated into another one.
    #[strum(serialize = "account.consolidated")]
    AccountConsolidated,
    /// Other accounts were consolidated into the account.
    #[strum(serialize = "account.consolidated-with")]
    AccountConsolidatedWith,
    /// A tag was added to an account.
    #[strum(serialize = "account.tag-added")]
    AccountTagAdded,
    /// A tag was removed from an account.
    #[strum(serialize = "account.tag-removed")]
    AccountTagRemoved,
    /// The tags of an account were changed.
    #[strum(serialize = "account.updated-tags")]
    AccountUpdatedTags,
    /// An account was related to another one.
    #[strum(serialize = "account.added-relation")]
    AccountAddedRelation,
    /// A relation of an account was removed.
    #[strum(serialize = "account.removed-relation")]
    AccountRemovedRelation,
    /// The status of an account was changed.
    #[strum(serialize = "account.status-updated")]
    AccountStatusUpdated,
    /// Fields of an account were changed.
    #[strum(serialize = "account.updated-fields")]
    AccountUpdatedFields,
    /// The personal data of an account and its inquiries was deleted.
    #[strum(serialize = "account.redacted")]
    AccountRedacted,
    /// A case was created.
    #[strum(serialize = "case.created")]
    CaseCreated,
    /// A case was assigned to a user.
    #[strum(serialize = "case.assigned")]
    CaseAssigned,
    /// The status of a case was changed.
    #[strum(serialize = "case.status-updated")]
    CaseStatusUpdated,
    /// A case was resolved.
    #[strum(serialize = "case.resolved")]
    CaseResolved,
    /// A resolved case was opened again.
    #[strum(serialize = "case.reopened")]
    CaseReopened,
    /// Fields or files of a case were changed.
    #[strum(serialize = "case.updated-fields")]
    CaseUpdatedFields,
    /// The tags of a case were changed.
    #[strum(serialize = "case.updated-tags")]
    CaseUpdatedTags,
    /// Fields and files of a case were deleted.
    #[strum(serialize = "case.redacted")]
    CaseRedacted,
    /// An inquiry was created.
    #[strum(serialize = "inquiry.created")]
    Created,
    /// The person submitted the first document: the inquiry is pending.
    #[strum(serialize = "inquiry.started")]
    Started,
    /// The flow moved to another step.
    #[strum(serialize = "inquiry.transitioned")]
    Transitioned,
    /// The person reached the success screen.
    #[strum(serialize = "inquiry.completed")]
    Completed,
    /// The person reached the failure screen.
    #[strum(serialize = "inquiry.failed")]
    Failed,
    /// The inquiry expired.
    #[strum(serialize = "inquiry.expired")]
    Expired,
    /// The inquiry needs a review by a person.
    #[strum(serialize = "inquiry.marked-for-review")]
    MarkedForReview,
    /// The inquiry was approved.
    #[strum(serialize = "inquiry.approved")]
    Approved,
    /// The inquiry was declined.
    #[strum(serialize = "inquiry.declined")]
    Declined,
    /// Personal data was deleted.
    #[strum(serialize = "inquiry.redacted")]
    Redacted,
    /// Tags were changed.
    #[strum(serialize = "inquiry.updated-tags")]
    UpdatedTags,
    /// The capture of a document began.
    #[strum(serialize = "document.created")]
    DocumentCreated,
    /// The person submitted a document.
    #[strum(serialize = "document.submitted")]
    DocumentSubmitted,
    /// A document was read.
    #[strum(serialize = "document.processed")]
    DocumentProcessed,
    /// A report of this kind is ready.
    #[strum(serialize = "report/address-lookup.ready")]
    AddressLookupReady,
    /// A report of this kind is ready.
    #[strum(serialize = "report/adverse-media.ready")]
    AdverseMediaReady,
    /// It has a match.
    #[strum(serialize = "report/adverse-media.matched")]
    AdverseMediaMatched,
    /// Its match was dismissed.
    #[strum(serialize = "report/adverse-media.dismissed")]
    AdverseMediaDismissed,
    /// A report of this kind is ready.
    #[strum(serialize = "report/business-adverse-media.ready")]
    BusinessAdverseMediaReady,
    /// It has a match.
    #[strum(serialize = "report/business-adverse-media.matched")]
    BusinessAdverseMediaMatched,
    /// Its match was dismissed.
    #[strum(serialize = "report/business-adverse-media.dismissed")]
    BusinessAdverseMediaDismissed,
    /// A report of this kind is ready.
    #[strum(serialize = "report/business-lookup.ready")]
    BusinessLookupReady,
    /// A report of this kind is ready.
    #[strum(serialize = "report/business-watchlist.ready")]
    BusinessWatchlistReady,
    /// It has a match.
    #[strum(serialize = "report/business-watchlist.matched")]
    BusinessWatchlistMatched,
    /// Its match was dismissed.
    #[strum(serialize = "report/business-watchlist.dismissed")]
    BusinessWatchlistDismissed,
    /// A report of this kind is ready.
    #[strum(serialize = "report/crypto-address-watchlist.ready")]
    CryptoAddressWatchlistReady,
    /// It has a match.
    #[strum(serialize = "report/crypto-address-watchlist.matched")]
    CryptoAddressWatchlistMatched,
    /// A report of this kind is ready.
    #[strum(serialize = "report/email-address.ready")]
    EmailAddressReady,
    /// A report of this kind is ready.
    #[strum(serialize = "report/phone-number.ready")]
    PhoneNumberReady,
    /// A report of this kind is ready.
    #[strum(serialize = "report/politically-exposed-person.ready")]
    PoliticallyExposedPersonReady,
    /// It has a match.
    #[strum(serialize = "report/politically-exposed-person.matched")]
    PoliticallyExposedPersonMatched,
    /// Its match was dismissed.
    #[strum(serialize = "report/politically-exposed-person.dismissed")]
    PoliticallyExposedPersonDismissed,
    /// A report of this kind is ready.
    #[strum(serialize = "report/profile.ready")]
    ProfileReady,
    /// A report of this kind is ready.
    #[strum(serialize = "report/profile-non-authoritative.ready")]
    ProfileNonAuthoritativeReady,
    /// A report of this kind is ready.
    #[strum(serialize = "report/social-media.ready")]
    SocialMediaReady,
    /// A report of this kind is ready.
    #[strum(serialize = "report/synthetic.ready")]
    SyntheticReady,
    /// A report of this kind is ready.
    #[strum(serialize = "report/watchlist.ready")]
    WatchlistReady,
    /// It has a match.
    #[strum(serialize = "report/watchlist.matched")]
    WatchlistMatched,
    /// Its match was dismissed.
    #[strum(serialize = "report/watchlist.dismissed")]
    WatchlistDismissed,
    /// The capture of a selfie began.
    #[strum(serialize = "selfie.created")]
    SelfieCreated,
    /// The person submitted a selfie.
    #[strum(serialize = "selfie.submitted")]
    SelfieSubmitted,
    /// A selfie was read.
    #[strum(serialize = "selfie.processed")]
    SelfieProcessed,
    /// A check began.
    #[strum(serialize = "verification.created")]
    VerificationCreated,
    /// The person submitted the object of the check.
    #[strum(serialize = "verification.submitted")]
    VerificationSubmitted,
    /// The check passed.
    #[strum(serialize = "verification.passed")]
    VerificationPassed,
    /// The check failed.
    #[strum(serialize = "verification.failed")]
    VerificationFailed,
    /// A browser used the session for the first time.
    #[strum(serialize = "inquiry-session.started")]
    SessionStarted,
    /// The session expired.
    #[strum(serialize = "inquiry-session.expired")]
    SessionExpired,
    /// The person closed the flow.
    #[strum(serialize = "inquiry-session.canceled")]
    SessionCanceled,
}

impl EventName {
    /// Every name.
    pub(crate) const ALL: &'static [Self] = Self::VARIANTS;

    /// The name as webhooks and the API spell it.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Stored as it is sent.
impl Serialize for EventName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| de::Error::custom("not the name of an event"))
    }
}

/// The object that an event is about, as it was when the event happened.
///
/// Stored as data and not as rendered JSON, because each webhook and each reader may use another
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
    /// One of the documents and selfies that were submitted to this inquiry.
    Submitted {
        inquiry: Arc<Inquiry>,
        id: String,
    },
    Account(Arc<Account>),
    Case(Arc<Case>),
    Report(Arc<Report>),
}

impl From<&Arc<Report>> for Subject {
    fn from(report: &Arc<Report>) -> Self {
        Self::Report(Arc::clone(report))
    }
}

impl From<&Arc<Case>> for Subject {
    fn from(case: &Arc<Case>) -> Self {
        Self::Case(Arc::clone(case))
    }
}

impl From<&Arc<Inquiry>> for Subject {
    fn from(inquiry: &Arc<Inquiry>) -> Self {
        Self::Inquiry(Arc::clone(inquiry))
    }
}

impl From<&Arc<Session>> for Subject {
    fn from(session: &Arc<Session>) -> Self {
        Self::Session(Arc::clone(session))
    }
}

impl From<&Arc<Account>> for Subject {
    fn from(account: &Arc<Account>) -> Self {
        Self::Account(Arc::clone(account))
    }
}

impl Subject {
    /// The ID of the object itself.
    pub(crate) fn object_id(&self) -> &str {
        match self {
            Self::Inquiry(inquiry) => &inquiry.id,
            Self::Session(session) => &session.id,
            Self::Verification { id, .. } | Self::Submitted { id, .. } => id,
            Self::Account(account) => &account.id,
            Self::Case(case) => &case.id,
            Self::Report(report) => &report.id,
        }
    }

    /// The ID of the inquiry that the object is or belongs to.
    pub(crate) fn inquiry_id(&self) -> Option<&str> {
        match self {
            Self::Inquiry(inquiry)
            | Self::Verification { inquiry, .. }
            | Self::Submitted { inquiry, .. } => Some(&inquiry.id),
            Self::Session(session) => Some(&session.inquiry_id),
            Self::Report(report) => report.inquiry_id.as_deref(),
            Self::Account(_) | Self::Case(_) => None,
        }
    }

    /// The ID by which events are ordered: that of the inquiry, or else of the object.
    pub(crate) fn group_id(&self) -> &str {
        self.inquiry_id().unwrap_or(self.object_id())
    }
}

/// An event.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Event {
    /// `evt_…`
    pub(crate) id: String,
    pub(crate) name: EventName,
    pub(crate) created_at: Moment,
    pub(crate) subject: Subject,
    /// Details of the cause, such as the added tags.
    pub(crate) context: Option<serde_json::Value>,
}

impl Entity for Event {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        Some(self.subject.group_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_stored_as_it_is_sent() {
        for &name in EventName::ALL {
            let stored = serde_json::json!(name);
            assert_eq!(stored, name.as_str());
            assert_eq!(serde_json::from_value::<EventName>(stored).unwrap(), name);
        }
        assert!(serde_json::from_str::<EventName>(r#""inquiry.aproved""#).is_err());
    }
}
