//! An emulator of Persona for development and tests: its REST API, its widget and hosted flow,
//! a dashboard, and controls of its own.
//!
//! It stands alone: `std` and crates, not one type from the app, so that one misreading of
//! Persona cannot cancel itself out. What both must agree with is in `tests/fixtures/`.
//!
//! Which folder uses which, and no other arrow (`tests/arrows/` holds this table):
//!
//! ```text
//! core                     -> -
//! core::model              -> core
//! store::database          -> -
//! store                    -> core, core::model, store::database
//! wire                     -> core, core::model, store
//! setup                    -> core, core::model, wire
//! domain                   -> core, core::model, store, setup
//! runtime::api_log         -> core, core::model, store
//! runtime                  -> core, core::model, store, setup, domain, runtime::api_log
//! delivery                 -> core, core::model, store, wire, runtime
//! scenario                 -> core, core::model, store, domain, runtime
//! tls                      -> core
//! openapi                  -> -
//! http::transport          -> core, runtime
//! http::hosts              -> core
//! http::api                -> core, core::model, openapi, store, domain, wire, runtime, runtime::api_log, http::transport
//! http::control            -> core, core::model, store, setup, domain, wire, runtime, runtime::api_log, scenario, http::transport
//! http::pages::assets      -> -
//! http::pages::flow::texts -> core::model, domain
//! http::pages::flow        -> core, core::model, store, domain, runtime, http::transport, http::pages::assets, http::pages::flow::texts
//! http::pages::dashboard   -> core, core::model, store, domain, wire, runtime, runtime::api_log, scenario, http::transport, http::control
//! http::pages              -> core, runtime
//! http                     -> openapi, runtime
//! in_process               -> core::model, domain, runtime
//! ```
//!
//! - `core`: time, identifiers, key casing, session tokens, the configuration, and the records
//!   (`model`).
//! - `store`: all records in memory and in the state file. One `Tx` for each request; only the
//!   `Store` commits.
//! - `setup`: `persona-sandbox.yaml`, the shape of the integrator's account: templates, accounts,
//!   webhooks.
//! - `domain`: the operations that change inquiries, accounts and webhooks. The API, the pages, the
//!   schedule and the scenarios all call them.
//! - `wire`: the records as Persona's JSON:API resources.
//! - `runtime`: the running sandbox. Its environments, each with a lock, schedule, faults, limits and
//!   API log of its own, and the upkeep of the files.
//! - `openapi`: the vendor's OpenAPI file, whose examples answer what is not emulated.
//! - `delivery`: sends the webhooks. `scenario`: files that script an outcome.
//! - `http`: Persona's REST API (`api`), the sandbox's own controls (`control`), the widget, the
//!   hosted flow and the dashboard (`pages`), what each of Persona's host names serves (`hosts`), and
//!   the connections under them (`transport`). `tls`: the certificate authority of the TLS port.
//! - `in_process`: the controls as methods, for Rust programs that run a sandbox in their process.
//!
//! # In the tests of a Rust program
//!
//! ```
//! use persona_sandbox::in_process::{Finish, NewInquiry, Outcome};
//! use persona_sandbox::{Config, Sandbox};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start(Config::default()).await?;
//! // Start your application with sandbox.api_url(), sandbox.api_key() and sandbox.template_id(), and
//! // let it create the inquiry; here the test does.
//! let inquiry = sandbox.create_inquiry(NewInquiry::of("usr_42"))?;
//! let finish = Finish::with_outcome(Outcome::Declined).with_failed_check("minor");
//! let declined = sandbox.finish(&inquiry.id, &finish)?;
//! assert_eq!(declined.status, "declined");
//! # Ok(())
//! # }
//! ```
//!
//! It never talks to Persona, and it refuses production keys.

mod core;
mod delivery;
mod domain;
mod http;
pub mod in_process;
mod openapi;
mod runtime;
pub mod scenario;
mod setup;
mod store;
mod tls;
mod wire;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

pub use crate::core::yaml::FileError;
pub use crate::core::{Config, StateLocation, WebhookTarget};
pub use delivery::tls_config;
pub use http::{SdkFolder, SdkFolderError};
pub use in_process::RunningSandbox;
pub use openapi::{OpenApi, OpenApiError};
use runtime::{Emulator, Environments, OpenedEnvironments};
pub use setup::Setup;
pub use store::OpenError;
pub use tls::{AuthorityError, CertificateAuthority};

/// How long after a panic a background task is started again.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// A sandbox, ready to serve.
#[derive(Debug)]
pub struct Sandbox {
    environments: Environments,
    opened: OpenedEnvironments,
    tls: Option<http::Port>,
    ca: Option<String>,
    sdk: Option<SdkFolder>,
    openapi: Option<Arc<OpenApi>>,
}

impl Sandbox {
    /// Opens the state, or creates one.
    ///
    /// # Errors
    ///
    /// If the state file is in use, damaged, of another kind, or cannot be read or written. It
    /// is left as it is.
    pub fn open(config: Config) -> Result<Self, OpenError> {
        Self::open_with_setup(config, Setup::default())
    }

    /// Like [`Sandbox::open`], with what the setup has: templates, accounts, webhooks and the settings
    /// of API keys. Its IDs of environment and organization replace those of the configuration.
    ///
    /// # Errors
    ///
    /// As for [`Sandbox::open`].
    pub fn open_with_setup(mut config: Config, setup: Setup) -> Result<Self, OpenError> {
        if let Some(id) = setup.environment_id() {
            id.clone_into(&mut config.environment_id);
        }
        if let Some(id) = setup.organization_id() {
            id.clone_into(&mut config.organization_id);
        }
        let (environments, opened) = Environments::open(config, setup, http::operations())?;
        Ok(Self {
            environments,
            opened,
            tls: None,
            ca: None,
            sdk: None,
            openapi: None,
        })
    }

    /// Starts a sandbox on a free port of this machine, and serves there until the result is dropped.
    ///
    /// `public_url` of the configuration is set to that port.
    ///
    /// # Errors
    ///
    /// If no port can be bound, or the state cannot be opened.
    pub async fn start(config: Config) -> std::io::Result<RunningSandbox> {
        Self::start_with_setup(config, Setup::default()).await
    }

    /// Like [`Sandbox::start`], with what the setup has.
    ///
    /// # Errors
    ///
    /// As for [`Sandbox::start`].
    pub async fn start_with_setup(
        mut config: Config,
        setup: Setup,
    ) -> std::io::Result<RunningSandbox> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        config.public_url = format!("http://localhost:{port}");
        let sandbox = Self::open_with_setup(config, setup).map_err(std::io::Error::other)?;
        let environments = sandbox.environments.clone();
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(sandbox.serve(listener, shutdown.clone()));
        Ok(RunningSandbox::new(environments, serving, shutdown))
    }

    /// Also serves with TLS on `listener`, with a certificate for Persona's own host names that the
    /// authority signs.
    ///
    /// # Errors
    ///
    /// If the certificate cannot be made.
    pub fn with_tls(
        mut self,
        listener: TcpListener,
        authority: &CertificateAuthority,
    ) -> Result<Self, AuthorityError> {
        let config = authority.server_config()?;
        self.tls = Some(http::Port {
            listener,
            tls: Some(TlsAcceptor::from(Arc::new(config))),
        });
        self.ca = Some(authority.pem().to_owned());
        Ok(self)
    }

    /// Serves Persona's SDK from this folder at the host name of Persona's CDN.
    #[must_use]
    pub fn with_sdk(mut self, sdk: SdkFolder) -> Self {
        self.sdk = Some(sdk);
        self
    }

    /// Answers what is not emulated with the examples of the vendor's OpenAPI file, after checking the
    /// request against it.
    #[must_use]
    pub fn with_openapi(mut self, file: OpenApi) -> Self {
        self.openapi = Some(Arc::new(file));
        self
    }

    /// Runs a scenario file in the default environment, without a server.
    ///
    /// # Errors
    ///
    /// If the file is wrong or the state cannot be written; the state is unchanged then. Refused
    /// steps and failed expectations are in the report.
    pub fn run_scenario(&self, file: &str) -> Result<scenario::Report, FileError> {
        let emulator = self.environments.default_environment();
        let scenario = scenario::Scenario::parse(file, emulator.operations())?;
        scenario
            .run(emulator)
            .map_err(|error| FileError::without_place(error.to_string()))
    }

    /// Serves on `listener`, and on the TLS port if there is one, until `shutdown`, then finishes the
    /// requests that are under way.
    ///
    /// # Errors
    ///
    /// If the listener fails, or webhooks cannot be sent at all.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        let emulator = self.environments.default_environment().clone();
        let stopping = emulator.stopping().clone();
        let certificates = emulator.config().webhook_ca.as_deref();
        let client = delivery::client(certificates).map_err(std::io::Error::other)?;
        let tasks = emulator.tasks();
        tasks.spawn(supervise("upkeep of files", {
            let (emulator, stopping) = (emulator.clone(), stopping.clone());
            move || emulator.clone().run_upkeep(stopping.clone())
        }));
        run_environment(&emulator, &client);
        tasks.spawn({
            let (mut opened, stopping) = (self.opened, stopping.clone());
            async move {
                loop {
                    tokio::select! {
                        () = stopping.cancelled() => return,
                        Some(emulator) = opened.recv() => run_environment(&emulator, &client),
                    }
                }
            }
        });
        tasks.spawn({
            let stopping = stopping.clone();
            async move {
                tokio::select! {
                    () = shutdown.cancelled() => stopping.cancel(),
                    () = stopping.cancelled() => {}
                }
            }
        });
        let router = http::router(
            self.environments,
            self.sdk,
            self.ca.as_deref(),
            self.openapi,
        );
        let plain = http::Port {
            listener,
            tls: None,
        };
        let ports = [Some(plain), self.tls].into_iter().flatten().collect();
        let served = http::serve(ports, router, stopping.clone()).await;
        stopping.cancel();
        tasks.close();
        tasks.wait().await;
        emulator.finish_upkeep().await;
        served
    }
}

/// Starts the schedule of an environment and the sending of its webhooks, until it stops.
fn run_environment(emulator: &Emulator, client: &reqwest::Client) {
    let stopping = emulator.stopping();
    emulator.tasks().spawn(supervise("schedule", {
        let (emulator, stopping) = (emulator.clone(), stopping.clone());
        move || emulator.clone().run_schedule(stopping.clone())
    }));
    emulator.tasks().spawn(supervise("sending of webhooks", {
        let (emulator, client, stopping) = (emulator.clone(), client.clone(), stopping.clone());
        move || delivery::run(emulator.clone(), client.clone(), stopping.clone())
    }));
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
