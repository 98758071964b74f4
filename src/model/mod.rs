//! Plain data that crosses the wire between server and browser.
//!
//! Nouns with parsing and small pure rules, fit for both targets: `serde` and `std` only.
//! Nothing here does IO, reads a clock, or imports another module of ours.

mod id;
mod openable;
mod profile;
mod sdk;
mod session;
mod standing;
mod status;
mod token;

pub use id::{EventId, IdError, InquiryId, ReferenceId, ResultId, TemplateId};
pub use openable::OpenableInquiry;
pub use profile::ProfileView;
pub use sdk::SdkSettings;
pub use session::SessionView;
pub use standing::{ChangeNumber, StandingView};
pub use status::InquiryStatus;
pub use token::SessionToken;
