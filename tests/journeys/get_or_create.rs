//! A click gives the user's unfinished inquiry, or a new one; never a second one by mistake.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn the_first_click_creates_an_inquiry_prefilled_from_the_users_row() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (status, answer) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer["session_token"].is_null());

    let inquiries = app.inquiries().await;
    assert_eq!(inquiries.len(), 1);
    assert_eq!(inquiries[0]["id"], answer["inquiry_id"]);
    let attributes = &inquiries[0]["attributes"];
    assert_eq!(attributes["status"], "created");
    assert_eq!(attributes["reference-id"], "usr_ABC123");
    let fields = attributes["fields"].to_string();
    for value in ["Alexander", "Sample", "1977-08-31"] {
        assert!(fields.contains(value), "{value} is not prefilled: {fields}");
    }
}

#[tokio::test]
async fn a_created_inquiry_is_opened_again_by_its_id_alone() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (_, first) = app.click(&cookie).await;
    let (status, second) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(first, second);
    assert_eq!(app.inquiries().await.len(), 1);
}

#[tokio::test]
async fn a_pending_inquiry_comes_with_a_session_token() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (_, first) = app.click(&cookie).await;
    app.begin(first["inquiry_id"].as_str().unwrap()).await;
    let (status, second) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(second["inquiry_id"], first["inquiry_id"]);
    assert!(
        second["session_token"]
            .as_str()
            .is_some_and(|token| !token.is_empty())
    );
}

#[tokio::test]
async fn clicks_cost_two_calls_then_one_then_two() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let count = async |operation: &str| app.calls().await[operation].as_u64().unwrap_or(0);

    let (_, first) = app.click(&cookie).await;
    assert_eq!((count("list").await, count("create").await), (1, 1));
    app.click(&cookie).await;
    assert_eq!((count("list").await, count("create").await), (2, 1));
    app.begin(first["inquiry_id"].as_str().unwrap()).await;
    app.click(&cookie).await;
    assert_eq!((count("list").await, count("resume").await), (3, 1));
}

#[tokio::test]
async fn a_failed_lookup_is_an_error_and_never_a_creation() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    for kind in [
        "status:400",
        "status:401",
        "status:403",
        "status:404",
        "status:409",
        "status:422",
        "status:500",
        "status:503",
        "html",
        "truncate",
        "reset",
        "drop_answer",
    ] {
        app.fault("list", kind, 100).await;
        let (status, answer) = app.click(&cookie).await;
        app.clear_faults().await;
        assert_eq!(status, StatusCode::BAD_GATEWAY, "{kind}");
        assert_eq!(answer["error"]["code"], "persona_failed", "{kind}");
    }
    app.fault("list", "status:429", 100).await;
    let (status, answer) = app.click(&cookie).await;
    app.clear_faults().await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"try_again".into())
    );
    assert_eq!(app.inquiries().await.len(), 0);

    let (status, _) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_slow_persona_is_a_timeout_within_fifteen_seconds() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    app.fault("list", "delay", 100).await;
    let started = std::time::Instant::now();
    let request = app.request(Method::POST, "/api/inquiries/get-or-create");
    let answer = request
        .header(header::COOKIE, &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["code"], "timeout");
    assert!(started.elapsed().as_secs() < 15);
    assert_eq!(app.inquiries().await.len(), 0);
}

#[tokio::test]
async fn a_resume_that_fails_is_an_error_and_not_a_null_token() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (_, first) = app.click(&cookie).await;
    app.begin(first["inquiry_id"].as_str().unwrap()).await;
    app.fault("resume", "status:500", 100).await;
    let (status, _) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn an_inquiry_that_ends_before_it_is_resumed_does_not_block_the_click() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (_, first) = app.click(&cookie).await;
    let first = first["inquiry_id"].as_str().unwrap();
    app.begin(first).await;
    let fault = json!({"operation": "resume", "kind": "delay", "count": 1, "delay_ms": 1_000});
    app.sandbox(Method::POST, "/_sandbox/faults", Some(fault))
        .await;
    let (click, ()) = tokio::join!(app.click(&cookie), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        app.simulate(first, &["complete_inquiry"]).await;
    });
    let (status, second) = click;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(second["inquiry_id"], first);
    assert!(second["session_token"].is_null());
}

#[tokio::test]
async fn clicks_that_wait_for_another_click_call_persona_rarely() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let fault = json!({"operation": "create", "kind": "delay", "count": 1, "delay_ms": 3_000});
    app.sandbox(Method::POST, "/_sandbox/faults", Some(fault))
        .await;
    let clicks = (0..10).map(|_| app.click(&cookie));
    let answers = futures_util::future::join_all(clicks).await;
    assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK));
    assert_eq!(app.inquiries().await.len(), 1);
    let lists = app.calls().await["list"].as_u64().unwrap();
    assert!(lists <= 60, "Persona was asked {lists} times");
}

#[tokio::test]
async fn a_signed_out_click_makes_no_call_to_persona() {
    let app = TestApp::start().await;
    for cookie in ["", "session=forged", "session=AAAA=BBBB"] {
        let (status, answer) = app.click(cookie).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer["error"]["code"], "signed_out");
    }
    assert!(app.calls().await["list"].as_u64().unwrap_or(0) == 0);
}

#[tokio::test]
async fn an_empty_request_of_any_form_is_accepted_and_its_content_ignored() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let forms = [
        (None, ""),
        (Some("application/json"), "{}"),
        (
            Some("application/json"),
            r#"{"reference_id":"usr_other","name_first":"Mallory"}"#,
        ),
        (Some("application/x-www-form-urlencoded"), ""),
        (
            Some("application/x-www-form-urlencoded"),
            "reference_id=usr_other&name_first=Mallory",
        ),
    ];
    for (content_type, body) in forms {
        let mut request = app
            .request(Method::POST, "/api/inquiries/get-or-create")
            .header(header::COOKIE, &cookie)
            .body(body);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{content_type:?} {body}");
    }
    // Nor does it matter whether it can be read, or which form the answer should have.
    for (content_type, accept) in [
        ("application/octet-stream", "*/*"),
        ("application/x-www-form-urlencoded", "text/html"),
        ("application/json", "text/html,application/xhtml+xml"),
    ] {
        let request = click_with(&app, content_type, accept).body(vec![0xff, 0xfe]);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{content_type}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], "signed_out", "{content_type}");

        let request = click_with(&app, content_type, accept).body(vec![0xff, 0xfe]);
        let answer = request
            .header(header::COOKIE, &cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{content_type}");
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["inquiry_id"].is_string(), "{content_type}");
    }
    let inquiries = app.inquiries().await;
    assert_eq!(inquiries.len(), 1);
    assert!(!inquiries[0].to_string().contains("Mallory"));
}

fn click_with(app: &TestApp, content_type: &str, accept: &str) -> RequestBuilder {
    app.request(Method::POST, "/api/inquiries/get-or-create")
        .header(header::CONTENT_TYPE, content_type)
        .header(header::ACCEPT, accept)
        .header(header::REFERER, format!("{}/onboarding", app.url))
}

#[tokio::test]
async fn another_sites_click_is_refused() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let answer = app
            .request(Method::POST, "/api/inquiries/get-or-create")
            .header(header::COOKIE, &cookie)
            .header("origin", &app.url)
            .header(name, value)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], "cross_origin");
    }
    assert_eq!(app.inquiries().await.len(), 0);

    // A request with another host name gets a response that names the right address.
    let form = app
        .request(Method::POST, "/onboarding/start")
        .header(header::COOKIE, &cookie)
        .header("origin", "http://127.0.0.1:3000");
    let answer = form.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let text = answer.text().await.unwrap();
    assert!(
        text.contains("Our own pages are at http://localhost"),
        "{text}"
    );
}

#[tokio::test]
async fn without_script_a_plain_form_leads_to_the_hosted_flow() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let start = async || {
        let request = app.request(Method::POST, "/onboarding/start");
        request
            .header(header::COOKIE, &cookie)
            .send()
            .await
            .unwrap()
    };
    let answer = start().await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()[header::LOCATION].to_str().unwrap();
    assert!(
        location.starts_with(&format!("{}/verify?", app.sandbox_url)),
        "{location}"
    );
    assert!(
        !location.contains("inq_"),
        "the ID is a secret while the inquiry is created"
    );
    assert_eq!(app.inquiries().await.len(), 1);
    // Its last screen leads back here: the one-time link takes the way from the inquiry.
    assert_eq!(app.calls().await["update"], 1);

    app.fault("one-time-link", "status:500", 100).await;
    let answer = start().await;
    assert_eq!(
        answer.headers()[header::LOCATION],
        "/onboarding?problem=persona_failed"
    );
}

#[tokio::test]
async fn the_query_of_the_hosted_flow_is_dropped() {
    let app = TestApp::start().await;
    let path = "/onboarding/return?inquiry-id=inq_1&status=completed&fields[name][value]=Ada";
    let answer = app.request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/onboarding");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers()[header::REFERRER_POLICY], "no-referrer");
}
