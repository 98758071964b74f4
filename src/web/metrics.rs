//! `GET /metrics`, on its own address (`METRICS_ADDR`), which must not be public.

use std::time::{Duration, Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{
        Method,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    base::{Tasks, error_chain, metrics},
    store::Store,
    web::middleware::step::{Before, Step},
};

/// How often histograms are compacted while nothing scrapes them.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Metrics {
    handle: PrometheusHandle,
    store: Store,
}

/// Installs the recorder and builds the router for `METRICS_ADDR`.
///
/// # Errors
/// If another recorder is installed in this process.
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
    // Counted on each scrape: all processes on one database report the same.
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

/// Counts and times a request by its route, since a path may hold an ID.
#[derive(Debug, Clone)]
pub(crate) struct Count;

impl Step for Count {
    type Kept = (Instant, &'static str, Option<MatchedPath>);

    fn before(&self, request: &mut Request) -> Before<Self::Kept> {
        let route = request.extensions().get::<MatchedPath>().cloned();
        Before::Continue((Instant::now(), method_name(request.method()), route))
    }

    fn after(&self, (started, method, route): Self::Kept, response: &mut Response) {
        let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
        metrics::http_request(method, route, response.status().as_u16(), started.elapsed());
    }
}

/// The method as a label: clients can invent methods, so others share one label.
fn method_name(method: &Method) -> &'static str {
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
