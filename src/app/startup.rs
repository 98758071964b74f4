//! Checks at startup: whether Persona accepts the key, the environment and the template, and which
//! addresses are open to other machines.

use std::time::Duration;

use tokio::time::Instant;

use crate::app::{Config, config::PersonaConfig};
use persona_api::{Client, ErrorKind};

/// The timeout of all calls together.
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);

/// A wrong setting that stops the start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Persona does not accept the key.
    #[error(
        "PERSONA_API_KEY: Persona does not accept it; copy the key of the right environment from \
         Persona's dashboard, API > API keys"
    )]
    Key,
    /// The key lacks a permission that the app needs.
    #[error(
        "PERSONA_API_KEY: Persona does not permit it to read inquiries ({title}); give it \
         `inquiry.read` and `inquiry.write` in Persona's dashboard, API > API keys, and check its \
         allowed addresses"
    )]
    Permission {
        /// The title of Persona's error.
        title: String,
    },
    /// The key belongs to another environment.
    #[error(
        "PERSONA_ENVIRONMENT_ID: the key belongs to another environment ({actual}); switch to one \
         environment in Persona's dashboard and copy both from there, the key from API > API keys"
    )]
    Environment {
        /// The environment the key belongs to.
        actual: String,
    },
    /// The template does not exist.
    #[error(
        "PERSONA_INQUIRY_TEMPLATE_ID: Persona knows no such template in this environment; copy \
         the ID (itmpl_…) from Persona's dashboard, Inquiries > Templates"
    )]
    Template,
}

/// Logs the version and the environment, and in development a warning for each address that other
/// machines can reach. It is called before anything else is logged.
pub fn announce(config: &Config) {
    tracing::info!(
        environment = %config.environment,
        version = env!("CARGO_PKG_VERSION"),
        "persona-onboarding starts in {}",
        config.environment
    );
    if config.environment.is_production() {
        return;
    }
    for (variable, addr) in config.addresses_beyond_loopback() {
        tracing::warn!(
            "{variable}: other machines can reach {addr} while APP_ENV is development, with the \
             demo sign-in and hardly any rate limits; set APP_ENV=production, or listen on 127.0.0.1"
        );
    }
}

/// Checks the key, the environment and, where the key may read templates, the template. Returns
/// whether Persona answered all calls.
///
/// A wrong setting is an error, because only a person can correct it. An outage is a warning, because
/// it ends by itself.
///
/// # Errors
/// See [`StartError`].
pub async fn check_persona(client: &Client, config: &PersonaConfig) -> Result<bool, StartError> {
    let deadline = Instant::now() + CHECK_TIMEOUT;
    match client.probe_environment(deadline).await {
        Ok(actual) => {
            if let (Some(actual), Some(stated)) = (actual, &config.environment_id)
                && actual != *stated
            {
                return Err(StartError::Environment { actual });
            }
        }
        Err(error) => match error.kind {
            ErrorKind::Unauthorized => return Err(StartError::Key),
            ErrorKind::Forbidden { title } => return Err(StartError::Permission { title }),
            kind => {
                tracing::warn!(
                    "could not check PERSONA_API_KEY with Persona: {kind}; if this persists, check \
                     PERSONA_API_URL and the network"
                );
                return Ok(false);
            }
        },
    }

    match client.retrieve_template(&config.template, deadline).await {
        Ok(template) => {
            if !template.is_active || template.latest_published_version_id.is_none() {
                tracing::warn!(
                    "the inquiry template is not active or not published: publish it in Persona's \
                     dashboard, or no inquiry can be created"
                );
            }
        }
        Err(error) => match error.kind {
            ErrorKind::NotFound => return Err(StartError::Template),
            // Only production keys can read templates.
            ErrorKind::Forbidden { .. } => {
                tracing::info!(
                    "this key may not read templates, so PERSONA_INQUIRY_TEMPLATE_ID is not \
                     checked before the first inquiry is created"
                );
            }
            kind => {
                tracing::warn!(
                    "could not check PERSONA_INQUIRY_TEMPLATE_ID with Persona: {kind}; the first \
                     inquiry will show whether it is right"
                );
                return Ok(false);
            }
        },
    }
    Ok(true)
}
