//! The settings about Persona: the API, the template, the widget, the SDK and the webhooks.
//!
//! Reads the environment only; `startup` checks the values with Persona.

use std::path::Path;

use secrecy::SecretString;
use url::Url;

use crate::{
    app::config::{
        ConfigError, Environment, SandboxConfig,
        errors::ErrorCollector,
        values::{self, Values},
    },
    model::{InquiryId, SdkSettings, TemplateId},
};
use persona_api::{Connection, is_loopback_url};

/// The API version that this program was written against (docs.withpersona.com/docs/api-changelog).
const PERSONA_VERSION: &str = "2025-10-27";
/// The sandbox's own template, environment and key.
const SANDBOX_TEMPLATE: &str = "itmpl_sandboxKYC";
const SANDBOX_ENVIRONMENT: &str = "env_sandbox";
const SANDBOX_KEY: &str = "persona_sandbox_built_in";
/// The prefix of the keys of sandbox environments (docs.withpersona.com/docs/environments).
const SANDBOX_KEY_PREFIX: &str = "persona_sandbox";
/// Persona's hosts (docs.withpersona.com/docs/quickstart-hosted-flow, npm `persona` 5.9.0).
const PERSONA_API: &str = "https://api.withpersona.com/api/v1";
const PERSONA_WIDGET: &str = "https://inquiry.withpersona.com";
const PERSONA_HOSTED: [&str; 3] = [
    "https://withpersona.com",
    "https://*.withpersona.com",
    "https://perso.na",
];
const PERSONA_DASHBOARD: &str = "https://app.withpersona.com";
/// The SDK: the npm build that `script/setup` copies, and Persona's CDN.
const SDK_FILE: &str = "vendor/persona.js";
const SDK_FILE_INTEGRITY: &str =
    "sha384-JrEJpXyEEbcj6P33Cx89BDBYqufbfCxYIcN74C53YNVRmoKX51y+ue3/quODNpa9";
const SDK_CDN: &str = "https://cdn.withpersona.com/dist/persona-v5.9.0.js";

/// Everything about Persona.
#[derive(Debug, Clone)]
pub struct PersonaConfig {
    /// The API.
    pub connection: Connection,
    /// The template to create inquiries from.
    pub template: TemplateId,
    /// The SDK's settings, for the browser.
    pub sdk: SdkSettings,
    /// The environment that the key must belong to, if it is stated.
    pub environment_id: Option<String>,
    /// The origin that the widget's frame is loaded from.
    pub widget_origin: String,
    /// The origins that a one-time link may lead to, as a content security policy names them:
    /// `https://*.` stands for every host below.
    pub hosted_origins: Vec<String>,
    /// The secrets that sign webhooks, newest first.
    pub webhook_secrets: Vec<SecretString>,
}

impl PersonaConfig {
    /// The URL of an inquiry in the dashboard: Persona's, or the sandbox's if that is the API.
    #[must_use]
    pub fn dashboard_of(&self, inquiry: &InquiryId) -> String {
        let api = &self.connection.base_url;
        let origin = match api.host_str() {
            Some("api.withpersona.com") => PERSONA_DASHBOARD.to_owned(),
            _ => api.origin().ascii_serialization(),
        };
        format!("{origin}/dashboard/inquiries/{inquiry}")
    }
}

/// Reads everything about Persona but the webhooks' secrets; with a sandbox in this process, its
/// defaults. `None` after an error.
pub(crate) fn read(
    values: &Values,
    sandbox: Option<&SandboxConfig>,
    site_root: Option<&Path>,
    environment: Environment,
    errors: &mut ErrorCollector,
) -> Option<PersonaConfig> {
    let sandbox_host = sandbox.map(|sandbox| format!("localhost:{}", sandbox.addr.port()));
    let base_url = errors.check(api_url(values, sandbox_host.as_deref(), environment));
    // For a sandbox, in this process or another on this machine, its own template and environment are
    // the defaults; so they are for an invalid URL, which is an error of its own.
    let is_local = base_url.as_ref().is_none_or(is_loopback_url);
    let api_key = errors.check(api_key(values, environment));
    let version = errors.check(version(values));
    let template = errors.check(template(values, is_local));
    let environment_id = errors.check(environment_id(values, is_local));
    let widget_host = errors.check(widget_host(values, sandbox_host));
    let sdk = errors.check(sdk(values, site_root));

    let (environment_id, widget_host) = (environment_id?, widget_host?);
    let widget_origin = match &widget_host {
        // The SDK's own rule: http for localhost, https for all else (npm `persona` 5.9.0).
        Some(host) if host.starts_with("localhost") => format!("http://{host}"),
        Some(host) => format!("https://{host}"),
        None => PERSONA_WIDGET.to_owned(),
    };
    let mut hosted_origins = vec![widget_origin.clone()];
    if !is_local {
        hosted_origins.extend(PERSONA_HOSTED.map(ToOwned::to_owned));
    }

    Some(PersonaConfig {
        connection: Connection {
            base_url: base_url?,
            api_key: api_key?,
            version: version?,
            user_agent: concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned(),
        },
        template: template?,
        sdk: SdkSettings {
            environment_id: environment_id.clone(),
            widget_host,
            ..sdk?
        },
        environment_id,
        widget_origin,
        hosted_origins,
        webhook_secrets: Vec::new(),
    })
}

fn api_url(
    values: &Values,
    sandbox_host: Option<&str>,
    environment: Environment,
) -> Result<Url, ConfigError> {
    let name = "PERSONA_API_URL";
    let default = sandbox_host.map(|host| format!("http://{host}/api/v1"));
    let text = values
        .text(name)
        .or(default.as_deref())
        .unwrap_or(PERSONA_API);
    let mut url = values::http_url(name, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::new(
            name,
            "must end with its path, like https://api.withpersona.com/api/v1",
        ));
    }
    if url.path() == "/" {
        url.set_path("/api/v1");
    }
    // The API key is never sent in the clear, except within this machine.
    if environment.is_production() && url.scheme() != "https" && !is_loopback_url(&url) {
        return Err(ConfigError::new(
            name,
            "must begin with https:// in production, unless it is on this machine",
        ));
    }
    Ok(url)
}

fn api_key(values: &Values, environment: Environment) -> Result<SecretString, ConfigError> {
    let name = "PERSONA_API_KEY";
    let key = values.text(name).unwrap_or(SANDBOX_KEY);
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ConfigError::new(
            name,
            "contains a character that no API key has: copy it again from Persona's dashboard",
        ));
    }
    // Without a key, production has been refused already.
    if environment.is_production()
        && values.text(name).is_some()
        && key.starts_with(SANDBOX_KEY_PREFIX)
    {
        return Err(ConfigError::new(
            name,
            "is a sandbox key, with which nobody is verified: in Persona's dashboard, switch to \
             the Production environment and copy its key, or set APP_ENV=development",
        ));
    }
    Ok(SecretString::from(key))
}

fn template(values: &Values, is_local: bool) -> Result<TemplateId, ConfigError> {
    let name = "PERSONA_INQUIRY_TEMPLATE_ID";
    let text = match values.text(name) {
        Some(text) => text,
        None if is_local => SANDBOX_TEMPLATE,
        None => {
            return Err(ConfigError::new(
                name,
                "is needed: in Persona's dashboard, Inquiries > Templates, the ID of the KYC \
                 template (itmpl_…)",
            ));
        }
    };
    TemplateId::parse(text).map_err(|error| ConfigError::new(name, error.to_string()))
}

fn environment_id(values: &Values, is_local: bool) -> Result<Option<String>, ConfigError> {
    let name = "PERSONA_ENVIRONMENT_ID";
    let id = values
        .text(name)
        .or(is_local.then_some(SANDBOX_ENVIRONMENT));
    if id.is_some_and(|id| !id.starts_with("env_")) {
        return Err(ConfigError::new(
            name,
            "must begin with `env_`: copy it from Persona's dashboard, the environment's settings",
        ));
    }
    Ok(id.map(ToOwned::to_owned))
}

fn widget_host(
    values: &Values,
    sandbox_host: Option<String>,
) -> Result<Option<String>, ConfigError> {
    let name = "PERSONA_WIDGET_HOST";
    match values.text(name) {
        Some(host) => values::bare_host(name, host).map(Some),
        None => Ok(sandbox_host),
    }
}

fn version(values: &Values) -> Result<String, ConfigError> {
    let name = "PERSONA_VERSION";
    let text = values.text(name).unwrap_or(PERSONA_VERSION);
    match text.parse::<jiff::civil::Date>() {
        Ok(date) if date.to_string() == text => Ok(text.to_owned()),
        _ => Err(ConfigError::new(
            name,
            format!(
                "must be a date from Persona's changelog of API versions, like {PERSONA_VERSION}"
            ),
        )),
    }
}

fn sdk(values: &Values, site_root: Option<&Path>) -> Result<SdkSettings, ConfigError> {
    let has_file = site_root.is_some_and(|root| root.join(SDK_FILE).exists());
    let (script_url, integrity) = match values.text("PERSONA_SDK_URL") {
        Some(path) if path.starts_with('/') && !path.starts_with("//") => (path.to_owned(), None),
        Some(url) => (values::http_url("PERSONA_SDK_URL", url)?.into(), None),
        None if has_file => (format!("/{SDK_FILE}"), Some(SDK_FILE_INTEGRITY.to_owned())),
        None => (SDK_CDN.to_owned(), None),
    };
    let stated = values.text("PERSONA_SDK_INTEGRITY");
    if stated.is_some_and(|it| {
        !["sha256-", "sha384-", "sha512-"]
            .iter()
            .any(|hash| it.starts_with(hash))
    }) {
        return Err(ConfigError::new(
            "PERSONA_SDK_INTEGRITY",
            "must begin with sha256-, sha384- or sha512-, followed by the digest in Base64",
        ));
    }
    Ok(SdkSettings {
        script_url,
        integrity: stated.map(ToOwned::to_owned).or(integrity),
        widget_host: None,
        environment_id: None,
        follows_color_scheme: follows_color_scheme(values)?,
        language: None,
    })
}

/// Whether Persona's window and hosted flow may be dark. Not every theme of a template has the variant.
fn follows_color_scheme(values: &Values) -> Result<bool, ConfigError> {
    let name = "PERSONA_STYLE_VARIANT";
    match values.text(name).unwrap_or("auto") {
        "auto" => Ok(true),
        "base" => Ok(false),
        _ => Err(ConfigError::new(
            name,
            "must be `auto`, which follows the person's colour scheme, or `base`, the theme as it is",
        )),
    }
}
