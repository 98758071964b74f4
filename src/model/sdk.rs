//! What the page needs to load and drive Persona's JS SDK.

use serde::{Deserialize, Serialize};

/// Where the SDK comes from and whom it talks to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdkSettings {
    /// The script's address.
    pub script_url: String,
    /// The script's subresource integrity, if it is pinned.
    pub integrity: Option<String>,
    /// The widget's host without scheme; `None` for Persona's own.
    pub widget_host: Option<String>,
    /// Persona's environment; optional beside an inquiry ID.
    pub environment_id: Option<String>,
}
