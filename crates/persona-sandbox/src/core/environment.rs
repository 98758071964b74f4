//! Environments: which one a key belongs to, and what names they may have.

use std::fmt;

/// What the keys of Persona's sandbox environments begin with (docs: `api-quickstart-tutorial`).
pub(crate) const KEY_PREFIX: &str = "persona_sandbox";

/// What a key of a named environment begins with; its name follows.
const NAMED_KEY_PREFIX: &str = "persona_sandbox_env_";

/// What the IDs of environments begin with.
const ID_PREFIX: &str = "env_";

/// The longest name.
const MAX_NAME_LENGTH: usize = 64;

/// The name of an environment: letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EnvironmentName(String);

/// A text that is not the name of an environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not the name of an environment: use 1 to {MAX_NAME_LENGTH} letters, digits and hyphens"
)]
pub(crate) struct InvalidName(String);

impl EnvironmentName {
    /// Reads a name, or the ID of an environment, which is `env_` and its name.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidName> {
        let name = text.strip_prefix(ID_PREFIX).unwrap_or(text);
        let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        if (1..=MAX_NAME_LENGTH).contains(&name.len()) && name.chars().all(is_allowed) {
            Ok(Self(name.to_owned()))
        } else {
            Err(InvalidName(name.to_owned()))
        }
    }

    /// The name in a key `persona_sandbox_env_<name>` or `persona_sandbox_env_<name>_<anything>`;
    /// `None` for any other key.
    pub(crate) fn from_key(key: &str) -> Result<Option<Self>, InvalidName> {
        let Some(rest) = key.strip_prefix(NAMED_KEY_PREFIX) else {
            return Ok(None);
        };
        let name = rest.split_once('_').map_or(rest, |(name, _)| name);
        Self::parse(name).map(Some)
    }

    /// The ID of the environment.
    pub(crate) fn id(&self) -> String {
        format!("{ID_PREFIX}{}", self.0)
    }

    /// The name as it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_in(key: &str) -> Option<String> {
        let name = EnvironmentName::from_key(key).unwrap();
        name.map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_key_names_its_environment() {
        for key in [
            "persona_sandbox",
            "persona_sandbox_x",
            "persona_sandbox_environment",
            "persona_sandbox_env",
        ] {
            assert_eq!(name_in(key), None, "{key}");
        }
        for key in [
            "persona_sandbox_env_test-1",
            "persona_sandbox_env_test-1_",
            "persona_sandbox_env_test-1_another_key",
        ] {
            assert_eq!(name_in(key).as_deref(), Some("test-1"), "{key}");
        }
        assert_eq!(EnvironmentName::parse("test-1").unwrap().id(), "env_test-1");
        assert_eq!(
            EnvironmentName::parse("env_test-1"),
            EnvironmentName::parse("test-1")
        );
    }

    #[test]
    fn a_name_of_other_letters_is_refused() {
        let long = "x".repeat(65);
        for name in ["", "a.b", "ä", "a b", "../x", long.as_str()] {
            let error = EnvironmentName::parse(name).unwrap_err().to_string();
            assert!(error.contains("letters, digits and hyphens"), "{error}");
            let key = format!("persona_sandbox_env_{name}");
            assert!(EnvironmentName::from_key(&key).is_err(), "{key}");
        }
    }
}
