//! Plain data that crosses the wire between server and browser.
//!
//! Nouns with parsing and small pure rules, fit for both targets: `serde` and `std` only.
//! Nothing here does IO, reads a clock, or imports another module of ours.

mod id;
mod inquiry_summary;
mod openable;
mod profile;
mod sdk;
mod session;

pub use id::{ReferenceId, ResultId};
pub use inquiry_summary::{ChangeNumber, InquirySummaryView};
pub use openable::OpenableInquiry;
pub use profile::ProfileView;
pub use sdk::SdkSettings;
pub use session::SessionView;

pub use persona_api::{EventId, IdError, InquiryId, InquiryStatus, SessionToken, TemplateId};
