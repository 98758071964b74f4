//! The lifetime of submission hints.
//!
//! The person's browser reports that it submitted an inquiry, before a webhook or a fetch confirms
//! it. The report may be false: it never sets a status and never approves anyone. It decides what
//! the page says, and that a click asks Persona before it starts another inquiry.

use jiff::SignedDuration;

use crate::store::Store;

/// How long a hint counts: as long as Persona keeps an unfinished inquiry by default
/// (docs.withpersona.com/docs/inquiry-expiration).
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The time of the oldest hint that still counts, in milliseconds since 1970.
pub(super) fn oldest_valid_hint(store: &Store) -> i64 {
    let lifetime = i64::try_from(LIFETIME.as_millis()).unwrap_or(i64::MAX);
    store.now_ms().saturating_sub(lifetime)
}
