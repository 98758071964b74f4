//! The state that all requests share.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio::time::Instant;

use crate::{
    app::{ClickLimit, ClickPermit, Config, LiveHub},
    base::{Clock, Shutdown, Tasks},
    domain::{ClickContext, Inbox, User},
    store::Store,
};

/// How long a click may take, its response included.
const CLICK_TIMEOUT: Duration = Duration::from_secs(14);

/// The parts of the running server. Cheap to clone.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// The options of Leptos: where the browser's files are.
    pub leptos: LeptosOptions,
    /// The configuration.
    pub config: Arc<Config>,
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
