//! Names and values, with the reading of them.

use std::{collections::HashMap, str::FromStr};

use url::Url;

use super::ConfigError;

/// The variables. An empty one counts as absent: `.env` files keep empty lines for later.
pub(super) struct Values(HashMap<String, String>);

impl Values {
    pub(super) fn new(values: HashMap<String, String>) -> Self {
        Self(values)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn parsed_or<T: FromStr>(
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

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        match self.text(name) {
            None => Ok(None),
            Some("1" | "true" | "on" | "yes") => Ok(Some(true)),
            Some("0" | "false" | "off" | "no") => Ok(Some(false)),
            Some(_) => Err(ConfigError::new(name, "use `on` or `off`")),
        }
    }

    /// The names, in alphabetical order, that have the prefix and are not known.
    pub(super) fn unknown(&self, prefix: &str, known: &[&str]) -> Vec<&str> {
        let names = self.0.keys().map(String::as_str);
        let mut unknown: Vec<_> = names
            .filter(|name| name.starts_with(prefix) && !known.contains(name))
            .collect();
        unknown.sort_unstable();
        unknown
    }
}

/// An http or https URL with a host and without user and password.
pub(super) fn http_url(name: &str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text)
        .map_err(|_| ConfigError::new(name, "is no URL; it begins with http:// or https://"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(ConfigError::new(
            name,
            "must begin with http:// or https://",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::new(name, "must not hold a user or a password"));
    }
    Ok(url)
}

/// A host with or without a port, as the SDK's `customHost` wants it.
///
/// The SDK falls back to Persona's production on anything else, without a word: refuse it here.
pub(super) fn bare_host(name: &str, text: &str) -> Result<String, ConfigError> {
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
