//! Persona (withpersona.com) for Rust programs: its REST API, its webhooks, and their types.
//!
//! | module | feature | contents |
//! |---|---|---|
//! | [`types`] | none | IDs, statuses, session tokens; depends on `serde` alone and compiles for WASM |
//! | `client` | `client` | the client of the API |
//! | `webhook` | `webhook` | signatures, and events decoded without personal data |
//!
//! Every public item is re-exported at the crate root.
//!
//! The client sends requests to the configured base URL: Persona's API or an emulator. Every
//! request has a timeout, and `ErrorKind` states whether Persona may have processed the request,
//! because that decides what a caller may do next. Idempotent calls (list, retrieve, resume,
//! expire, one-time link) are retried within the caller's deadline and a retry budget shared by all
//! calls. A create is sent once: the caller decides whether to send it again. This crate logs no
//! body, token or API key.

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
