//! An emulator of Persona for development and tests: its REST API, its widget and hosted flow,
//! a dashboard, and controls of its own.
//!
//! It stands alone: `std` and crates, not one type from the app, so that one misreading of
//! Persona cannot cancel itself out. What both must agree with is in `tests/fixtures/`.
//!
//! ```text
//! api ─┐
//! pages ├─▶ Emulator::transact(|tx, now| …) ─▶ lifecycle (verbs) ─▶ state (Tx, Store) ─▶ storage
//! control ┘                                          │
//!                                                    └─ model (plain records)
//! ```
//!
//! - `model`: the records. `clock`, `ids`: time and
//!   randomness, each from one place.
//! - `state`: all records in memory; one transaction for each request, written before it is
//!   answered. `storage`: the state file.
//! - `lifecycle`: what may become of an inquiry. API, pages and schedule all
//!   end in its verbs.
//! - `emulator`: the lock, the schedule, and what is not state. `upkeep`: its files, about once a
//!   second.
//! - `api` with `resource`: Persona's REST API.
//! - `control` and `faults`: the sandbox's own controls. `scenario`: files that script an outcome.
//! - `webhooks`: the sending of events.
//! - `pages`: what people see. `access_log`: one line for each request.
//!
//! It never talks to Persona, and it refuses production keys.

mod access_log;
mod api;
mod clock;
mod control;
mod emulator;
mod faults;
mod ids;
mod inflection;
mod kept_responses;
mod lifecycle;
mod model;
pub(crate) mod pages;
mod resource;
pub mod scenario;
mod server;
mod state;
mod storage;
mod table;
mod token;
mod upkeep;
mod webhooks;

use std::time::Duration;

use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use emulator::Emulator;
pub use state::StateLocation;
use state::{InitialState, Store};
pub use storage::OpenError;

/// How long after a panic a background task is started again.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// Where the sandbox sends events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookTarget {
    /// The address that takes them.
    pub url: String,
    /// The secret that signs them.
    pub secret: String,
    /// The names of the events that are sent; `None` for those that change an inquiry's status,
    /// but for its creation.
    pub enabled_events: Option<Vec<String>>,
}

/// How a sandbox is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where its state is kept.
    pub state: StateLocation,
    /// The ID of the built-in KYC template.
    pub template_id: String,
    /// How long after the end of the flow the template's workflows decide.
    pub approve_after: Duration,
    /// A webhook that exists from the start.
    pub webhook: Option<WebhookTarget>,
    /// Certificates (PEM) that receivers of webhooks may be signed by, besides the public
    /// authorities.
    pub webhook_ca: Option<Vec<u8>>,
    /// The address under which browsers reach the sandbox, without a slash at the end: links
    /// begin with it.
    pub public_url: String,
    /// Names, besides `localhost` and that of the public URL, by which the controls and the
    /// dashboard may be addressed.
    pub allowed_hosts: Vec<String>,
    /// The ID of the one environment.
    pub environment_id: String,
    /// The ID of the organization.
    pub organization_id: String,
    /// Makes identifiers, tokens and faults the same on every run.
    pub seed: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            state: StateLocation::Memory,
            template_id: "itmpl_sandboxKYC".to_owned(),
            approve_after: Duration::from_secs(1),
            webhook: None,
            webhook_ca: None,
            public_url: "http://localhost:3002".to_owned(),
            allowed_hosts: Vec::new(),
            environment_id: "env_sandbox".to_owned(),
            organization_id: "org_sandbox".to_owned(),
            seed: None,
        }
    }
}

/// A sandbox, ready to serve.
#[derive(Debug)]
pub struct Sandbox {
    emulator: Emulator,
}

impl Sandbox {
    /// Opens the state, or begins one.
    ///
    /// # Errors
    ///
    /// If the state file is in use, damaged, of another kind, or cannot be read or written. It
    /// is left as it is.
    pub fn open(config: Config) -> Result<Self, OpenError> {
        let initial = InitialState {
            template_id: config.template_id.clone(),
            approve_after: config.approve_after,
            seed: config.seed,
            webhook: config.webhook.clone(),
        };
        let store = Store::open(&config.state, initial)?;
        Ok(Self {
            emulator: Emulator::new(config, store),
        })
    }

    /// Runs a scenario file, without serving anyone.
    ///
    /// # Errors
    ///
    /// If the file makes no sense or the state cannot be written; nothing was done then. A step that is refused and an
    /// expectation that does not hold are in the report.
    pub fn run_scenario(&self, file: &str) -> Result<scenario::Report, scenario::ScenarioError> {
        let scenario = scenario::Scenario::parse(file)?;
        scenario
            .run(&self.emulator)
            .map_err(|error| scenario::ScenarioError {
                place: None,
                message: error.to_string(),
            })
    }

    /// Serves on `listener` until `shutdown`, then finishes the requests that are under way.
    ///
    /// # Errors
    ///
    /// If the listener fails, or webhooks cannot be sent at all.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        let stopping = self.emulator.stopping().clone();
        let certificates = self.emulator.config().webhook_ca.as_deref();
        let client = webhooks::client(certificates).map_err(std::io::Error::other)?;
        let task = || (self.emulator.clone(), stopping.clone());
        let schedule = {
            let (emulator, stopping) = task();
            let run = move || emulator.clone().run_schedule(stopping.clone());
            tokio::spawn(supervise("schedule", run))
        };
        let upkeep = {
            let (emulator, stopping) = task();
            let run = move || emulator.clone().run_upkeep(stopping.clone());
            tokio::spawn(supervise("upkeep of files", run))
        };
        let sender = {
            let (emulator, stopping) = task();
            let run = move || webhooks::run(emulator.clone(), client.clone(), stopping.clone());
            tokio::spawn(supervise("sending of webhooks", run))
        };
        let router = router(self.emulator.clone());
        let linked = tokio::spawn({
            let stopping = stopping.clone();
            async move {
                shutdown.cancelled().await;
                stopping.cancel();
            }
        });
        let served = server::serve(listener, router, stopping.clone()).await;
        linked.abort();
        stopping.cancel();
        for task in [schedule, sender, upkeep] {
            if let Err(error) = task.await {
                tracing::error!(%error, "background task panicked");
            }
        }
        self.emulator.finish_upkeep().await;
        served
    }
}

/// Runs a background task until it ends, and again whenever it panics.
async fn supervise<F>(name: &'static str, task: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    while let Err(error) = tokio::spawn(task()).await {
        if error.is_cancelled() {
            return;
        }
        tracing::error!(%error, task = name, "background task panicked; it is started again");
        tokio::time::sleep(RESTART_AFTER).await;
    }
}

fn router(emulator: Emulator) -> Router {
    Router::new()
        .merge(api::router())
        .merge(control::router(&emulator))
        .merge(pages::router(&emulator))
        .layer(middleware::from_fn(access_log::log))
        .with_state(emulator)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_background_task_that_panics_is_started_again() {
        let runs = Arc::new(AtomicU32::new(0));
        supervise("test", {
            let runs = Arc::clone(&runs);
            move || {
                let run = runs.fetch_add(1, Ordering::Relaxed);
                async move { assert!(run > 1, "this run panics") }
            }
        })
        .await;
        assert_eq!(runs.load(Ordering::Relaxed), 3);
    }
}
