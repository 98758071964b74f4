//! The base of all other modules: time, identifiers, key casing, session tokens, the configuration,
//! the user's files in YAML, and the records. Knows nothing of the state, of HTTP or of tasks.

pub(crate) mod api_key;
pub(crate) mod clock;
mod clock_change;
mod config;
mod environment;
pub(crate) mod ids;
pub(crate) mod inflection;
pub(crate) mod model;
pub(crate) mod persona_host;
pub(crate) mod photos;
pub(crate) mod token;
pub(crate) mod user_agent;
pub(crate) mod yaml;

pub(crate) use clock_change::ClockChange;
pub use config::{Config, StateLocation, WebhookTarget};
pub(crate) use environment::{EnvironmentName, InvalidName, KEY_PREFIX};
