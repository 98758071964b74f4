//! The fields of a template: their types, and what their values may be.

use serde::{Deserialize, Serialize};

/// The type of a field (docs: `inquiry-fields`, and the field schemas of the API specification).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum FieldType {
    /// Text of up to 255 characters
    #[default]
    String,
    /// `YYYY-MM-DD`
    Date,
    /// `YYYY-MM-DDThh:mm:ss.000Z`
    Datetime,
    /// `true` or `false`
    Boolean,
    /// A number, with a fraction or without
    Number,
    /// A number without a fraction
    Integer,
    /// One of the options
    Choices,
    /// Some of the options
    MultiChoices,
    /// An e-mail address
    EmailAddress,
    /// A list
    Array,
    /// An object
    Hash,
    /// Anything
    Json,
    /// A file: `{"filename", "io"}`, its content in base64
    File,
    /// Set by the flow; cannot be written through the API
    GovernmentId,
    /// Set by the flow; cannot be written through the API
    Selfie,
}

impl FieldType {
    /// The name of the type, as it is shown beside a value.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether only the flow sets it.
    pub(crate) fn is_set_by_flow(self) -> bool {
        matches!(self, Self::GovernmentId | Self::Selfie)
    }

    /// Whether a person can enter it into a form.
    pub(crate) fn is_entered(self) -> bool {
        let is_structure = matches!(self, Self::Array | Self::Hash | Self::Json | Self::File);
        !is_structure && !self.is_set_by_flow()
    }
}

/// One field of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct FieldSchema {
    /// The key in the template's own casing, which responses use from 2025-10-27 on.
    pub(crate) key: String,
    pub(crate) label: String,
    #[serde(rename = "type")]
    pub(crate) field_type: FieldType,
    /// The values of a field of a type that has options.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) options: Vec<String>,
    /// Whether a form cannot be submitted without it.
    #[serde(default)]
    pub(crate) is_required: bool,
}

/// A key without its casing: `name-first`, `name_first` and `nameFirst` are the same field, since
/// requests may use any inflection (docs: `api-key-inflection`).
pub(crate) fn fold_key(key: &str) -> String {
    key.chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
