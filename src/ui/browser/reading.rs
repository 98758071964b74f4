//! What came of reading a page anew.

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "only a browser reads")
)]
pub(in crate::ui) enum Reading {
    /// The page is shown as it is now.
    Shown,
    /// The page has moved: another is in its place, such as the one to sign in.
    Elsewhere,
    /// It did not come about, and may the next time.
    Failed,
}
