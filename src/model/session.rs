//! What the sessions page shows.

use serde::{Deserialize, Serialize};

/// One place where a user is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// What the session is named by. It opens nothing.
    pub public_id: String,
    /// The browser, coarsely: `Firefox on Linux`.
    pub browser: String,
    /// When it began, as a person writes it.
    pub signed_in: String,
    /// When it was last used, to within minutes.
    pub last_seen: String,
    /// Whether it is the one that asks.
    pub is_current: bool,
}
