//! Server functions: what the browser may ask for. Thin: who asks, one call into the rules, the
//! answer.

mod error;
mod inquiries;
#[cfg(feature = "ssr")]
mod request;
#[cfg(feature = "ssr")]
mod retry_after;

pub use error::{ApiError, ErrorCode};
pub use inquiries::{GetOrCreateInquiry, get_or_create_inquiry};
#[cfg(feature = "ssr")]
pub use retry_after::retry_after_value;
