//! The setup: what a sandbox has from its start, in the shape of the integrator's account at
//! Persona. It comes from `persona-sandbox.yaml` (`--config`), or piece by piece by
//! `POST /_sandbox/templates`.

mod check;
mod file;

use serde_saphyr::{Location, Spanned};

use crate::core::api_key::KeySettings;
use crate::core::model::ReportSettings;
use crate::core::yaml::{self, FileError};
use file::SetupFile;
pub(crate) use file::{AccountFile, FieldFile, TemplateFile, WebhookFile};

/// The longest file. Setups are also sent over HTTP.
const MAX_FILE_BYTES: usize = 1024 * 1024;

/// What a sandbox has from its start: templates, accounts, webhooks, and the settings of its keys.
#[derive(Clone, Debug, Default)]
pub struct Setup(SetupFile);

impl Setup {
    /// Reads YAML, which includes JSON, and checks it.
    ///
    /// # Errors
    ///
    /// What is wrong, with its place and how to fix it.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let file: SetupFile = read(text)?;
        check::check(&file)?;
        Ok(Self(file))
    }

    /// Reads what a running sandbox is to get besides: a setup, or one template alone.
    pub(crate) fn parse_addition(text: &str) -> Result<Self, FileError> {
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
            return Err(FileError::at(id.referenced, message));
        }
        if let Some(path) = &setup.0.openapi {
            let message = "the OpenAPI file is read when the sandbox starts";
            return Err(FileError::at(path.referenced, message));
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

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, FileError> {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file is longer than {MAX_FILE_BYTES} bytes");
        return Err(FileError::without_place(message));
    }
    yaml::read(text)
}
