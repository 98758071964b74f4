//! How our copy of an inquiry follows Persona: webhook events, the reconciler, and reads on demand.

mod inbox;
mod reconciler;
pub mod status_update;
mod sync_inquiry;

pub use inbox::{Inbox, NotKept, Taken};
pub use reconciler::{Reconciler, Round};
pub use sync_inquiry::{Refreshed, refresh, refresh_for_operator};
