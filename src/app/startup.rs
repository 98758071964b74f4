//! What is done before the first click: Persona is asked, and stored data follows its keys.

use std::time::Duration;

use tokio::time::Instant;

use crate::app::{Config, config::PersonaConfig};
use persona_api::{Client, ErrorKind};

/// How long the questions may take together.
const LIMIT: Duration = Duration::from_secs(10);

/// A wrong setting that stops the start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The key is wrong.
    #[error(
        "PERSONA_API_KEY: Persona does not accept it; copy the key of the right environment from \
         Persona's dashboard, API > API keys"
    )]
    Key,
    /// The key may not do what is needed.
    #[error(
        "PERSONA_API_KEY: Persona does not permit it to read inquiries ({title}); give it \
         `inquiry.read` and `inquiry.write` in Persona's dashboard, API > API keys, and check its \
         allowed addresses"
    )]
    Permission {
        /// Persona's own words.
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

/// Logs what this process is for, and a warning for each address at which development is open to
/// other machines. It is the first thing that is logged.
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

/// Checks the key, the environment and, where the key may read templates, the template. Says whether
/// Persona answered as it should.
///
/// Persona not answering is a warning: it may come back while a wrong key will not.
///
/// # Errors
/// See [`StartError`].
pub async fn check_persona(client: &Client, config: &PersonaConfig) -> Result<bool, StartError> {
    let deadline = Instant::now() + LIMIT;
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
                    "Persona does not answer as it should: {kind}; if it stays so, see whether \
                     PERSONA_API_URL is right"
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
            // Templates answer to production keys only: the first create will prove it.
            ErrorKind::Forbidden { .. } => {
                tracing::info!("this key may not read templates; the first inquiry will prove it");
            }
            kind => {
                tracing::warn!("could not check the inquiry template: {kind}");
                return Ok(false);
            }
        },
    }
    Ok(true)
}
