//! The state that all requests share.

use std::{ops::Deref, sync::Arc, time::Duration};

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio::time::Instant;

use crate::{
    app::{ClickLimit, ClickPermit, Config, LiveHub},
    base::{Clock, Shutdown, Tasks},
    domain::{ClickContext, Inbox, User},
    i18n::Catalog,
    store::Store,
};

/// How long a click may take, its response included.
const CLICK_TIMEOUT: Duration = Duration::from_secs(14);

/// The state of every request. Each layer and extractor clones it, so it is one pointer.
#[derive(Debug, Clone)]
pub struct AppState(Arc<AppParts>);

/// The parts of the running server.
#[derive(Debug)]
pub struct AppParts {
    /// The options of Leptos: where the browser's files are.
    pub leptos: LeptosOptions,
    /// The configuration.
    pub config: Arc<Config>,
    /// The texts of all languages.
    pub catalog: Arc<Catalog>,
    /// The database.
    pub store: Store,
    /// The client of Persona's API.
    pub persona: persona_api::Client,
    /// The inbox of webhook events.
    pub inbox: Inbox,
    /// The time of day.
    pub clock: Clock,
    /// The live streams.
    pub live: LiveHub,
    /// The limit on concurrent clicks.
    pub clicks: ClickLimit,
    /// The background tasks.
    pub tasks: Tasks,
    /// The shutdown of the process.
    pub shutdown: Shutdown,
}

impl Deref for AppState {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0
    }
}

impl From<AppParts> for AppState {
    fn from(parts: AppParts) -> Self {
        Self(Arc::new(parts))
    }
}

/// Leptos finds its options in the state.
impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

impl AppState {
    /// The context of a click whose time begins now.
    #[must_use]
    pub fn get_or_create(&self, permit: Option<ClickPermit>) -> ClickContext {
        ClickContext {
            persona: self.persona.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            template: self.config.persona.template.clone(),
            policy: self.config.inquiry_policy,
            deadline: Instant::now() + CLICK_TIMEOUT,
            permit: permit.map(ClickPermit::into_inner),
        }
    }

    /// Whether the user is listed in `OPERATORS`.
    #[must_use]
    pub fn is_operator(&self, user: &User) -> bool {
        self.config.operators.contains(&user.id)
    }
}
