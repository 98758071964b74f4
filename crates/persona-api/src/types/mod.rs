//! IDs, statuses and tokens: plain data that depends on `serde` alone and compiles for WASM.

mod id;
mod session_token;
mod status;

#[doc(hidden)]
pub use id::is_id;
pub use id::{EventId, IdError, InquiryId, TemplateId};
pub use session_token::SessionToken;
pub use status::InquiryStatus;
