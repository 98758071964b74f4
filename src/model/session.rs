//! A session for display.

use serde::{Deserialize, Serialize};

/// A session of the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// The ID that names the session; it does not authenticate.
    pub public_id: String,
    /// The browser and system: `Firefox on Linux`.
    pub browser: String,
    /// When the session started, in milliseconds since 1970.
    pub signed_in_at: i64,
    /// When the session was last used, with a resolution of minutes, in milliseconds since 1970.
    pub last_seen_at: i64,
    /// Whether it is the session of the current request.
    pub is_current: bool,
}
