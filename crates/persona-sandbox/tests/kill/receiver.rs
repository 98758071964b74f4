//! Takes webhooks and notes which inquiries they said were started.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::Shared;

/// A receiver that accepts everything.
pub(crate) struct Receiver {
    pub(crate) url: String,
    pub(crate) started: Shared<HashSet<String>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let started = Arc::new(Mutex::new(HashSet::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/webhooks", post(take))
            .with_state(Arc::clone(&started));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, started }
    }
}

async fn take(
    State(started): State<Shared<HashSet<String>>>,
    Json(event): Json<Value>,
) -> StatusCode {
    let attributes = &event["data"]["attributes"];
    if attributes["name"] == "inquiry.started" {
        let id = attributes["payload"]["data"]["id"].as_str().unwrap();
        started.lock().unwrap().insert(id.to_owned());
    }
    StatusCode::OK
}
