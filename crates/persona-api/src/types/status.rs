//! The status of an inquiry, by Persona's names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of an inquiry (docs.withpersona.com/docs/model-lifecycle).
///
/// The set is open: Persona may add a value at any time (docs.withpersona.com/docs/versioning).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum InquiryStatus {
    /// Created, not started. Opening the flow does not change this status.
    Created,
    /// Started: a document was submitted or a verification began. The inquiry opens with a session
    /// token only.
    Pending,
    /// The person completed the flow. This is not an approval.
    Completed,
    /// The person exhausted the permitted attempts.
    Failed,
    /// The inquiry expired. It can be resumed.
    Expired,
    /// The inquiry waits for manual review.
    NeedsReview,
    /// The inquiry was approved.
    Approved,
    /// The inquiry was declined.
    Declined,
    /// A status that this version does not know.
    Unknown(String),
}

impl InquiryStatus {
    /// The status as the API encodes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Created => "created",
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::NeedsReview => "needs_review",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Unknown(text) => text,
        }
    }
}

impl InquiryStatus {
    /// Whether the status changes only by manual action.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Expired | Self::Approved | Self::Declined
        )
    }

    /// Whether the status is an approval or a decline.
    #[must_use]
    pub fn is_decision(&self) -> bool {
        matches!(self, Self::Approved | Self::Declined)
    }

    /// Whether the person has not completed the flow yet.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        matches!(self, Self::Created | Self::Pending)
    }
}

impl fmt::Display for InquiryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for InquiryStatus {
    fn from(text: String) -> Self {
        match text.as_str() {
            "created" => Self::Created,
            "pending" => Self::Pending,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            "expired" => Self::Expired,
            "needs_review" => Self::NeedsReview,
            "approved" => Self::Approved,
            "declined" => Self::Declined,
            _ => Self::Unknown(text),
        }
    }
}

impl From<InquiryStatus> for String {
    fn from(status: InquiryStatus) -> Self {
        status.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_survives_the_round_trip_and_a_new_one_is_kept() {
        for text in [
            "created",
            "pending",
            "completed",
            "failed",
            "expired",
            "needs_review",
            "approved",
            "declined",
        ] {
            let status = InquiryStatus::from(text.to_owned());
            assert!(!matches!(status, InquiryStatus::Unknown(_)), "{text}");
            assert_eq!(status.as_str(), text);
        }
        assert_eq!(
            InquiryStatus::from("paused".to_owned()),
            InquiryStatus::Unknown("paused".to_owned())
        );
    }
}
