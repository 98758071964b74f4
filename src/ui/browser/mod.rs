//! The islands' only boundary to JavaScript: the page itself, our server's event stream, and Persona's
//! SDK.
//!
//! Safe functions with our names. On the server each has a stub that does nothing: islands are rendered
//! there, too, but never act.

pub(super) mod backoff;
mod event;
mod reload;

#[cfg(feature = "hydrate")]
pub(super) mod live;
#[cfg(feature = "hydrate")]
pub(super) mod page;
#[cfg(feature = "hydrate")]
mod panel_data;
#[cfg(feature = "hydrate")]
pub(super) mod persona_sdk;

#[cfg(feature = "hydrate")]
pub(super) use panel_data::panel_data;

#[cfg(not(feature = "hydrate"))]
mod stub;
#[cfg(not(feature = "hydrate"))]
pub(super) use stub::{live, page, panel_data, persona_sdk};
