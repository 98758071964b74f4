//! The settings of Persona's JS SDK.

use serde::Serialize;

/// The SDK's script and its hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SdkSettings {
    /// The script's URL.
    pub script_url: String,
    /// The script's subresource integrity, if it is pinned.
    pub integrity: Option<String>,
    /// The widget's host without scheme; `None` for Persona's own.
    pub widget_host: Option<String>,
    /// Persona's environment; optional beside an inquiry ID.
    pub environment_id: Option<String>,
    /// Whether the window is dark for a person who prefers dark colours.
    pub follows_color_scheme: bool,
    /// The language of the page in Persona's notation, for its window too; each page sets it.
    pub language: Option<String>,
}
