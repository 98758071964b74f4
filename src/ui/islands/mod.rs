//! The parts of a page that also run in the browser.

mod panel;
mod phase;
mod verification;

#[cfg(feature = "ssr")]
pub(super) use panel::VerificationPanel;
