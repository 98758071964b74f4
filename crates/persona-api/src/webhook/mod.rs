//! Webhooks: signature verification, and events decoded without personal data.

mod event;
mod redact;
mod signature;

pub use event::{EventDecodeError, EventInquiry, EventSubject, WebhookEvent};
pub use signature::{SIGNATURE_HEADER, SignatureError, verify_signature};
