//! An inquiry that has used up its sessions: the next click replaces it without help from an operator.

use std::sync::Arc;

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Start, TestApp};

/// Opens an inquiry's sessions until Persona gives no more.
async fn spend(app: &TestApp, id: &str) {
    let attributes = json!({"data": {"attributes": {"inquiry-id": id}}});
    for opened in 0..100 {
        let request = app
            .http
            .post(format!("{}/api/v1/inquiry-sessions", app.sandbox_url))
            .bearer_auth("persona_sandbox_test")
            .json(&attributes);
        let answer = request.send().await.unwrap();
        if answer.status() == StatusCode::UNPROCESSABLE_ENTITY {
            assert_eq!(opened, 25, "Persona's cap");
            // Those that nobody used would let a resume through.
            let body = json!({"meta": {"inquiry-ids": [id]}});
            let path = "/api/v1/inquiry-sessions/expire-all";
            app.sandbox(Method::POST, path, Some(body)).await;
            return;
        }
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }
    panic!("there is no cap");
}

async fn click(app: &TestApp, cookie: &str) -> Value {
    let (status, answer) = app.click(cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn statuses(inquiries: &[Value]) -> Vec<&str> {
    inquiries
        .iter()
        .map(|inquiry| inquiry["attributes"]["status"].as_str().unwrap())
        .collect()
}

/// A user with an inquiry that has used up its sessions.
async fn start(variables: &[(&str, &str)], is_pending: bool) -> (TestApp, String, String) {
    let app = TestApp::start_with(variables).await;
    let cookie = app.sign_in().await;
    let id = click(&app, &cookie).await["inquiry_id"]
        .as_str()
        .unwrap()
        .to_owned();
    if is_pending {
        app.begin(&id).await;
    }
    spend(&app, &id).await;
    (app, cookie, id)
}

#[tokio::test]
async fn a_spent_inquiry_is_expired_before_another_is_made() {
    for policy in ["repeat", "once"] {
        for is_pending in [true, false] {
            let (app, cookie, spent) = start(&[("INQUIRY_POLICY", policy)], is_pending).await;
            let answer = click(&app, &cookie).await;
            assert_ne!(answer["inquiry_id"], *spent, "{policy}");
            let inquiries = app.inquiries().await;
            assert_eq!(statuses(&inquiries), ["created", "expired"], "{policy}");
            // And that one is gone on with.
            assert_eq!(
                click(&app, &cookie).await["inquiry_id"],
                answer["inquiry_id"]
            );
        }
    }
}

#[tokio::test]
async fn without_script_a_spent_inquiry_is_replaced_too() {
    for is_pending in [true, false] {
        let (app, cookie, _) = start(&[], is_pending).await;
        let request = app
            .request(Method::POST, "/onboarding/start")
            .header(header::COOKIE, &cookie);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let location = answer.headers()[header::LOCATION]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(location.contains("/verify?code="), "{location}");
        assert_eq!(statuses(&app.inquiries().await), ["created", "expired"]);
    }
}

#[tokio::test]
async fn many_tabs_and_two_processes_replace_a_spent_inquiry_once() {
    for is_pending in [true, false] {
        let (first, cookie, _) = start(&[], is_pending).await;
        let first = Arc::new(first);
        let beside = Start {
            beside: Some(&first),
            ..Start::default()
        };
        let second = Arc::new(TestApp::start_as(beside).await);
        let mut tabs = JoinSet::new();
        for tab in 0..20 {
            let app = if tab % 2 == 0 { &first } else { &second }.clone();
            let cookie = cookie.clone();
            tabs.spawn(async move { click(&app, &cookie).await["inquiry_id"].clone() });
        }
        let opened = tabs.join_all().await;
        let inquiries = first.inquiries().await;
        assert_eq!(statuses(&inquiries), ["created", "expired"]);
        assert!(opened.iter().all(|id| *id == inquiries[0]["id"]));
    }
}

#[tokio::test]
async fn an_expiry_that_is_not_confirmed_creates_nothing() {
    for kind in ["status:500", "status:409", "drop_answer", "html"] {
        let (app, cookie, spent) = start(&[], true).await;
        app.fault("expire", kind, 100).await;
        app.fault("retrieve", "status:500", 100).await;
        let (status, answer) = app.click(&cookie).await;
        assert_ne!(status, StatusCode::OK, "{kind}: {answer}");
        assert_eq!(app.inquiries().await.len(), 1, "{kind}");
        app.clear_faults().await;

        // Whatever was done of it, the next click does the rest.
        let answer = click(&app, &cookie).await;
        assert_ne!(answer["inquiry_id"], *spent, "{kind}");
        assert_eq!(
            statuses(&app.inquiries().await),
            ["created", "expired"],
            "{kind}"
        );
    }
}

#[tokio::test]
async fn a_refusal_with_sessions_left_ends_nothing() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let id = click(&app, &cookie).await["inquiry_id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.begin(&id).await;
    app.fault("resume", "status:422", 100).await;
    let (status, answer) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{answer}");
    assert_eq!(statuses(&app.inquiries().await), ["pending"]);
}
