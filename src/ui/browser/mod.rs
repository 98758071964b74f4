//! The only door to JavaScript: the page itself, and Persona's SDK.
//!
//! Safe functions with our names. On the server each has a twin that does nothing, since an island
//! is rendered there, too, but never acts.

mod event;

#[cfg(feature = "hydrate")]
pub(super) mod page;
#[cfg(feature = "hydrate")]
pub(super) mod persona_sdk;

#[cfg(not(feature = "hydrate"))]
mod twin;
#[cfg(not(feature = "hydrate"))]
pub(super) use twin::{page, persona_sdk};
