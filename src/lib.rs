//! Identity onboarding with Persona's Embedded Flow, by pre-created inquiries.

#[cfg(feature = "sandbox")]
pub mod sandbox;
