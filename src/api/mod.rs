//! Server functions. Each is thin: it finds the user, calls the domain once, and returns the result.

mod empty_post;
mod error;
mod inquiries;
#[cfg(feature = "ssr")]
mod request;
#[cfg(feature = "ssr")]
mod retry_after;

pub use empty_post::EmptyPost;
pub use error::{ApiError, ErrorCode};
pub use inquiries::{GetOrCreateInquiry, get_or_create_inquiry};
#[cfg(feature = "ssr")]
pub(crate) use request::extension;
#[cfg(feature = "ssr")]
pub use retry_after::retry_after_value;
