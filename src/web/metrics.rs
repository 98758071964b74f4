//! `GET /metrics`, on an address of its own that is never the public one.

use std::time::{Duration, Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{
        Method,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    base::{Tasks, error_chain, metrics},
    store::Store,
};

/// How often timings are put in order while nobody reads them.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Metrics {
    handle: PrometheusHandle,
    store: Store,
}

/// Begins to count, and builds what is served on `METRICS_ADDR`.
///
/// # Errors
/// If something else counts in this process already.
pub fn metrics_router(store: Store, tasks: &Tasks) -> anyhow::Result<Router> {
    let handle = metrics::install()?;
    let (kept, shutdown) = (handle.clone(), tasks.shutdown().clone());
    tasks.spawn("metrics_upkeep", move || {
        let (kept, shutdown) = (kept.clone(), shutdown.clone());
        async move {
            while shutdown
                .run_until_cancelled(tokio::time::sleep(UPKEEP_INTERVAL))
                .await
                .is_some()
            {
                kept.run_upkeep();
            }
        }
    });
    Ok(Router::new()
        .route("/metrics", get(write))
        .with_state(Metrics { handle, store }))
}

async fn write(State(metrics): State<Metrics>) -> Response {
    // Counted when asked for: all processes on one database say the same.
    match metrics.store.count_events().await {
        Ok(counts) => {
            metrics::inbox_events("waiting", counts.waiting);
            metrics::inbox_events("parked", counts.parked);
        }
        Err(error) => tracing::warn!(error = %error_chain(&error), "could not count events"),
    }
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")];
    (headers, metrics.handle.render()).into_response()
}

/// Counts and times a request, by its route: a path may hold an ID.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = name_of(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |it| it.as_str().to_owned());
    let response = next.run(request).await;
    metrics::http_request(
        method,
        &route,
        response.status().as_u16(),
        started.elapsed(),
    );
    response
}

/// Anybody can make up a method.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
