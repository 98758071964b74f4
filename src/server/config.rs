//! The configuration: read once at the start from the environment, typed, and complete.
//!
//! A bad value stops the start with the variable's name and the fix. So does an unknown name that
//! begins with `PERSONA_`: it is a typo. Values are never repeated in an error, since they may be
//! secrets.

mod development;
mod limits;
mod operators;
mod persona;
mod values;

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use self::{development::kept_secret, values::Values};
pub use self::{limits::RateLimits, operators::Operators, persona::PersonaConfig};
use super::{site, telemetry, telemetry::LogFormat};
use crate::{domain::InquiryPolicy, store::DataKey};

/// Every variable that begins with `PERSONA_` and means something.
const PERSONA_VARIABLES: [&str; 10] = [
    "PERSONA_API_KEY",
    "PERSONA_API_URL",
    "PERSONA_VERSION",
    "PERSONA_INQUIRY_TEMPLATE_ID",
    "PERSONA_ENVIRONMENT_ID",
    "PERSONA_WEBHOOK_SECRET",
    "PERSONA_SDK_URL",
    "PERSONA_SDK_INTEGRITY",
    "PERSONA_WIDGET_HOST",
    // Read by the tests, not by the program: where Persona's OpenAPI lies.
    "PERSONA_OPENAPI",
];

/// What kind of place this runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine: missing secrets are generated and kept under `data/`.
    Development,
    /// Real people: what is missing stops the start.
    Production,
}

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Development or production.
    pub environment: Environment,
    /// Where to listen.
    pub addr: SocketAddr,
    /// How people reach the app: scheme, host and port.
    pub base_url: Url,
    /// Where people who need help are led.
    pub support_url: Url,
    /// The database.
    pub database_url: SecretString,
    /// How to speak to Persona.
    pub persona: PersonaConfig,
    /// Where the in-process sandbox listens; `None` when there is none.
    pub sandbox: Option<SandboxConfig>,
    /// What finished inquiries mean for the next click.
    pub inquiry_policy: InquiryPolicy,
    /// Whether `Continue as Alexander Sample` is offered.
    pub demo_sign_in: bool,
    /// Signs the session cookie.
    pub session_secret: SecretString,
    /// Encryption at rest: the newest key, then the older ones.
    pub data_keys: Vec<DataKey>,
    /// The age from which on people may sign up, in years.
    pub minimum_age: u8,
    /// Who may look into the operators' area.
    pub operators: Operators,
    /// How much one address may ask for.
    pub rate_limits: RateLimits,
    /// Whose word about a client's address is taken.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Where metrics are served; `None` for nowhere.
    pub metrics_addr: Option<SocketAddr>,
    /// How log lines look.
    pub log_format: LogFormat,
}

/// The in-process sandbox.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its state's file; `None` keeps it in memory.
    pub state: Option<std::path::PathBuf>,
}

/// A value that stops the start.
#[derive(Debug, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    /// The variable's name.
    pub variable: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl ConfigError {
    fn new(variable: &str, problem: impl Into<String>) -> Self {
        Self {
            variable: variable.to_owned(),
            problem: problem.into(),
        }
    }
}

impl Config {
    /// Reads `.env` if there is one, then the environment.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn from_env() -> Result<Self, ConfigError> {
        match dotenvy::dotenv() {
            Ok(_) => {}
            Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => {
                return Err(ConfigError::new(
                    ".env",
                    "cannot be read; see README for its form",
                ));
            }
        }
        Self::from_values(std::env::vars().collect())
    }

    /// Reads the configuration from names and values.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn from_values(values: HashMap<String, String>) -> Result<Self, ConfigError> {
        let values = Values::new(values);
        if let Some(name) = values.unknown("PERSONA_", &PERSONA_VARIABLES) {
            let problem = format!(
                "no such variable; known are {}",
                PERSONA_VARIABLES.join(", ")
            );
            return Err(ConfigError::new(name, problem));
        }

        let environment = match values.text("APP_ENV") {
            None | Some("development") => Environment::Development,
            Some("production") => Environment::Production,
            Some(_) => {
                return Err(ConfigError::new(
                    "APP_ENV",
                    "use `development` or `production`",
                ));
            }
        };
        let is_production = environment == Environment::Production;

        let addr: SocketAddr = values.parsed_or(
            "LEPTOS_SITE_ADDR",
            "use an address with a port, like 127.0.0.1:3000",
            SocketAddr::from(([127, 0, 0, 1], 3000)),
        )?;
        let base_url = base_url(&values, addr, is_production)?;
        let support_url = support_url(&values, &base_url)?;
        let sandbox = sandbox(&values, is_production)?;
        let persona = persona::read(&values, sandbox.as_ref(), is_production)?;

        let demo_sign_in = values.flag("DEMO_SIGN_IN")?.unwrap_or(!is_production);
        if demo_sign_in && is_production {
            return Err(ConfigError::new(
                "DEMO_SIGN_IN",
                "must be off in production",
            ));
        }

        let session_secret = match values.text("SESSION_SECRET") {
            Some(secret) if secret.len() >= 32 => SecretString::from(secret),
            Some(_) => {
                return Err(ConfigError::new(
                    "SESSION_SECRET",
                    "needs 32 characters or more, for example from `openssl rand -base64 48`",
                ));
            }
            None if is_production => {
                return Err(ConfigError::new(
                    "SESSION_SECRET",
                    "is needed in production: a long random text, for example from \
                     `openssl rand -base64 48`, the same for all processes",
                ));
            }
            None => kept_secret("SESSION_SECRET", "session-secret", "")?,
        };

        if !values.text("RUST_LOG").is_none_or(telemetry::is_filter) {
            return Err(ConfigError::new(
                "RUST_LOG",
                "is no filter: use a level, like `info`, or levels by module, like `info,sqlx=warn`",
            ));
        }

        let database_url = database_url(&values)?;
        Ok(Self {
            environment,
            addr,
            base_url,
            support_url,
            data_keys: data_keys(
                &values,
                is_production && database_url.starts_with("postgres"),
            )?,
            database_url: SecretString::from(database_url),
            persona,
            sandbox,
            inquiry_policy: values.parsed_or(
                "INQUIRY_POLICY",
                "use `repeat` or `once`",
                InquiryPolicy::Repeat,
            )?,
            demo_sign_in,
            session_secret,
            minimum_age: limits::minimum_age(&values)?,
            operators: Operators::read(&values)?,
            rate_limits: RateLimits::read(&values, is_production)?,
            trusted_proxies: limits::trusted_proxies(&values)?,
            metrics_addr: limits::metrics_addr(&values, addr)?,
            log_format: values.parsed_or("LOG_FORMAT", "use `text` or `json`", LogFormat::Text)?,
        })
    }

    /// The app's origin, as browsers send it.
    #[must_use]
    pub fn origin(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }

    /// Whether people reach the app by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.base_url.scheme() == "https"
    }
}

fn base_url(values: &Values, addr: SocketAddr, is_production: bool) -> Result<Url, ConfigError> {
    let name = "APP_BASE_URL";
    let Some(text) = values.text(name) else {
        if is_production {
            return Err(ConfigError::new(
                name,
                "is needed in production: the https address that people use",
            ));
        }
        return values::http_url(name, &format!("http://localhost:{}", addr.port()));
    };
    let url = values::http_url(name, text)?;
    if is_production && url.scheme() != "https" {
        return Err(ConfigError::new(
            name,
            "must begin with https:// in production",
        ));
    }
    if url.path() != "/" || url.query().is_some() {
        return Err(ConfigError::new(
            name,
            "is an origin: scheme, host and port, without a path",
        ));
    }
    Ok(url)
}

fn database_url(values: &Values) -> Result<&str, ConfigError> {
    let name = "DATABASE_URL";
    let url = values.text(name).unwrap_or("sqlite://data/onboarding.db");
    let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let is_sqlite = url.strip_prefix("sqlite:").is_some_and(|rest| {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        !path.is_empty() && !path.starts_with('?') && !path.contains(":memory:")
    });
    if is_postgres || is_sqlite {
        return Ok(url);
    }
    Err(ConfigError::new(
        name,
        "use `sqlite://` and the path of a file, like sqlite://data/onboarding.db, or \
         `postgres://user:password@host/database`",
    ))
}

/// Where people who need help are led.
fn support_url(values: &Values, base_url: &Url) -> Result<Url, ConfigError> {
    let name = "SUPPORT_URL";
    let default = format!("mailto:support@{}", base_url.host_str().unwrap_or_default());
    let url = Url::parse(values.text(name).unwrap_or(&default)).ok();
    url.filter(|url| match url.scheme() {
        "mailto" => url.path().contains('@'),
        "http" | "https" => true,
        _ => false,
    })
    .ok_or_else(|| {
        ConfigError::new(
            name,
            "is the address of a page, https://…, or of a mailbox, mailto:support@example.com",
        )
    })
}

/// The sandbox runs in this process when nothing says where Persona is.
fn sandbox(values: &Values, is_production: bool) -> Result<Option<SandboxConfig>, ConfigError> {
    let addr = values.parsed_or(
        "SANDBOX_ADDR",
        "use an address with a port, like 127.0.0.1:3002",
        SocketAddr::from(([127, 0, 0, 1], 3002)),
    )?;
    if values.text("PERSONA_API_KEY").is_some() {
        return Ok(None);
    }
    if is_production || values.text("PERSONA_API_URL").is_some() || !cfg!(feature = "sandbox") {
        return Err(ConfigError::new(
            "PERSONA_API_KEY",
            "is needed here: copy it from Persona's dashboard, API > API keys; the built-in \
             sandbox starts only in development, without PERSONA_API_URL, in a build with the \
             `sandbox` feature",
        ));
    }
    let state = match values.text("SANDBOX_STATE") {
        Some("memory") => None,
        Some(path) => Some(path.into()),
        None => Some("data/sandbox.jsonl".into()),
    };
    Ok(Some(SandboxConfig { addr, state }))
}

fn data_keys(values: &Values, must_be_set: bool) -> Result<Vec<DataKey>, ConfigError> {
    let name = "DATA_KEYS";
    let text = match values.text(name) {
        Some(text) => text.to_owned(),
        None if must_be_set => {
            return Err(ConfigError::new(
                name,
                "is needed with Postgres in production, the same for all processes: keys from \
                 `openssl rand -base64 32`, comma separated, newest first",
            ));
        }
        None => kept_secret(name, "data-key", "")?
            .expose_secret()
            .to_owned(),
    };
    text.split(',')
        .map(|key| DataKey::parse(key).map_err(|error| ConfigError::new(name, error.to_string())))
        .collect()
}

/// How long the server waits for running requests when it stops: as long as a click may take.
pub(super) const GRACE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests;
