//! The rules: start or resume a verification, and for whom; who may sign up and in.
//!
//! The only place that decides. It is given its Persona client and its store, and knows no axum,
//! no Leptos and no HTTP status.

pub mod accounts;
mod activity;
mod error;
pub mod get_or_create;
pub mod operators;
mod ownership;
mod results;
pub mod sync;

pub use accounts::{
    AccountError, Accounts, Birthdate, BirthdateProblem, Email, EmailProblem, FAILURES_KEPT,
    NameProblem, PASSWORD_LENGTHS, Password, PasswordProblem, Passwords, PersonName, PersonNames,
    SignInError, SignInOrigin, SignUpError, SignUpFields, SignUpProblems, User, birthdate_in_words,
};
pub use activity::{ACTIVITY_KEPT, FOREIGN_ANSWER};
pub use error::{Error, PolicyDenial};
pub use get_or_create::{ClickContext, InquiryPolicy, get_or_create, hosted_flow_link};
pub use operators::{
    Deed, Entry, EventBody, EventStory, Finding, Found, Operator, Timeline, Trouble, find_event,
    find_timeline, find_trouble,
};
pub use ownership::{ForeignAnswer, Mismatch};
pub use results::{
    Happening, InquiryResult, Moment, Source, Standing, find_result, list_standings,
};
pub use sync::{
    Inbox, NotKept, Reconciler, Refreshed, Round, Taken, refresh, refresh_for_operator,
};
