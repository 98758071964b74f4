//! The client of Persona's API, and nothing else of Persona.
//!
//! [`Client`] speaks to a base URL that is given to it: the real API, or the sandbox. It makes one
//! request per call, under a timeout, and says exactly how a call failed ([`ErrorKind`]), because
//! what may be done next depends on whether Persona may have acted. It never decides, retries,
//! stores, or logs a body, a token or a key.

mod client;
mod error;
mod request;
mod wire;

pub use client::{Client, Connection};
pub use error::{Error, ErrorKind, Operation};
pub use request::{FieldKeys, IdempotencyKey, InquiryFilter, NewInquiry};
pub use wire::{Inquiry, InquiryPage, InquiryTemplate, OneTimeLink};
