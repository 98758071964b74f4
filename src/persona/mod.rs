//! Persona as we meet it: the client of its API, and its events with their signatures.
//!
//! [`Client`] speaks to a base URL that is given to it: the real API, or the sandbox. Every request
//! is under a timeout, and a failure says exactly what happened ([`ErrorKind`]), because what may be
//! done next depends on whether Persona may have acted.
//! What may be repeated without thought (listing, reading, resuming, making a link) is repeated here,
//! within the caller's deadline and a budget that all calls share. A create is sent once: repeating
//! it takes the durable care of the rules above.
//! Nothing here decides, stores, or logs a body, a token or a key.

mod backoff;
mod breaker;
mod call_log;
mod client;
mod connect_error;
mod error;
mod event;
mod header;
mod pace;
mod request;
mod signature;
mod stripped_event;
mod tls;
mod transport;
mod wire;

pub(crate) use backoff::full_jitter;
pub use call_log::{CallLog, CallRecord};
pub use client::Client;
pub use connect_error::ConnectError;
pub use error::{Error, ErrorKind, Operation};
pub use event::{About, Event, EventInquiry, UnreadableEvent};
pub use request::{FieldKeys, IdempotencyKey, InquiryFilter, NewInquiry, template_of_body};
pub use signature::{SIGNATURE_HEADER, SignatureError, verify_signature};
pub use transport::Connection;
pub(crate) use transport::is_on_this_machine;
pub use wire::{Inquiry, InquiryPage, InquiryTemplate, InquiryTimes, OneTimeLink, Resumed};
