//! What Persona sends: signatures of webhooks, and events decoded without personal data.

mod event;
mod redact;
mod signature;

pub use event::{EventInquiry, EventSubject, UnreadableEvent, WebhookEvent};
pub use signature::{SIGNATURE_HEADER, SignatureError, verify_signature};
