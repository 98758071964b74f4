//! Why a click did not lead to an inquiry.

use std::time::Duration;

use super::ownership::ForeignResponse;
use crate::{model::InquiryId, store};
use persona_api::ErrorKind;

/// What the rules can answer instead of an inquiry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules say no.
    #[error("the policy refuses another inquiry")]
    Denied(PolicyDenial),
    /// Another click of the same user is being worked on, for longer than this one can wait.
    #[error("another click of this user is under way")]
    Busy,
    /// Persona could not be asked, or did not answer as it should.
    #[error(transparent)]
    Persona(#[from] persona_api::Error),
    /// Persona's answer is about another person's inquiry. Nothing of it was used.
    #[error(transparent)]
    Foreign(#[from] ForeignResponse),
    /// Our own database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// What would be sent cannot be written as JSON, or read back.
    #[error("could not write the request")]
    Encoding(#[from] serde_json::Error),
    /// The click's work ended without an answer.
    #[error("the work was cut off")]
    Interrupted,
}

/// Why a click leads to no inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyDenial {
    /// The person has finished, and the decision is not there yet.
    Waiting(InquiryId),
    /// The person is verified.
    Approved(InquiryId),
    /// The decision was no.
    Declined(InquiryId),
    /// Too many failures.
    TooManyAttempts(InquiryId),
}

impl PolicyDenial {
    /// The inquiry because of which.
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
    /// When the same may succeed, if Persona has said so.
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
