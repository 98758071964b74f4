//! The domain: rules for inquiries, their synchronisation, accounts and operators.
//!
//! All decisions are made here. The client of Persona's API and the store are passed in; the domain
//! depends on neither axum nor Leptos nor HTTP status codes.

pub mod accounts;
mod activity;
mod error;
mod funnel;
pub mod get_or_create;
pub mod operators;
mod ownership;
mod results;
mod submission_hint;
pub mod sync;

pub use accounts::{
    AccountError, Accounts, Birthdate, BirthdateProblem, Email, EmailProblem,
    LOGIN_FAILURE_RETENTION, NameProblem, PASSWORD_LENGTHS, Password, PasswordProblem, Passwords,
    PersonName, PersonNames, SignInError, SignInOrigin, SignUpError, SignUpFields, SignUpProblems,
    User,
};
pub use activity::{ACTIVITY_RETENTION, FOREIGN_RESPONSE};
pub use error::{Error, PolicyDenial};
pub use funnel::{record_opening, record_view};
pub use get_or_create::{
    ClickContext, CorrectionError, InquiryPolicy, NextStep, ProfileFields, ProfileProblems,
    correct_profile, find_correction_refusal, get_or_create, hosted_flow_link, next_step,
};
pub use operators::{
    DayStatistics, DecisionTimes, EventBody, EventDetails, Finding, Operator, Overview,
    SearchResult, Statistics, Timeline, TimelineEntry, TimelineItem, find_event, find_timeline,
    operator_overview, statistics,
};
pub use ownership::{ForeignResponse, Mismatch};
pub use results::{
    HistoryEntry, HistoryItem, HistorySource, InquiryResult, InquirySummary, find_result,
    list_inquiry_summaries,
};
pub use sync::{
    Inbox, Receipt, ReceiveError, Reconciler, Round, SyncOutcome, record_submission,
    sync_after_hosted_flow, sync_inquiry, sync_inquiry_for_operator, sync_submitted_inquiry,
};
