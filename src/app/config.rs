//! The configuration: read once at the start from the environment, typed, and complete.
//!
//! An invalid value stops the start with the variable's name and the fix, and all errors are reported
//! at once. An unknown name that begins with `PERSONA_` is an error, too, because it is a typo. An error
//! never repeats a value, since it may be a secret.
//!
//! Longer than 400 lines: one short function for each variable that has no file of its own.

mod errors;
mod limits;
mod operators;
mod persona;
mod secrets;
pub(crate) mod site;
mod values;

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use secrecy::SecretString;
use url::Url;

use self::{
    errors::ErrorCollector,
    secrets::{Secrets, StatedSecrets},
    values::Values,
};
pub use self::{
    errors::{ConfigError, ConfigErrors},
    limits::RateLimits,
    operators::Operators,
    persona::PersonaConfig,
    site::SiteConfig,
};
use crate::{
    app::telemetry::{self, LogFormat},
    brand::Brand,
    domain::InquiryPolicy,
    store::DataKey,
};

/// Where to listen if nothing is stated.
const DEFAULT_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
/// Where the in-process sandbox listens if nothing is stated.
const DEFAULT_SANDBOX_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3002);

/// Development or production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine: missing secrets are generated and kept under `data/`.
    Development,
    /// Real people use it: a missing value stops the start.
    Production,
}

impl Environment {
    /// The default without `APP_ENV`: a release is built without the sandbox and is for production.
    const fn default_of_build(has_sandbox: bool) -> Self {
        if has_sandbox {
            Self::Development
        } else {
            Self::Production
        }
    }

    fn read(values: &Values) -> Result<Self, ConfigError> {
        match values.text("APP_ENV") {
            None => Ok(Self::default_of_build(cfg!(feature = "sandbox"))),
            Some("development") => Ok(Self::Development),
            Some("production") => Ok(Self::Production),
            Some(_) => Err(ConfigError::new(
                "APP_ENV",
                "use `development` or `production`",
            )),
        }
    }

    /// Whether this is production.
    #[must_use]
    pub fn is_production(self) -> bool {
        self == Self::Production
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Production => "production",
        })
    }
}

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Development or production.
    pub environment: Environment,
    /// Where to listen.
    pub addr: SocketAddr,
    /// The URL of the app as browsers reach it: scheme, host and port.
    pub base_url: Url,
    /// The page or mailbox of the support.
    pub support_url: Url,
    /// The brand.
    pub brand: Brand,
    /// The database.
    pub database_url: SecretString,
    /// How many connections to it this process has at most.
    pub database_pool_size: u32,
    /// Persona's API, environment, template and SDK.
    pub persona: PersonaConfig,
    /// Where the in-process sandbox listens; `None` when there is none.
    pub sandbox: Option<SandboxConfig>,
    /// The policy on finished inquiries.
    pub inquiry_policy: InquiryPolicy,
    /// Whether `Continue as Alexander Sample` is offered.
    pub demo_sign_in: bool,
    /// Signs the session cookie.
    pub session_secret: SecretString,
    /// Encryption at rest: the newest key, then the older ones.
    pub data_keys: Vec<DataKey>,
    /// The age from which on people may sign up, in years.
    pub minimum_age: u8,
    /// The users who are operators.
    pub operators: Operators,
    /// The rate limits per address.
    pub rate_limits: RateLimits,
    /// How many clicks may be under way at once in this process.
    pub click_limit: usize,
    /// How long requests are still served after SIGTERM, while `/readyz` responds 503.
    pub drain: Duration,
    /// The proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Where metrics are served; `None` for nowhere.
    pub metrics_addr: Option<SocketAddr>,
    /// The format of log lines.
    pub log_format: LogFormat,
    /// The log filter.
    pub log_filter: String,
    /// The browser's files.
    pub site: SiteConfig,
}

/// The in-process sandbox.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The file of its state; `None` keeps the state in memory.
    pub state: Option<std::path::PathBuf>,
}

/// Adds the lines of `.env`, if there is one, to the environment.
///
/// Call it before there are threads: changing the environment beside a reader of it is undefined.
///
/// # Errors
/// If the file cannot be read.
pub fn load_env_file() -> Result<(), ConfigErrors> {
    match dotenvy::dotenv() {
        Ok(_) => Ok(()),
        Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(_) => {
            let problem = "cannot be read; see `.env.example` for its form";
            Err(ConfigError::new(".env", problem).into())
        }
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// See [`ConfigErrors`].
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the environment"
    )]
    pub fn from_env() -> Result<Self, ConfigErrors> {
        let mut errors = ErrorCollector::default();
        let values = Values::from_os(std::env::vars_os(), &mut errors);
        Self::read(&values, errors, StatedSecrets::or_generated)
    }

    /// Reads the environment for a command that changes nothing: no secret is generated, so there may be
    /// no data key.
    ///
    /// # Errors
    /// See [`ConfigErrors`].
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the environment"
    )]
    pub fn from_env_as_is() -> Result<Self, ConfigErrors> {
        let mut errors = ErrorCollector::default();
        let values = Values::from_os(std::env::vars_os(), &mut errors);
        Self::read(&values, errors, StatedSecrets::or_kept)
    }

    /// Reads the configuration from names and values.
    ///
    /// # Errors
    /// See [`ConfigErrors`].
    pub fn from_values(values: HashMap<String, String>) -> Result<Self, ConfigErrors> {
        Self::read(
            &Values::new(values),
            ErrorCollector::default(),
            StatedSecrets::or_generated,
        )
    }

    fn read(
        values: &Values,
        mut errors: ErrorCollector,
        complete: fn(StatedSecrets) -> Result<Secrets, ConfigError>,
    ) -> Result<Self, ConfigErrors> {
        values.refuse_typos(&mut errors);

        // If APP_ENV itself is invalid, the other values are checked by the rules of development.
        let environment = errors
            .check(Environment::read(values))
            .unwrap_or(Environment::Development);
        let addr = errors.check(addr(values));
        let base_url = errors.check(base_url(values, addr, environment));
        let brand = errors.check(brand(values));
        let support_url = errors.check(support_url(values, base_url.as_ref(), brand.as_ref()));
        let sandbox = sandbox(values, environment, &mut errors);
        let site = SiteConfig::read(values, &mut errors);
        let persona = persona::read(
            values,
            sandbox.as_ref().and_then(Option::as_ref),
            site.as_ref().map(|site| site.root.as_path()),
            environment,
            &mut errors,
        );
        let database_url = errors.check(database_url(values, environment));
        let database_pool_size = errors.check(limits::database_pool_size(values));
        let inquiry_policy = errors.check(values.parsed_or(
            "INQUIRY_POLICY",
            "use `repeat` or `once`",
            InquiryPolicy::Repeat,
        ));
        let demo_sign_in = errors.check(demo_sign_in(values, environment));
        let minimum_age = errors.check(limits::minimum_age(values));
        let operators = errors.check(Operators::read(values));
        let rate_limits = RateLimits::read(values, environment, &mut errors);
        let click_limit = errors.check(limits::click_limit(values));
        let drain = errors.check(limits::drain(values));
        let trusted_proxies = errors.check(limits::trusted_proxies(values, environment));
        let metrics_addr = errors.check(limits::metrics_addr(values, addr, environment));
        let log_format =
            errors.check(values.parsed_or("LOG_FORMAT", "use `text` or `json`", LogFormat::Text));
        let log_filter = errors.check(log_filter(values));

        // Secrets are generated last: a configuration with an error leaves no files behind.
        let stated = StatedSecrets::read(values, environment, &mut errors);
        let secrets = if errors.is_empty() {
            errors.check(complete(stated))
        } else {
            None
        };

        let config = || {
            let secrets = secrets?;
            Some(Self {
                environment,
                addr: addr?,
                base_url: base_url?,
                support_url: support_url?,
                brand: brand?,
                database_url: database_url?,
                database_pool_size: database_pool_size?,
                persona: PersonaConfig {
                    webhook_secrets: secrets.webhook,
                    ..persona?
                },
                sandbox: sandbox?,
                inquiry_policy: inquiry_policy?,
                demo_sign_in: demo_sign_in?,
                session_secret: secrets.session,
                data_keys: secrets.data_keys,
                minimum_age: minimum_age?,
                operators: operators?,
                rate_limits: rate_limits?,
                click_limit: click_limit?,
                drain: drain?,
                trusted_proxies: trusted_proxies?,
                metrics_addr: metrics_addr?,
                log_format: log_format?,
                log_filter: log_filter?,
                site: site?,
            })
        };
        let config = config();
        errors.finish(config)
    }

    /// The variables whose addresses other machines can reach.
    #[must_use]
    pub fn addresses_beyond_loopback(&self) -> Vec<(&'static str, SocketAddr)> {
        let sandbox = self.sandbox.as_ref().map(|sandbox| sandbox.addr);
        [
            ("LEPTOS_SITE_ADDR", Some(self.addr)),
            ("SANDBOX_ADDR", sandbox),
            ("METRICS_ADDR", self.metrics_addr),
        ]
        .into_iter()
        .filter_map(|(name, addr)| Some((name, addr?)))
        .filter(|(_, addr)| !addr.ip().to_canonical().is_loopback())
        .collect()
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

/// The default port is kept where the address itself is wrong.
fn base_url(
    values: &Values,
    addr: Option<SocketAddr>,
    environment: Environment,
) -> Result<Url, ConfigError> {
    let name = "APP_BASE_URL";
    let Some(text) = values.text(name) else {
        if environment.is_production() {
            return Err(ConfigError::new(
                name,
                "is needed in production: the https address that people use",
            ));
        }
        let port = addr.unwrap_or(DEFAULT_ADDR).port();
        return values::http_url(name, &format!("http://localhost:{port}"));
    };
    let url = values::http_url(name, text)?;
    if environment.is_production() && url.scheme() != "https" {
        return Err(ConfigError::new(
            name,
            "must begin with https:// in production",
        ));
    }
    if url.path() != "/" || url.query().is_some() {
        return Err(ConfigError::new(
            name,
            "must be an origin: scheme, host and port, without a path",
        ));
    }
    Ok(url)
}

fn addr(values: &Values) -> Result<SocketAddr, ConfigError> {
    values.parsed_or(
        "LEPTOS_SITE_ADDR",
        "use an address with a port, like 127.0.0.1:3000",
        DEFAULT_ADDR,
    )
}

fn demo_sign_in(values: &Values, environment: Environment) -> Result<bool, ConfigError> {
    let name = "DEMO_SIGN_IN";
    let is_production = environment.is_production();
    let is_on = values.flag(name)?.unwrap_or(!is_production);
    if is_on && is_production {
        return Err(ConfigError::new(name, "must be off in production"));
    }
    Ok(is_on)
}

fn log_filter(values: &Values) -> Result<String, ConfigError> {
    let name = "RUST_LOG";
    telemetry::filter(values.text(name)).ok_or_else(|| {
        ConfigError::new(
            name,
            "is not a log filter: use a level (error, warn, info, debug, trace), or levels by module, like \
             `info,sqlx=warn`",
        )
    })
}

fn database_url(values: &Values, environment: Environment) -> Result<SecretString, ConfigError> {
    let name = "DATABASE_URL";
    let url = match values.text(name) {
        Some(url) => url,
        None if environment.is_production() => {
            return Err(ConfigError::new(
                name,
                "is needed in production: `postgres://user:password@host/database`; SQLite serves \
                 one process, and must be named, like sqlite:///var/lib/onboarding/app.db",
            ));
        }
        None => "sqlite://data/onboarding.db",
    };
    let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let is_sqlite = url.strip_prefix("sqlite:").is_some_and(|rest| {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        !path.is_empty() && !path.starts_with('?') && !path.contains(":memory:")
    });
    if is_postgres || is_sqlite {
        return Ok(SecretString::from(url));
    }
    Err(ConfigError::new(
        name,
        "use `sqlite://` and the path of a file, like sqlite://data/onboarding.db, or \
         `postgres://user:password@host/database`",
    ))
}

/// The brand: that of the program, or of another folder.
fn brand(values: &Values) -> Result<Brand, ConfigError> {
    let name = "BRAND_DIR";
    match values.text(name) {
        None => Ok(Brand::built_in()),
        Some(folder) => Brand::load(Path::new(folder))
            .map_err(|error| ConfigError::new(name, format!("{folder}: {error}"))),
    }
}

/// Where people who need help are led.
fn support_url(
    values: &Values,
    base_url: Option<&Url>,
    brand: Option<&Brand>,
) -> Result<Url, ConfigError> {
    let name = "SUPPORT_URL";
    let host = base_url.and_then(Url::host_str).unwrap_or("localhost");
    let default = format!("mailto:support@{host}");
    let of_brand = brand.and_then(|brand| brand.links.support.as_ref());
    let default = of_brand.map_or(default, ToString::to_string);
    let url = Url::parse(values.text(name).unwrap_or(&default)).ok();
    url.filter(|url| match url.scheme() {
        "mailto" => url.path().contains('@'),
        "http" | "https" => true,
        _ => false,
    })
    .ok_or_else(|| {
        ConfigError::new(
            name,
            "must be the address of a page, https://…, or of a mailbox, mailto:support@example.com",
        )
    })
}

/// The sandbox runs in this process when nothing says where Persona is. `None` after an error.
fn sandbox(
    values: &Values,
    environment: Environment,
    errors: &mut ErrorCollector,
) -> Option<Option<SandboxConfig>> {
    let addr = errors.check(values.parsed_or(
        "SANDBOX_ADDR",
        "use an address with a port, like 127.0.0.1:3002",
        DEFAULT_SANDBOX_ADDR,
    ));
    // A wrong address must not look as if there were no sandbox: that would ask for a template.
    let addr = addr.unwrap_or(DEFAULT_SANDBOX_ADDR);
    if values.text("PERSONA_API_KEY").is_some() {
        return Some(None);
    }
    if environment.is_production()
        || values.text("PERSONA_API_URL").is_some()
        || !cfg!(feature = "sandbox")
    {
        errors.push(ConfigError::new(
            "PERSONA_API_KEY",
            "is needed here: copy it from Persona's dashboard, API > API keys; the built-in \
             sandbox starts only in development, without PERSONA_API_URL, in a build with the \
             `sandbox` feature",
        ));
        return None;
    }
    let state = match values.text("SANDBOX_STATE") {
        Some("memory") => None,
        Some(path) => Some(path.into()),
        None => Some("data/sandbox.db".into()),
    };
    Some(Some(SandboxConfig { addr, state }))
}

/// How long a stopping server waits for running requests: longer than any request's time limit.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests;
