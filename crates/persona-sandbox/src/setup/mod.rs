//! The setup: what a sandbox has from its start, in the shape of the integrator's account at
//! Persona. It comes from `persona-sandbox.yaml` (`--config`), or piece by piece by
//! `POST /_sandbox/templates`.

mod check;
mod file;

use serde_saphyr::{Location, Spanned};

use crate::core::api_key::KeySettings;
use crate::core::model::ReportSettings;
use file::SetupFile;
pub(crate) use file::{AccountFile, FieldFile, TemplateFile, WebhookFile};

/// The longest file. Setups are also sent over HTTP.
const MAX_FILE_BYTES: usize = 1024 * 1024;

/// A setup that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place.map_or_else(String::new, |(line, column)| format!("line {line}, column {column}: ")))]
pub struct SetupError {
    /// Line and column, counted from one, if the mistake has a place.
    pub place: Option<(u64, u64)>,
    /// What is wrong, and how to fix it.
    pub message: String,
}

impl SetupError {
    fn at(location: Location, message: impl Into<String>) -> Self {
        let known = location.line() > 0;
        Self {
            place: known.then(|| (location.line(), location.column())),
            message: message.into(),
        }
    }
}

/// What a sandbox has from its start: templates, accounts, webhooks, and the settings of its keys.
#[derive(Clone, Debug, Default)]
pub struct Setup(SetupFile);

impl Setup {
    /// Reads YAML, which includes JSON, and checks it.
    ///
    /// # Errors
    ///
    /// What is wrong, with its place and how to fix it.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        let file: SetupFile = read(text)?;
        check::check(&file)?;
        Ok(Self(file))
    }

    /// Reads what a running sandbox is to get besides: a setup, or one template alone.
    pub(crate) fn parse_addition(text: &str) -> Result<Self, SetupError> {
        let document: serde_json::Value = read(text)?;
        let is_one = document.as_object().is_some_and(file::is_one_template);
        if is_one {
            let template: Spanned<TemplateFile> = read(text)?;
            let file = SetupFile {
                templates: vec![template],
                ..SetupFile::default()
            };
            check::check(&file)?;
            return Ok(Self(file));
        }
        let setup = Self::parse(text)?;
        let ids = [&setup.0.environment_id, &setup.0.organization_id];
        if let Some(id) = ids.into_iter().flatten().next() {
            let message = "the IDs of environment and organization are set when the sandbox starts";
            return Err(SetupError::at(id.referenced, message));
        }
        if let Some(path) = &setup.0.openapi {
            let message = "the OpenAPI file is read when the sandbox starts";
            return Err(SetupError::at(path.referenced, message));
        }
        Ok(setup)
    }

    /// The JSON Schema of the file.
    #[must_use]
    pub fn json_schema() -> String {
        let schema = schemars::schema_for!(SetupFile);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON")
    }

    /// The schema of the file, in another document.
    pub(crate) fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<SetupFile>()
    }

    /// Sets the ID of the environment, in place of the file's.
    pub fn set_environment_id(&mut self, id: &str) {
        self.0.environment_id = Some(Spanned::new(
            id.to_owned(),
            Location::UNKNOWN,
            Location::UNKNOWN,
        ));
    }

    /// The ID of the environment, if the file has one.
    #[must_use]
    pub fn environment_id(&self) -> Option<&str> {
        self.0.environment_id.as_ref().map(|id| id.value.as_str())
    }

    /// The ID of the organization, if the file has one.
    #[must_use]
    pub fn organization_id(&self) -> Option<&str> {
        self.0.organization_id.as_ref().map(|id| id.value.as_str())
    }

    /// The path of the vendor's OpenAPI file, if the file has one.
    #[must_use]
    pub fn openapi(&self) -> Option<&str> {
        self.0.openapi.as_ref().map(|path| path.value.as_str())
    }

    /// The settings of the keys.
    pub(crate) fn key_settings(&self) -> KeySettings {
        let key = &self.0.api_key;
        let denied = key.denied_permissions.iter();
        KeySettings {
            api_version: key.version.as_ref().map(|version| version.value.clone()),
            inflection: key.inflection,
            denied_permissions: denied.map(|name| name.value.clone()).collect(),
            ..KeySettings::default()
        }
    }

    /// The settings of the keys, if it has any.
    pub(crate) fn added_key_settings(&self) -> Option<KeySettings> {
        let settings = self.key_settings();
        (settings != KeySettings::default()).then_some(settings)
    }

    /// What reports find, if it says it.
    pub(crate) fn report_settings(&self) -> Option<&ReportSettings> {
        let settings = &self.0.reports;
        (*settings != ReportSettings::default()).then_some(settings)
    }

    /// The templates.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &TemplateFile> {
        self.0.templates.iter().map(|template| &template.value)
    }

    /// The accounts.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &AccountFile> {
        self.0.accounts.iter().map(|account| &account.value)
    }

    /// The webhooks.
    pub(crate) fn webhooks(&self) -> impl Iterator<Item = &WebhookFile> {
        self.0.webhooks.iter().map(|webhook| &webhook.value)
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, SetupError> {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file is longer than {MAX_FILE_BYTES} bytes");
        return Err(SetupError::at(Location::UNKNOWN, message));
    }
    serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let location = error.location().unwrap_or(Location::UNKNOWN);
        let message = error.to_string();
        let place = format!(" at line {}, column {}", location.line(), location.column());
        SetupError::at(location, message.strip_suffix(&place).unwrap_or(&message))
    })
}
