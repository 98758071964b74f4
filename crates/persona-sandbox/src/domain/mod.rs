//! The domain: every operation that changes an inquiry, an account or a webhook.
//!
//! Each operation takes the time from its caller, checks that the change is allowed, changes
//! records and emits the events, all in the transaction of its caller. Nothing here knows HTTP. The
//! API, the widget, the schedule and the scenarios all call these operations, so they cannot
//! disagree.

mod account;
mod account_fields;
mod api_key;
mod case;
mod create;
mod delivery;
mod entry;
mod fields;
mod finish;
mod flow;
mod handoff;
mod report;
mod review;
mod schedule;
mod session;
mod settings;
mod setup;
mod simulate;
mod tags;
#[cfg(test)]
mod tests;
mod verification;
mod webhook;

pub(crate) use account::AccountUpdate;
pub(crate) use api_key::ApiKeyUpdate;
pub(crate) use case::{CaseUpdate, NewCase};
pub(crate) use create::{AccountChoice, ExpiryOverrides, NewInquiry};
pub(crate) use entry::{ClientSideInquiry, EntryPoint};
pub(crate) use finish::{FinishError, FinishOutcome, FinishRequest};
pub(crate) use flow::Outcome;
pub(crate) use report::{NewReport, ReportSubject};
pub(crate) use review::InquiryUpdate;
pub(crate) use settings::FlowSettings;
pub(crate) use simulate::SimulatedAction;
pub(crate) use webhook::{WebhookError, WebhookUpdate};

use std::sync::Arc;

use crate::core::model::{
    Account, ApiKey, CASE_STATUSES, Case, Entity, Event, Inquiry, Report, Session, Status, Template,
};
use crate::store::{State, Table, UnknownInquiry, WriteError};

/// Why an operation was refused. The API turns each into one of Persona's error bodies.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DomainError {
    /// There is no such object. `what` names its kind, or its parameter in the request.
    #[error("{what} is not found")]
    NotFound { what: &'static str },
    /// The inquiry is redacted and cannot change any more.
    #[error("Inquiry already redacted")]
    AlreadyRedacted,
    /// Another account has the reference ID.
    #[error("Account with this reference ID already exists")]
    ReferenceTaken,
    /// The account was consolidated into another one.
    #[error("Account was consolidated into another one and cannot be used any more")]
    Consolidated,
    /// The account is among the accounts that are to be consolidated into it.
    #[error("meta.source_account_ids must not have the destination account")]
    Consolidation,
    /// The case is redacted and cannot change any more.
    #[error("Case already redacted")]
    CaseRedacted,
    /// The case template has no such status.
    #[error("meta.status must be one of {}", CASE_STATUSES.map(|(name, _)| name).join(", "))]
    CaseStatus,
    /// The report is redacted and cannot change any more.
    #[error("Report already redacted")]
    ReportRedacted,
    /// The report's monitoring does not allow it.
    #[error("{0}")]
    Monitoring(&'static str),
    /// The report has no such match.
    #[error("{0}")]
    Match(&'static str),
    /// An investigation keeps the verification from being redacted.
    #[error("Verification is locked by an investigation: unlock it before it is redacted")]
    Locked,
    /// The inquiry's status does not allow it.
    #[error("Inquiry cannot be {verb} while its status is {}", status.as_str())]
    WrongStatus { verb: &'static str, status: Status },
    /// The inquiry has reached its limit of sessions.
    #[error("Inquiry has reached its limit of {limit} inquiry sessions")]
    SessionLimit { limit: usize },
    /// The session is expired.
    #[error("Inquiry session is expired")]
    SessionExpired,
    /// The template cannot be used.
    #[error("Inquiry template is not active")]
    InactiveTemplate,
    /// The value does not fit the type of the field, or the template has no such field.
    #[error("{key} {reason}")]
    Field { key: String, reason: &'static str },
    /// The state could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What is wrong with what a person entered for a field.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum EnteredProblem {
    /// Nothing was entered.
    #[error("is missing")]
    Missing,
    /// It is not of the field's type.
    #[error("{0}")]
    Invalid(&'static str),
}

/// Why the flow does not open or continue. The widget turns each into a screen or an SDK error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlowError {
    /// There is no such inquiry, template or link.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A pending inquiry without a valid token: SDK error `unauthenticated`.
    #[error("the session is missing or over")]
    Unauthenticated,
    /// The inquiry expired. The integrator has to resume it.
    #[error("the inquiry is expired")]
    Expired,
    /// The person has finished the flow, or a decision was made.
    #[error("the inquiry is {}", .0.as_str())]
    AlreadyFinished(Status),
    /// The template cannot be used: SDK error `inactive_template`.
    #[error("the template is not active")]
    InactiveTemplate,
    /// "Block client-side Inquiry creation" is on.
    #[error("this template does not let a browser create inquiries")]
    ClientSideCreationBlocked,
    /// A wrong parameter: SDK error `invalid_config`.
    #[error("{0}")]
    InvalidConfig(String),
    /// The person entered something that the field does not take.
    #[error("{label} {reason}")]
    Entered {
        label: String,
        reason: EnteredProblem,
    },
    /// The one-time link was used before, and its grace period has ended.
    #[error("the link was used")]
    LinkUsed,
    /// The one-time link, or its session, is expired.
    #[error("the link is expired")]
    LinkExpired,
    /// The inquiry has reached its limit of sessions.
    #[error("the inquiry has no sessions left")]
    SessionLimit,
    /// The state could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<UnknownInquiry> for DomainError {
    fn from(_: UnknownInquiry) -> Self {
        Self::NotFound { what: "inquiry" }
    }
}

impl From<UnknownInquiry> for FlowError {
    fn from(_: UnknownInquiry) -> Self {
        Self::NotFound("inquiry")
    }
}

impl From<DomainError> for FlowError {
    fn from(error: DomainError) -> Self {
        match error {
            DomainError::NotFound { .. } => Self::NotFound("inquiry"),
            DomainError::WrongStatus {
                status: Status::Expired,
                ..
            } => Self::Expired,
            DomainError::WrongStatus { status, .. } => Self::AlreadyFinished(status),
            DomainError::SessionLimit { .. } => Self::SessionLimit,
            DomainError::InactiveTemplate => Self::InactiveTemplate,
            DomainError::SessionExpired | DomainError::AlreadyRedacted | DomainError::Locked => {
                Self::Unauthenticated
            }
            DomainError::Field { .. }
            | DomainError::ReferenceTaken
            | DomainError::Consolidated
            | DomainError::Consolidation
            | DomainError::CaseStatus
            | DomainError::CaseRedacted
            | DomainError::ReportRedacted
            | DomainError::Monitoring(_)
            | DomainError::Match(_) => Self::InvalidConfig(error.to_string()),
            DomainError::Write(error) => Self::Write(error),
        }
    }
}

/// The row with this ID, or the error that there is no such `what`.
fn load<T: Entity>(table: &Table<T>, id: &str, what: &'static str) -> Result<Arc<T>, DomainError> {
    let row = table.find(id).cloned();
    row.ok_or(DomainError::NotFound { what })
}

impl State {
    /// The inquiry with this ID.
    pub(crate) fn inquiry(&self, id: &str) -> Result<Arc<Inquiry>, DomainError> {
        load(&self.inquiries, id, "inquiry")
    }

    /// The account with this ID.
    pub(crate) fn account(&self, id: &str) -> Result<Arc<Account>, DomainError> {
        load(&self.accounts, id, "account")
    }

    /// The case with this ID.
    pub(crate) fn case(&self, id: &str) -> Result<Arc<Case>, DomainError> {
        load(&self.cases, id, "case")
    }

    /// The report with this ID.
    pub(crate) fn report(&self, id: &str) -> Result<Arc<Report>, DomainError> {
        load(&self.reports, id, "report")
    }

    /// The API key with this ID.
    pub(crate) fn api_key(&self, id: &str) -> Result<Arc<ApiKey>, DomainError> {
        load(&self.api_keys, id, "API key")
    }

    /// The inquiry session with this ID.
    pub(crate) fn session(&self, id: &str) -> Result<Arc<Session>, DomainError> {
        load(&self.sessions, id, "inquiry session")
    }

    /// The inquiry template with this ID.
    pub(crate) fn template(&self, id: &str) -> Result<Arc<Template>, DomainError> {
        load(&self.templates, id, "template")
    }

    /// The event with this ID.
    pub(crate) fn event(&self, id: &str) -> Result<Arc<Event>, DomainError> {
        load(&self.events, id, "event")
    }
}
