//! The settings about Persona: the API, the template, the widget, the SDK and the webhooks.
//!
//! Relies on the values of the environment alone; asks nobody whether they work.

use secrecy::SecretString;

use super::{ConfigError, SandboxConfig, development::kept_secret, site, values, values::Values};
use crate::{
    model::{InquiryId, SdkSettings, TemplateId},
    persona::{Connection, is_on_this_machine},
};

/// The API version that this program was written against (docs.withpersona.com/docs/api-changelog).
const PERSONA_VERSION: &str = "2025-10-27";
/// The sandbox's own template, environment and key.
const SANDBOX_TEMPLATE: &str = "itmpl_sandboxKYC";
const SANDBOX_ENVIRONMENT: &str = "env_sandbox";
const SANDBOX_KEY: &str = "persona_sandbox_built_in";
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
    /// What the browser needs.
    pub sdk: SdkSettings,
    /// The environment that the key must belong to, if it is stated.
    pub environment_id: Option<String>,
    /// The origin that the widget's frame is loaded from.
    pub widget_origin: String,
    /// The origins that a one-time link may lead to, as a content security policy names them:
    /// `https://*.` stands for every host below.
    pub hosted_origins: Vec<String>,
    /// What webhooks are signed with, newest first.
    pub webhook_secrets: Vec<SecretString>,
}

impl PersonaConfig {
    /// Where an inquiry is in the dashboard: Persona's, or that of the sandbox that is spoken to.
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

/// Reads everything about Persona; with a sandbox in this process, its defaults.
pub(super) fn read(
    values: &Values,
    sandbox: Option<&SandboxConfig>,
    is_production: bool,
) -> Result<PersonaConfig, ConfigError> {
    let sandbox_host = sandbox.map(|sandbox| format!("localhost:{}", sandbox.addr.port()));
    let default_api = sandbox_host
        .as_ref()
        .map(|host| format!("http://{host}/api/v1"));
    let api = values
        .text("PERSONA_API_URL")
        .or(default_api.as_deref())
        .unwrap_or(PERSONA_API);
    let mut base_url = values::http_url("PERSONA_API_URL", api)?;
    if base_url.query().is_some() || base_url.fragment().is_some() {
        return Err(ConfigError::new(
            "PERSONA_API_URL",
            "ends with its path, like https://api.withpersona.com/api/v1",
        ));
    }
    if base_url.path() == "/" {
        base_url.set_path("/api/v1");
    }
    // A key never travels in the clear; within this machine nobody else reads along.
    let is_local = is_on_this_machine(&base_url);
    if is_production && base_url.scheme() != "https" && !is_local {
        return Err(ConfigError::new(
            "PERSONA_API_URL",
            "must begin with https:// in production, unless it is on this machine",
        ));
    }

    let api_key = values.text("PERSONA_API_KEY").unwrap_or(SANDBOX_KEY);
    if !api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ConfigError::new(
            "PERSONA_API_KEY",
            "has a character that no key has",
        ));
    }

    // Against the sandbox, in this process or another, its own template and environment are meant.
    let template = match values.text("PERSONA_INQUIRY_TEMPLATE_ID") {
        Some(text) => text,
        None if is_local => SANDBOX_TEMPLATE,
        None => {
            return Err(ConfigError::new(
                "PERSONA_INQUIRY_TEMPLATE_ID",
                "is needed: in Persona's dashboard, Inquiries > Templates, the ID of the KYC \
                 template (itmpl_…)",
            ));
        }
    };
    let template = TemplateId::parse(template)
        .map_err(|error| ConfigError::new("PERSONA_INQUIRY_TEMPLATE_ID", error.to_string()))?;
    let environment_id = values
        .text("PERSONA_ENVIRONMENT_ID")
        .or(is_local.then_some(SANDBOX_ENVIRONMENT))
        .map(ToOwned::to_owned);
    if environment_id
        .as_ref()
        .is_some_and(|id| !id.starts_with("env_"))
    {
        return Err(ConfigError::new(
            "PERSONA_ENVIRONMENT_ID",
            "begins with `env_`: copy it from Persona's dashboard, the environment's settings",
        ));
    }

    let widget_host = match values.text("PERSONA_WIDGET_HOST") {
        Some(host) => Some(values::bare_host("PERSONA_WIDGET_HOST", host)?),
        None => sandbox_host,
    };
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

    Ok(PersonaConfig {
        connection: Connection {
            base_url,
            api_key: SecretString::from(api_key),
            version: version(values)?,
        },
        template,
        sdk: SdkSettings {
            environment_id: environment_id.clone(),
            widget_host,
            ..sdk(values)?
        },
        environment_id,
        widget_origin,
        hosted_origins,
        webhook_secrets: webhook_secrets(values, is_production)?,
    })
}

fn version(values: &Values) -> Result<String, ConfigError> {
    let name = "PERSONA_VERSION";
    let text = values.text(name).unwrap_or(PERSONA_VERSION);
    match text.parse::<jiff::civil::Date>() {
        Ok(date) if date.to_string() == text => Ok(text.to_owned()),
        _ => Err(ConfigError::new(
            name,
            format!("is a date that Persona's changelog lists, like {PERSONA_VERSION}"),
        )),
    }
}

fn sdk(values: &Values) -> Result<SdkSettings, ConfigError> {
    let has_file = site::root(values.text("LEPTOS_SITE_ROOT"))
        .join(SDK_FILE)
        .exists();
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
            "begins with sha256-, sha384- or sha512-, then the digest in base64",
        ));
    }
    Ok(SdkSettings {
        script_url,
        integrity: stated.map(ToOwned::to_owned).or(integrity),
        widget_host: None,
        environment_id: None,
    })
}

fn webhook_secrets(values: &Values, is_production: bool) -> Result<Vec<SecretString>, ConfigError> {
    let name = "PERSONA_WEBHOOK_SECRET";
    match values.text(name) {
        Some(text) => {
            let secrets: Vec<_> = text.split(',').map(str::trim).collect();
            // Anyone can sign with an empty secret.
            if secrets.iter().any(|secret| secret.is_empty()) {
                return Err(ConfigError::new(
                    name,
                    "has an empty secret between its commas: leave out the comma or fill in the \
                     secret (wbhsec_…)",
                ));
            }
            Ok(secrets.into_iter().map(SecretString::from).collect())
        }
        None if is_production => Err(ConfigError::new(
            name,
            "is needed in production: in Persona's dashboard, Webhooks > your webhook, the secret \
             (wbhsec_…); several, comma separated, while it rotates",
        )),
        None => Ok(vec![kept_secret(name, "webhook-secret", "wbhsec_")?]),
    }
}
