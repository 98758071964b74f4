//! Plain data exchanged between server and browser.
//!
//! Data types with parsing and pure rules for both targets: `serde` and `std` only. No IO, no
//! clock, no import of another module of ours.

mod id;
mod inquiry_summary;
mod openable;
mod panel;
mod sdk;
mod session;

pub use id::{ReferenceId, ResultId};
pub use inquiry_summary::{ChangeNumber, InquirySummaryView};
pub use openable::OpenableInquiry;
pub use panel::PanelData;
pub use sdk::SdkSettings;
pub use session::SessionView;

pub use persona_api::{EventId, IdError, InquiryId, InquiryStatus, SessionToken, TemplateId};
