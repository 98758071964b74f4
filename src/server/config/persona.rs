//! The settings about Persona: the API, the template, the widget, the SDK and the webhooks.
//!
//! Relies on the values of the environment alone; asks nobody whether they work.

use secrecy::SecretString;

use super::{ConfigError, SandboxConfig, development::kept_secret, values, values::Values};
use crate::{
    model::{InquiryId, SdkSettings, TemplateId},
    persona::Connection,
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
const PERSONA_HOSTED: &str = "https://withpersona.com";
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
    /// The origins that a one-time link may lead to.
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
    if base_url.path() == "/" {
        base_url.set_path("/api/v1");
    }
    if is_production && base_url.scheme() != "https" {
        return Err(ConfigError::new(
            "PERSONA_API_URL",
            "must begin with https:// in production",
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
    let is_local = base_url.host_str() == Some("localhost");
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
    if widget_host.is_none() {
        hosted_origins.push(PERSONA_HOSTED.to_owned());
    }

    Ok(PersonaConfig {
        connection: Connection {
            base_url,
            api_key: SecretString::from(api_key),
            version: values
                .text("PERSONA_VERSION")
                .unwrap_or(PERSONA_VERSION)
                .to_owned(),
        },
        template,
        sdk: SdkSettings {
            environment_id: environment_id.clone(),
            widget_host,
            ..sdk(values)
        },
        environment_id,
        widget_origin,
        hosted_origins,
        webhook_secrets: webhook_secrets(values, is_production)?,
    })
}

fn sdk(values: &Values) -> SdkSettings {
    let site_root = values.text("LEPTOS_SITE_ROOT").unwrap_or("target/site");
    let has_file = std::path::Path::new(site_root).join(SDK_FILE).exists();
    let (script_url, integrity) = match values.text("PERSONA_SDK_URL") {
        Some(url) => (url.to_owned(), None),
        None if has_file => (format!("/{SDK_FILE}"), Some(SDK_FILE_INTEGRITY.to_owned())),
        None => (SDK_CDN.to_owned(), None),
    };
    let integrity = values
        .text("PERSONA_SDK_INTEGRITY")
        .map(ToOwned::to_owned)
        .or(integrity);
    SdkSettings {
        script_url,
        integrity,
        widget_host: None,
        environment_id: None,
    }
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
