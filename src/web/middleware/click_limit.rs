//! How many clicks may be under way at once in this process (`CLICK_LIMIT`).
//!
//! While a click waits for Persona, its request, task and rows are in memory. Without a limit, a slow
//! Persona and many users would exhaust the memory. Beyond the limit a click gets 503 with
//! `Retry-After` at once, before its session is looked up.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header::RETRY_AFTER},
};
use tokio::time::Instant;

use crate::{
    api::ErrorCode,
    app::ClickLimit,
    base::metrics,
    web::middleware::{
        error_body,
        step::{Before, Step},
    },
};

/// The routes of a click.
const PATHS: [&str; 2] = ["/api/inquiries/get-or-create", "/onboarding/start"];
/// In seconds: about the duration of a click.
const RETRY_AFTER_VALUE: HeaderValue = HeaderValue::from_static("1");

/// How often shedding is logged: a line for each click would be a load of its own.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Gives a click its permit, or sheds it.
#[derive(Debug, Clone)]
pub(crate) struct Shed(pub(crate) ClickLimit);

impl Step for Shed {
    type Kept = ();

    fn before(&self, request: &mut Request) -> Before<()> {
        let path = request.uri().path();
        if request.method() != Method::POST || !PATHS.contains(&path) {
            return Before::Continue(());
        }
        let Some(permit) = self.0.try_acquire() else {
            metrics::click_shed();
            log_rarely();
            let texts = error_body::texts(request.extensions());
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let mut response = error_body::refusal(&texts, path, ErrorCode::TryAgain, status);
            response
                .headers_mut()
                .insert(RETRY_AFTER, RETRY_AFTER_VALUE);
            return Before::Answer(response);
        };
        request.extensions_mut().insert(permit);
        Before::Continue(())
    }
}

fn log_rarely() {
    static LOGGED_AT: Mutex<Option<Instant>> = Mutex::new(None);
    let mut logged_at = LOGGED_AT.lock().unwrap_or_else(PoisonError::into_inner);
    if logged_at.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
        *logged_at = Some(Instant::now());
        tracing::warn!(
            "clicks are refused: CLICK_LIMIT of them are under way; check whether Persona or the \
             database is slow, or start another process"
        );
    }
}
