//! Server functions: what the browser may ask for. Thin: who asks, one call into the rules, the
//! answer.

mod error;
mod inquiries;
#[cfg(feature = "ssr")]
mod request;

pub use error::{ApiError, ErrorCode};
pub use inquiries::{GetOrCreateInquiry, get_or_create_inquiry};
