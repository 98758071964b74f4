//! The composition of the app: the program and the tests start the same one.

use std::sync::Arc;

use anyhow::Context as _;
use persona_api::Client;
use secrecy::ExposeSecret as _;

use super::{
    AppParts, AppState, ClickLimit, Config, LiveHub, housekeeping, key_rotation, leptos_options,
    memory,
};
use crate::{
    base::{Clock, Shutdown, Tasks, metrics::PersonaMetrics},
    domain::{Inbox, Reconciler},
    store::{Cipher, Store},
};

/// The app apart from HTTP: its state, and the background tasks behind it.
#[derive(Debug, Clone)]
pub struct App {
    /// The state of every request.
    pub state: AppState,
}

impl App {
    /// Composes the app and starts its inbox and its live updates, which run until the shutdown.
    #[must_use]
    pub fn build(
        config: Config,
        store: Store,
        persona: Client,
        clock: Clock,
        shutdown: Shutdown,
    ) -> Self {
        let tasks = Tasks::new(shutdown.closing().clone());
        let (listener, token) = (store.clone(), shutdown.closing().clone());
        tasks.spawn("store", move || {
            let (store, shutdown) = (listener.clone(), token.clone());
            async move { store.run_background(shutdown).await }
        });
        let inbox = Inbox::open(store.clone(), config.persona.template.clone(), &tasks);
        let live = LiveHub::new(shutdown.closing());
        let (hub, changes) = (live.clone(), store.clone());
        tasks.spawn("live_updates", move || hub.follow(&changes));
        Self {
            state: AppState::from(AppParts {
                leptos: leptos_options(&config),
                clicks: ClickLimit::new(config.click_limit),
                catalog: Arc::clone(&config.brand.catalog),
                config: Arc::new(config),
                store,
                persona,
                inbox,
                clock,
                live,
                tasks,
                shutdown,
            }),
        }
    }

    /// Starts the periodic work of a serving process: key rotation, the reconciler, housekeeping,
    /// and returning freed memory to the system.
    pub fn start_periodic_tasks(&self) {
        let AppParts {
            config,
            store,
            persona,
            clock,
            tasks,
            ..
        } = &*self.state;
        let shutdown = tasks.shutdown().clone();
        if config.data_keys.len() > 1 {
            let rotation = key_rotation::move_to_newest_key(store.clone(), shutdown.clone());
            tasks.spawn_once("key_rotation", rotation);
        }
        let token = shutdown.clone();
        tasks.spawn("memory", move || memory::wake_idle_threads(token.clone()));
        let (reconciler, token) = (Reconciler::new(persona, store.clone()), shutdown.clone());
        tasks.spawn("reconciler", move || reconciler.clone().run(token.clone()));
        let (store, clock) = (store.clone(), clock.clone());
        tasks.spawn("housekeeping", move || {
            housekeeping::run_housekeeping(store.clone(), clock.clone(), shutdown.clone())
        });
    }
}

/// Creates the client of the configured API. Its calls are counted and timed.
///
/// # Errors
/// If TLS cannot be set up, or the API key cannot be a header's value.
pub fn persona_client(config: &Config) -> anyhow::Result<Client> {
    let client = Client::new(&config.persona.connection)
        .context("the client of Persona's API cannot be made")?;
    Ok(client.with_observer(Arc::new(PersonaMetrics)))
}

/// Opens the configured database and brings its schema up to date.
///
/// # Errors
/// If it cannot be reached or migrated, or holds data sealed with a key that is not among `DATA_KEYS`.
pub async fn open_store(config: &Config, clock: Clock) -> anyhow::Result<Store> {
    let url = config.database_url.expose_secret();
    let pool_size = config.database_pool_size;
    let cipher = Cipher::from_keys(&config.data_keys);
    Ok(Store::open_with_pool(url, pool_size, cipher, clock).await?)
}
