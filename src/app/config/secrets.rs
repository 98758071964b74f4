//! The secrets: stated by variables, or in development generated once and kept under `data/`.

use std::{
    collections::HashSet,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rand::Rng as _;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    app::config::{ConfigError, Environment, errors::ErrorCollector, values::Values},
    store::DataKey,
};

const SESSION_SECRET: &str = "SESSION_SECRET";
const DATA_KEYS: &str = "DATA_KEYS";
const WEBHOOK_SECRET: &str = "PERSONA_WEBHOOK_SECRET";

/// The minimum lengths of secrets. That of the webhook secret applies in production only, where
/// Persona generates it.
const MIN_WEBHOOK_SECRET: usize = 16;
const MIN_SESSION_SECRET: usize = 32;
/// The minimum number of different characters. A random secret has far more.
const MIN_DIFFERENT: usize = 5;
/// The prefix of Persona's webhook secrets.
const WEBHOOK_SECRET_PREFIX: &str = "wbhsec_";
/// Placeholders for secrets in documentation and in our own tests. They are refused.
const SAMPLES: [&str; 6] = [
    "changeme",
    "replaceme",
    "yoursecret",
    "yourwebhooksecret",
    "asecretfortests",
    "asecretforabench",
];

/// The folder of generated secrets.
const FOLDER: &str = "data";

/// The secrets that variables state. `None` is to be read or generated.
pub(crate) struct StatedSecrets {
    session: Option<SecretString>,
    data_keys: Option<Vec<DataKey>>,
    webhook: Option<Vec<SecretString>>,
}

/// All secrets.
pub(crate) struct Secrets {
    /// Signs the session cookie.
    pub session: SecretString,
    /// Encryption at rest, newest first.
    pub data_keys: Vec<DataKey>,
    /// The secrets that sign webhooks, newest first.
    pub webhook: Vec<SecretString>,
}

impl StatedSecrets {
    /// Reads and checks the variables. Production requires all of them.
    pub(crate) fn read(
        values: &Values,
        environment: Environment,
        errors: &mut ErrorCollector,
    ) -> Self {
        Self {
            session: errors.check(session_secret(values, environment)).flatten(),
            data_keys: errors.check(data_keys(values, environment)).flatten(),
            webhook: errors.check(webhook_secrets(values, environment)).flatten(),
        }
    }

    /// Reads the secrets that are not stated from the files under `data/` and generates none, for
    /// commands that change nothing. If a file does not exist, its secret is missing: there may then
    /// be no data key.
    pub(crate) fn or_kept(self) -> Result<Secrets, ConfigError> {
        Ok(Secrets {
            session: match self.session {
                Some(secret) => secret,
                None => existing_secret(SESSION_SECRET, "session-secret")?.unwrap_or_default(),
            },
            data_keys: match self.data_keys {
                Some(keys) => keys,
                None => match existing_secret(DATA_KEYS, "data-key")? {
                    Some(key) => parse_keys(key.expose_secret())?,
                    None => Vec::new(),
                },
            },
            webhook: match self.webhook {
                Some(secrets) => secrets,
                None => existing_secret(WEBHOOK_SECRET, "webhook-secret")?
                    .into_iter()
                    .collect(),
            },
        })
    }

    /// Reads the secrets that are not stated from the files under `data/`, or generates them there.
    pub(crate) fn or_generated(self) -> Result<Secrets, ConfigError> {
        Ok(Secrets {
            session: match self.session {
                Some(secret) => secret,
                None => kept_secret(SESSION_SECRET, "session-secret", "")?,
            },
            data_keys: match self.data_keys {
                Some(keys) => keys,
                None => parse_keys(kept_secret(DATA_KEYS, "data-key", "")?.expose_secret())?,
            },
            webhook: match self.webhook {
                Some(secrets) => secrets,
                None => vec![kept_secret(
                    WEBHOOK_SECRET,
                    "webhook-secret",
                    WEBHOOK_SECRET_PREFIX,
                )?],
            },
        })
    }
}

fn session_secret(
    values: &Values,
    environment: Environment,
) -> Result<Option<SecretString>, ConfigError> {
    let Some(secret) = values.text(SESSION_SECRET) else {
        return match environment {
            Environment::Development => Ok(None),
            Environment::Production => Err(ConfigError::new(
                SESSION_SECRET,
                "is needed in production: a long random text, for example from \
                 `openssl rand -base64 48`, the same for all processes",
            )),
        };
    };
    if secret.len() < MIN_SESSION_SECRET {
        return Err(ConfigError::new(
            SESSION_SECRET,
            "needs 32 characters or more, for example from `openssl rand -base64 48`",
        ));
    }
    if environment.is_production() && is_guessable(secret) {
        return Err(ConfigError::new(
            SESSION_SECRET,
            "is easy to guess: take a random one, for example from `openssl rand -base64 48`",
        ));
    }
    Ok(Some(SecretString::from(secret)))
}

fn data_keys(
    values: &Values,
    environment: Environment,
) -> Result<Option<Vec<DataKey>>, ConfigError> {
    let Some(text) = values.text(DATA_KEYS) else {
        return match environment {
            Environment::Development => Ok(None),
            Environment::Production => Err(ConfigError::new(
                DATA_KEYS,
                "is needed in production, the same for all processes and kept apart from the \
                 database: keys from `openssl rand -base64 32`, comma separated, newest first",
            )),
        };
    };
    let keys = parse_keys(text)?;
    let repeats = |key: &str| {
        let bytes = BASE64_STANDARD.decode(key.trim()).unwrap_or_default();
        bytes.iter().collect::<HashSet<_>>().len() < MIN_DIFFERENT
    };
    if environment.is_production() && text.split(',').any(repeats) {
        return Err(ConfigError::new(
            DATA_KEYS,
            "has a key that is easy to guess: take random ones, from `openssl rand -base64 32`",
        ));
    }
    Ok(Some(keys))
}

fn parse_keys(text: &str) -> Result<Vec<DataKey>, ConfigError> {
    text.split(',')
        .map(|key| {
            DataKey::parse(key).map_err(|error| ConfigError::new(DATA_KEYS, error.to_string()))
        })
        .collect()
}

fn webhook_secrets(
    values: &Values,
    environment: Environment,
) -> Result<Option<Vec<SecretString>>, ConfigError> {
    let Some(text) = values.text(WEBHOOK_SECRET) else {
        return match environment {
            Environment::Development => Ok(None),
            Environment::Production => Err(ConfigError::new(
                WEBHOOK_SECRET,
                "is needed in production: in Persona's dashboard, Webhooks > your webhook, the \
                 secret (wbhsec_…); several, comma separated, while it rotates",
            )),
        };
    };
    let secrets: Vec<_> = text.split(',').map(str::trim).collect();
    // Anyone can sign with an empty secret.
    if secrets.iter().any(|secret| secret.is_empty()) {
        return Err(ConfigError::new(
            WEBHOOK_SECRET,
            "has an empty secret between its commas: leave out the comma or fill in the secret \
             (wbhsec_…)",
        ));
    }
    let is_weak = |secret: &&str| secret.len() < MIN_WEBHOOK_SECRET || is_guessable(secret);
    if environment.is_production() && secrets.iter().any(is_weak) {
        return Err(ConfigError::new(
            WEBHOOK_SECRET,
            "has a secret that is shorter than 16 characters or easy to guess, so that anybody \
             could sign events: copy Persona's own, in its dashboard, Webhooks > your webhook \
             (wbhsec_…)",
        ));
    }
    Ok(Some(secrets.into_iter().map(SecretString::from).collect()))
}

/// Whether a secret contains a placeholder, or few different characters.
fn is_guessable(secret: &str) -> bool {
    let random = secret.strip_prefix(WEBHOOK_SECRET_PREFIX).unwrap_or(secret);
    let letters: HashSet<_> = random.chars().collect();
    // Dashes and case do not make a placeholder a secret.
    let plain: String = random
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    letters.len() < MIN_DIFFERENT || SAMPLES.iter().any(|sample| plain.contains(sample))
}

/// Reads the secret kept in `data/<file>`, or generates it: 32 random bytes in Base64.
fn kept_secret(variable: &str, file: &str, prefix: &str) -> Result<SecretString, ConfigError> {
    let path = Path::new(FOLDER).join(file);
    read_or_generate(&path, prefix)
        .map(SecretString::from)
        .map_err(|error| unusable(variable, &path, &error))
}

/// Reads the secret kept in `data/<file>`, if the file exists.
fn existing_secret(variable: &str, file: &str) -> Result<Option<SecretString>, ConfigError> {
    let path = Path::new(FOLDER).join(file);
    let secret = read_existing(&path)
        .map_err(|error| unusable(variable, &path, &error))?
        .map(SecretString::from);
    Ok(secret)
}

fn unusable(variable: &str, path: &Path, error: &std::io::Error) -> ConfigError {
    let path = path.display();
    ConfigError::new(
        variable,
        format!("is not set, and {path} cannot be used instead: {error}"),
    )
}

fn read_existing(path: &Path) -> std::io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(secret) if !secret.trim().is_empty() => Ok(Some(secret.trim().to_owned())),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_or_generate(path: &Path, prefix: &str) -> std::io::Result<String> {
    if let Some(secret) = read_existing(path)? {
        return Ok(secret);
    }

    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let secret = format!("{prefix}{}", BASE64_STANDARD.encode(bytes));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Written under another name and then linked, so that two processes that start together use one
    // secret.
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft)?.write_all(secret.as_bytes())?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(fs::read_to_string(path)?.trim().to_owned())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_generated_once_and_kept() {
        let folder = std::env::temp_dir().join(format!("kept-secret-{}", std::process::id()));
        let path = folder.join("secret");
        let first = read_or_generate(&path, "wbhsec_").unwrap();
        assert!(first.starts_with("wbhsec_") && first.len() > 40);
        assert_eq!(read_or_generate(&path, "wbhsec_").unwrap(), first);
        fs::remove_dir_all(folder).unwrap();
    }
}
