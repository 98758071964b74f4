//! Persona (withpersona.com) for Rust programs: its REST API, its webhooks, and their types.
//!
//! | module | feature | is |
//! |---|---|---|
//! | [`types`] | none | IDs, statuses, session tokens; depends on `serde` alone and compiles for WASM |
//! | `client` | `client` | the client of the API |
//! | `webhook` | `webhook` | signatures, and events decoded without personal data |
//!
//! Everything public is found at the root, too.
//!
//! The client speaks to the base URL that it is given: the real API, or an emulator. Every request
//! has a timeout, and an error says exactly what happened (`ErrorKind`), because what a caller may
//! do next depends on whether Persona may have acted. Calls that are safe to repeat (list, retrieve,
//! resume, expire, one-time link) are retried within the caller's deadline and a retry budget that
//! all calls share. A create is sent once: whether it may be sent again is the caller's decision.
//! Nothing in this crate logs a body, a token or an API key.

#[cfg(feature = "client")]
pub mod client;
pub mod types;
#[cfg(feature = "webhook")]
pub mod webhook;
#[cfg(any(feature = "client", feature = "webhook"))]
mod wire;

#[cfg(feature = "client")]
pub use client::*;
pub use types::*;
#[cfg(feature = "webhook")]
pub use webhook::*;
#[cfg(any(feature = "client", feature = "webhook"))]
pub use wire::InquiryTimes;

#[doc(hidden)]
pub use serde;
