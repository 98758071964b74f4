//! What the page shows of a user.

use serde::{Deserialize, Serialize};

/// A user's own data, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileView {
    /// First and last name.
    pub name: String,
    /// As a person writes it: `August 31, 1977`.
    pub birthdate: String,
}
