//! The variables: their names, and how their values are read.

use std::{collections::HashMap, ffi::OsString, str::FromStr};

use url::Url;

use crate::app::config::{ConfigError, errors::ErrorCollector};

/// Every variable that is read: `docs/operating.md` and `.env.example` list the same.
pub(crate) const VARIABLES: &[&str] = &[
    "APP_ENV",
    "LEPTOS_SITE_ADDR",
    "APP_BASE_URL",
    "DATABASE_URL",
    "DATABASE_POOL_SIZE",
    "PERSONA_API_KEY",
    "PERSONA_API_URL",
    "PERSONA_VERSION",
    "PERSONA_INQUIRY_TEMPLATE_ID",
    "PERSONA_ENVIRONMENT_ID",
    "PERSONA_WEBHOOK_SECRET",
    "PERSONA_SDK_URL",
    "PERSONA_SDK_INTEGRITY",
    "PERSONA_STYLE_VARIANT",
    "PERSONA_WIDGET_HOST",
    "INQUIRY_POLICY",
    "DEMO_SIGN_IN",
    "SANDBOX_ADDR",
    "SANDBOX_STATE",
    "SESSION_SECRET",
    "DATA_KEYS",
    "OPERATORS",
    "BRAND_DIR",
    "SUPPORT_URL",
    "MINIMUM_AGE",
    "RATE_LIMIT_PER_MINUTE",
    "RATE_LIMIT_SIGN_IN_PER_MINUTE",
    "RATE_LIMIT_WEBHOOKS_PER_MINUTE",
    "CLICK_LIMIT",
    "DRAIN_SECONDS",
    "TRUSTED_PROXIES",
    "METRICS_ADDR",
    "LOG_FORMAT",
    "RUST_LOG",
    "LEPTOS_SITE_ROOT",
    "LEPTOS_HASH_FILES",
    "LEPTOS_RELOAD_PORT",
    "LEPTOS_WATCH",
];

/// Read by the tests, not by the program: where Persona's description of its API is.
const READ_BY_TESTS: [&str; 1] = ["PERSONA_OPENAPI"];

/// The prefix of names that only this app uses, so an unknown one is a typo.
const PREFIX: &str = "PERSONA_";

/// The variables. An empty one counts as absent: `.env` files keep empty lines for later.
pub(crate) struct Values(HashMap<String, String>);

impl Values {
    pub(crate) fn new(values: HashMap<String, String>) -> Self {
        Self(values)
    }

    /// Takes the variables of the environment. A foreign one may hold anything; one of ours must be
    /// text.
    pub(crate) fn from_os(
        variables: impl Iterator<Item = (OsString, OsString)>,
        errors: &mut ErrorCollector,
    ) -> Self {
        let mut values = HashMap::new();
        for (name, value) in variables {
            // All our names are text.
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => {
                    values.insert(name, value);
                }
                Err(_) if VARIABLES.contains(&name.as_str()) => {
                    errors.push(ConfigError::new(&name, "is not valid UTF-8"));
                }
                Err(_) => {}
            }
        }
        Self(values)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        debug_assert!(VARIABLES.contains(&name), "{name} is not in VARIABLES");
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn parsed_or<T: FromStr>(
        &self,
        name: &str,
        fix: &str,
        default: T,
    ) -> Result<T, ConfigError> {
        match self.text(name) {
            Some(text) => text.parse().map_err(|_| ConfigError::new(name, fix)),
            None => Ok(default),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        match self.text(name) {
            None => Ok(None),
            Some("1" | "true" | "on" | "yes") => Ok(Some(true)),
            Some("0" | "false" | "off" | "no") => Ok(Some(false)),
            Some(_) => Err(ConfigError::new(name, "use `on` or `off`")),
        }
    }

    /// Refuses names that look like ours and are not.
    pub(crate) fn refuse_typos(&self, errors: &mut ErrorCollector) {
        let known: Vec<_> = VARIABLES
            .iter()
            .copied()
            .chain(READ_BY_TESTS)
            .filter(|name| name.starts_with(PREFIX))
            .collect();
        let mut unknown: Vec<_> = self
            .0
            .keys()
            .filter(|name| name.starts_with(PREFIX) && !known.contains(&name.as_str()))
            .collect();
        unknown.sort_unstable();
        for name in unknown {
            let problem = format!("no such variable; known are {}", known.join(", "));
            errors.push(ConfigError::new(name, problem));
        }
    }
}

/// An http or https URL with a host and without user and password.
pub(crate) fn http_url(name: &str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|_| {
        ConfigError::new(name, "is not a URL: it must begin with http:// or https://")
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(ConfigError::new(
            name,
            "must begin with http:// or https://",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::new(
            name,
            "must not contain a user name or a password",
        ));
    }
    Ok(url)
}

/// A host with or without a port, as the SDK's `customHost` wants it.
///
/// The SDK falls back to Persona's production on anything else, without a word: refuse it here.
pub(crate) fn bare_host(name: &str, text: &str) -> Result<String, ConfigError> {
    let problem =
        "is a bare host, like `localhost:3002` or `inquiry.example.com`: no scheme, no path";
    let url =
        Url::parse(&format!("https://{text}/")).map_err(|_| ConfigError::new(name, problem))?;
    let is_bare = !text.contains('/') && !text.contains('@') && url.host_str().is_some();
    if !is_bare {
        return Err(ConfigError::new(name, problem));
    }
    if text.starts_with("127.") || text.starts_with("[::1]") {
        return Err(ConfigError::new(
            name,
            "write `localhost` for this machine: the SDK uses http for no other name",
        ));
    }
    Ok(text.to_owned())
}
