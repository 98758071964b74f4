//! The client of Persona's API.

mod backoff;
mod breaker;
mod call_log;
mod calls;
mod connect_error;
mod decode;
mod error;
mod header;
mod observer;
mod request;
mod throttle;
mod tls;
mod transport;

pub use backoff::full_jitter;
pub use call_log::{CallLog, CallRecord};
pub use calls::Client;
pub use connect_error::ConnectError;
pub use decode::{Inquiry, InquiryPage, InquiryTemplate, OneTimeLink, ResumedInquiry};
pub use error::{Error, ErrorKind, Operation, SetupError};
pub use observer::Observer;
pub use request::{
    FieldKeys, IdempotencyKey, InquiryFilter, NewInquiry, Prefill, template_id_from_body,
};
pub use transport::{Connection, is_loopback_url};
