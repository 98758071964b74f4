//! Liveness and readiness.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, http::StatusCode};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    base::{Shutdown, Tasks, error_chain},
    store::Store,
};

/// How long the database may take to respond.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a result is reused: anyone may request `/readyz` as often as they like.
const CACHE_FOR: Duration = Duration::from_secs(1);

/// The conditions under which the process gets traffic.
#[derive(Debug, Clone)]
pub(crate) struct Readiness {
    store: Store,
    tasks: Tasks,
    shutdown: Shutdown,
    /// The last result of the database check, and when it was taken.
    said: Arc<Mutex<Option<(bool, Instant)>>>,
}

impl Readiness {
    pub(crate) fn new(store: Store, tasks: Tasks, shutdown: Shutdown) -> Self {
        Self {
            store,
            tasks,
            shutdown,
            said: Arc::default(),
        }
    }

    /// Why the process is not ready, for people; `None` if it is ready.
    async fn problem(&self) -> Option<&'static str> {
        if self.shutdown.is_draining() {
            return Some("this process is stopping");
        }
        if !self.tasks.stopped().is_empty() {
            return Some("a background task is down");
        }
        (!self.database_is_ready().await).then_some("the database is not ready")
    }

    async fn database_is_ready(&self) -> bool {
        // One request checks; concurrent ones wait for its result.
        let mut said = self.said.lock().await;
        if let Some((is_ready, at)) = *said
            && at.elapsed() < CACHE_FOR
        {
            return is_ready;
        }
        let is_ready = self.ask().await;
        *said = Some((is_ready, Instant::now()));
        is_ready
    }

    async fn ask(&self) -> bool {
        match tokio::time::timeout(CHECK_TIMEOUT, self.store.check()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(error = %error_chain(&error), "not ready");
                false
            }
            Err(_) => {
                tracing::error!("not ready: the database does not answer");
                false
            }
        }
    }
}

/// `GET /healthz`: the process responds.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the process is not stopping, its background tasks run, and the database responds
/// and has this program's schema. Persona is not checked: its outage must not take every process out
/// of service.
pub(crate) async fn readyz(State(readiness): State<Readiness>) -> (StatusCode, String) {
    match readiness.problem().await {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(problem) => (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")),
    }
}
