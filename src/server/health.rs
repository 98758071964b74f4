//! Whether to restart the process, and whether to send it traffic.

use axum::{extract::State, http::StatusCode};

use super::session::chain;
use crate::store::Store;

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers and has this program's schema. Persona is not asked: its
/// outage is no reason to take every process out of service.
pub(super) async fn readyz(State(store): State<Store>) -> (StatusCode, &'static str) {
    match store.check().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!(error = %chain(&error.into()), "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database is not ready\n",
            )
        }
    }
}
