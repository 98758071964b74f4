//! Persona as a sender of webhooks: events written by hand, signed by an HMAC of the tests' own.

use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use persona_onboarding::{
    base::Clock,
    store::{EventRow, EventState},
};
use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::TestApp;

pub const SECRET: &str = "wbhsec_test";

/// An event about an inquiry of the demo user's, so many seconds into the day.
pub fn event(id: &str, name: &str, inquiry: &str, second: u8) -> Value {
    let status = match name.trim_start_matches("inquiry.") {
        "started" => "pending",
        "marked-for-review" => "needs_review",
        "redacted" => "approved",
        other => other,
    };
    let at = format!("2026-01-05T10:00:{second:02}.000Z");
    json!({"data": {"type": "event", "id": id, "attributes": {
        "name": name,
        "created-at": at,
        "payload": {"data": {
            "type": "inquiry",
            "id": inquiry,
            "attributes": {
                "status": status,
                "reference-id": "usr_ABC123",
                "created-at": "2026-01-05T10:00:00.000Z",
                "updated-at": at,
                "fields": {"name_first": {"type": "string", "value": "Alexander"}},
            },
            "relationships": {
                "inquiry-template": {"data": {"type": "inquiry-template", "id": "itmpl_sandboxKYC"}},
            },
        }},
    }}})
}

/// The attributes of the inquiry in an event.
pub fn payload(event: &mut Value) -> &mut Value {
    &mut event["data"]["attributes"]["payload"]["data"]
}

pub fn now() -> i64 {
    Clock::system().now().as_second()
}

/// One `t=…,v1=…`.
pub fn sign(secret: &str, t: i64, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .unwrap()
        .chain_update(format!("{t}."))
        .chain_update(body)
        .finalize()
        .into_bytes();
    let hex = const_hex::encode(mac);
    format!("t={t},v1={hex}")
}

/// Sends a body as it is, under a signature as it is.
pub async fn post(app: &TestApp, body: &[u8], signature: &str) -> StatusCode {
    app.request(Method::POST, "/webhooks/persona")
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header("persona-signature", signature)
        .body(body.to_vec())
        .send()
        .await
        .unwrap()
        .status()
}

/// Sends an event as Persona does.
pub async fn send(app: &TestApp, event: &Value) -> StatusCode {
    let body = event.to_string().into_bytes();
    post(app, &body, &sign(SECRET, now(), &body)).await
}

/// Sends an event, and waits until it is settled.
pub async fn send_and_settle(app: &TestApp, event: &Value) -> EventRow {
    assert_eq!(send(app, event).await, StatusCode::OK);
    settled(app, event["data"]["id"].as_str().unwrap()).await
}

/// The event once it waits no more.
pub async fn settled(app: &TestApp, id: &str) -> EventRow {
    let started = Instant::now();
    loop {
        if let Some(row) = app.store.find_event(id).await.unwrap()
            && row.state != EventState::Waiting
        {
            return row;
        }
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{id} is not settled"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
