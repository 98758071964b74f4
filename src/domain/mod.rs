//! The rules: start or resume a verification, and for whom; who may sign up and in.
//!
//! The only place that decides. It is given its Persona client and its store, and knows no axum,
//! no Leptos and no HTTP status.

mod account;
mod activity;
mod birthdate;
mod email;
mod error;
mod get_or_create;
mod inbox;
mod login_throttle;
pub mod mirror;
mod name;
mod operator;
mod ownership;
mod password;
mod pasted_text;
mod reconciler;
mod refresh;
mod results;
mod timeline;
mod trouble;
mod user;

pub use account::{AccountError, Accounts, SignInError, SignUpError, SignUpFields, SignUpProblems};
pub use activity::{ACTIVITY_KEPT, FOREIGN_ANSWER};
pub use birthdate::{Birthdate, BirthdateProblem};
pub use email::{Email, EmailProblem};
pub use error::Error;
pub use get_or_create::{
    ClickContext, InquiryPolicy, PolicyDenial, get_or_create, hosted_flow_link,
};
pub use inbox::{Inbox, NotKept, Taken};
pub use login_throttle::{MEMORY as FAILURES_KEPT, SignInOrigin};
pub use name::{NameProblem, PersonName, PersonNames};
pub use operator::{Found, Operator};
pub use ownership::{ForeignAnswer, Mismatch};
pub use password::{PASSWORD_LENGTHS, Password, PasswordProblem, Passwords};
pub use reconciler::{Reconciler, Round};
pub use refresh::{Refreshed, refresh, refresh_for_operator};
pub use results::{
    Happening, InquiryResult, Moment, Source, Standing, find_result, list_standings,
};
pub use timeline::{Deed, Entry, Finding, Timeline, find_timeline};
pub use trouble::{EventBody, EventStory, Trouble, find_event, find_trouble};
pub use user::{User, birthdate_in_words};
