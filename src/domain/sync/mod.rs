//! Keeps the local copy of inquiries in sync with Persona: webhook events, the reconciler, and
//! fetches on demand.

mod inbox;
mod reconciler;
pub mod status_update;
mod submission;
mod sync_inquiry;

pub use inbox::{Inbox, Receipt, ReceiveError};
pub use reconciler::{Reconciler, Round};
pub use submission::{record_submission, sync_after_hosted_flow, sync_submitted_inquiry};
pub use sync_inquiry::{SyncOutcome, sync_inquiry, sync_inquiry_for_operator};
