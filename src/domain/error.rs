//! Errors of the domain.

use std::time::Duration;

use super::ownership::ForeignResponse;
use crate::{model::InquiryId, store};
use persona_api::ErrorKind;

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy denies another inquiry.
    #[error("the policy denies another inquiry")]
    Denied(PolicyDenial),
    /// Another click of the same user holds the lease for longer than this one can wait.
    #[error("another click of this user is under way")]
    Busy,
    /// A call to Persona failed.
    #[error(transparent)]
    Persona(#[from] persona_api::Error),
    /// Persona's response concerns another person's inquiry and was discarded.
    #[error(transparent)]
    Foreign(#[from] ForeignResponse),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A request body could not be encoded.
    #[error("could not encode the body of the request")]
    Encoding(#[from] serde_json::Error),
    /// The work was aborted before it returned.
    #[error("the work was aborted before it returned")]
    Interrupted,
}

/// Why the policy denies another inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyDenial {
    /// The person completed an inquiry that is not decided yet.
    Waiting(InquiryId),
    /// An inquiry was approved.
    Approved(InquiryId),
    /// An inquiry was declined.
    Declined(InquiryId),
    /// Too many inquiries failed.
    TooManyAttempts(InquiryId),
}

impl PolicyDenial {
    /// The inquiry that causes the denial.
    #[must_use]
    pub fn inquiry_id(&self) -> &InquiryId {
        match self {
            Self::Waiting(id)
            | Self::Approved(id)
            | Self::Declined(id)
            | Self::TooManyAttempts(id) => id,
        }
    }
}

impl Error {
    /// When a retry may succeed, if Persona's response contains it.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Persona(error) => match error.kind {
                ErrorKind::RateLimited { reset_after } => reset_after,
                _ => None,
            },
            _ => None,
        }
    }
}
