//! How many clicks may be under way at once in this process (`CLICK_LIMIT`).
//!
//! A click waits for Persona, with its request, its task and its rows in memory. Without a limit, a
//! slow Persona and many people fill the memory, and everybody waits for nothing. Beyond the limit a
//! click is answered 503 at once, before its session is looked up, and says when to come back.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header::RETRY_AFTER},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;

use crate::{
    api::{ApiError, ErrorCode},
    app::ClickLimit,
    base::metrics,
    web::middleware::error_body,
};

/// What a click may ask for.
const PATHS: [&str; 2] = ["/api/inquiries/get-or-create", "/onboarding/start"];
/// When to come back: a click takes about as long.
const COME_BACK: HeaderValue = HeaderValue::from_static("1");

/// How often the log says that clicks are refused: a line for each would be a load of its own.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Gives a click its place, or refuses it.
pub(crate) async fn shed(
    State(limit): State<ClickLimit>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if request.method() != Method::POST || !PATHS.contains(&path) {
        return next.run(request).await;
    }
    let Some(permit) = limit.try_acquire() else {
        metrics::click_shed();
        log_now_and_then();
        let error = ApiError::new(ErrorCode::TryAgain);
        let mut response = error_body::refusal(path, StatusCode::SERVICE_UNAVAILABLE, error);
        response.headers_mut().insert(RETRY_AFTER, COME_BACK);
        return response;
    };
    request.extensions_mut().insert(permit);
    next.run(request).await
}

fn log_now_and_then() {
    static LOGGED_AT: Mutex<Option<Instant>> = Mutex::new(None);
    let mut logged_at = LOGGED_AT.lock().unwrap_or_else(PoisonError::into_inner);
    if logged_at.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
        *logged_at = Some(Instant::now());
        tracing::warn!(
            "clicks are refused: CLICK_LIMIT of them are under way; see whether Persona or the \
             database is slow, or start another process"
        );
    }
}
