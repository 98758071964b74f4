//! The only door to JavaScript: the page itself, our server's news, and Persona's SDK.
//!
//! Safe functions with our names. On the server each has a twin that does nothing, since an island
//! is rendered there, too, but never acts.

mod event;
pub(super) mod pace;
mod reading;

#[cfg(feature = "hydrate")]
pub(super) mod live;
#[cfg(feature = "hydrate")]
pub(super) mod page;
#[cfg(feature = "hydrate")]
pub(super) mod persona_sdk;

#[cfg(not(feature = "hydrate"))]
mod twin;
#[cfg(not(feature = "hydrate"))]
pub(super) use twin::{live, page, persona_sdk};
