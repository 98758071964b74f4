//! The result of fetching a page again.

/// The result of fetching a page again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "only a browser reloads")
)]
pub(in crate::ui) enum ReloadOutcome {
    /// The parts were replaced.
    Replaced,
    /// The server redirected to another page, such as the sign-in page, or has a page of a newer release,
    /// which is being loaded.
    Redirected,
    /// The request failed, and may succeed the next time.
    Failed,
}
