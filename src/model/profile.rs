//! A user's data for display.

use serde::{Deserialize, Serialize};

/// A user's own data, formatted for display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileView {
    /// First and last name.
    pub name: String,
    /// The birthdate in words: `August 31, 1977`.
    pub birthdate: String,
}
