//! The configuration of a sandbox.

use std::path::PathBuf;
use std::time::Duration;

use super::persona_host;

/// Where the sandbox keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateLocation {
    /// In this file, which is created if it does not exist.
    File(PathBuf),
    /// In memory, lost with the process.
    Memory,
}

/// Where the sandbox sends events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookTarget {
    /// The URL that receives them.
    pub url: String,
    /// The secret that signs them.
    pub secret: String,
    /// The names of the events that are sent; `None` for those that change an inquiry's status,
    /// except its creation.
    pub enabled_events: Option<Vec<String>>,
}

/// The configuration of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the state of the default environment is kept; that of any other is in memory.
    pub state: StateLocation,
    /// The ID of the built-in KYC template.
    pub template_id: String,
    /// Whether an unknown template ID makes a KYC template under that ID.
    pub any_template: bool,
    /// How long after the end of the flow the template's workflows decide.
    pub approve_after: Duration,
    /// A webhook of the default environment that exists from the start.
    pub webhook: Option<WebhookTarget>,
    /// Certificates (PEM) that receivers of webhooks may be signed by, besides the public
    /// authorities.
    pub webhook_ca: Option<Vec<u8>>,
    /// The address under which browsers reach the sandbox, without a slash at the end: links
    /// begin with it.
    pub public_url: String,
    /// The address under which servers reach the sandbox, if it is not the public one; without a
    /// slash at the end.
    pub internal_url: Option<String>,
    /// Whether one-time links begin with Persona's own address if the request came by one of
    /// Persona's host names: an application with hard-coded names may check links against them.
    pub links_follow_host: bool,
    /// Names, besides `localhost` and those of the two URLs, by which the controls and the
    /// dashboard may be addressed.
    pub allowed_hosts: Vec<String>,
    /// The ID of the default environment; that of any other is `env_` and its name.
    pub environment_id: String,
    /// The ID of the organization.
    pub organization_id: String,
    /// Makes identifiers, tokens and faults the same on every run.
    pub seed: Option<u64>,
}

impl Config {
    /// [`Config::approve_after`] in milliseconds.
    pub(crate) fn decide_after_ms(&self) -> u64 {
        u64::try_from(self.approve_after.as_millis()).unwrap_or(u64::MAX)
    }

    /// The start of links to the hosted flow, for a request to this host name: Persona's address if the
    /// request came by it, else the public URL.
    pub(crate) fn link_base(&self, host: Option<&str>) -> String {
        let host = host.filter(|_| self.links_follow_host);
        let persona = host.and_then(persona_host::link_base);
        persona.unwrap_or_else(|| self.public_url.clone())
    }

    /// The delay of the decisions of templates that unknown IDs make; `None` if they make none.
    pub(crate) fn unknown_templates(&self) -> Option<u64> {
        self.any_template.then(|| self.decide_after_ms())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            state: StateLocation::Memory,
            template_id: "itmpl_sandboxKYC".to_owned(),
            any_template: false,
            approve_after: Duration::from_secs(1),
            webhook: None,
            webhook_ca: None,
            public_url: "http://localhost:3002".to_owned(),
            internal_url: None,
            links_follow_host: true,
            allowed_hosts: Vec::new(),
            environment_id: "env_sandbox".to_owned(),
            organization_id: "org_sandbox".to_owned(),
            seed: None,
        }
    }
}
