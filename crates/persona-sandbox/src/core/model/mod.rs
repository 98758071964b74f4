//! The records of the sandbox: Persona's resources as plain data.
//!
//! These types are the records of the state file, so a field may be added (with a default) but not
//! renamed. They know nothing of HTTP: `wire` renders them, and `domain` changes them.

mod account;
mod api_key;
mod case;
mod check;
mod delivery;
mod document;
mod event;
mod field;
mod flow;
mod inquiry;
mod language;
mod report;
mod session;
mod template;
mod webhook;
mod workflow_run;

pub(crate) use account::{
    ACCOUNT_FIELDS, ACCOUNT_TYPE_ID, Account, DEFAULT_ACCOUNT_STATUS, IDENTIFICATION_KEYS,
    IDENTIFICATION_NUMBERS, Relation,
};
pub(crate) use api_key::ApiKey;
pub(crate) use case::{Attachment, CASE_STATUSES, CASE_TEMPLATE_ID, Case};
pub(crate) use check::{Check, FAILURES, find_check};
pub(crate) use delivery::{AttemptResult, Delivery, DeliveryStatus, RECEIVER_TIMEOUT};
pub(crate) use document::{DocumentData, day};
pub(crate) use event::{Event, EventName, Subject};
pub(crate) use field::{FieldSchema, FieldType, fold_key};
pub(crate) use flow::{FlowStep, ObjectCollection, SubmissionStep, SubmittedObject};
pub(crate) use inquiry::{
    Decision, Expiry, Inquiry, Reviewer, Status, Verification, VerificationKind,
};
pub(crate) use language::Language;
pub(crate) use report::{Report, ReportAction, ReportActionKind, ReportKind, ReportSettings};
pub(crate) use session::{HandoffMethod, OneTimeLink, Session, SessionStatus};
pub(crate) use template::{BUILT_IN_TEMPLATES, Template, TemplateStatus};
pub(crate) use webhook::{
    ALL_EVENTS, DEFAULT_EVENTS, FILE_LINK_SECONDS, Webhook, WebhookSecret, WebhookStatus,
    event_type, is_event_name, is_event_type,
};
pub(crate) use workflow_run::{Workflow, WorkflowRun};

/// A record with an identifier of its own.
pub(crate) trait Entity {
    /// The Persona identifier, unique within its kind.
    fn id(&self) -> &str;

    /// The ID of the object that the record belongs to, for lookups.
    fn group(&self) -> Option<&str>;
}
