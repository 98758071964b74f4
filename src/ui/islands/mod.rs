//! The parts of a page that also run in the browser.

mod copy_button;
mod live_parts;
mod panel;
mod phase;
mod status_cache;
mod status_card;
pub(in crate::ui) mod status_text;
mod verification;
pub(in crate::ui) mod words;

#[cfg(feature = "ssr")]
pub(super) use {
    copy_button::{CopyOnClick, ids as copy_ids},
    live_parts::{LiveParts, live_region},
    panel::{VerificationPanel, button_class, ids as panel_ids, initial_card},
    status_card::StatusCard,
};
