//! What an operator's Prometheus reads.

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use persona_onboarding::web;
use reqwest::{Method, StatusCode};
use tower::ServiceExt as _;

use crate::{
    support::TestApp,
    webhook_sender::{event, post, send, send_and_settle},
};

/// The value of a series, which begins with its name and labels.
fn value(text: &str, series: &str) -> f64 {
    text.lines()
        .find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
        .unwrap_or_default()
}

#[tokio::test]
async fn metrics_count_without_identifying_a_user() {
    let app = TestApp::start().await;
    let metrics = web::metrics_router(app.store.clone(), &app.tasks).unwrap();
    let read = async || {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let answer = metrics.clone().oneshot(request).await.unwrap();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    assert!(read().await.contains("\ninquiry_drift_total 0\n"));

    // Other tests of this program count beside this one: what is counted only grows.
    let before = read().await;
    let cookie = app.sign_in().await;
    let (_, answer) = app.click(&cookie).await;
    let id = answer["inquiry_id"].as_str().unwrap().to_owned();
    let first = event("evt_m1", "inquiry.approved", &id, 59);
    send_and_settle(&app, &first).await;
    send(&app, &first).await;
    let mut parked = event("evt_m2", "inquiry.approved", "inq_m2", 1);
    parked["data"]["attributes"]["payload"]["data"]["attributes"]["reference-id"] =
        "usr_nobody".into();
    send_and_settle(&app, &parked).await;
    let refused = post(&app, b"{}", "t=1,v1=").await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    for path in [
        format!("/inquiries/{id}"),
        "/results/res_private".to_owned(),
    ] {
        app.request(Method::GET, &path).send().await.unwrap();
    }

    let after = read().await;
    for (series, least) in [
        (r#"webhooks_total{result="new"}"#, 2.0),
        (r#"webhooks_total{result="duplicate"}"#, 1.0),
        (r#"webhooks_total{result="bad_signature"}"#, 1.0),
        (r#"get_or_create_total{outcome="created"}"#, 1.0),
        (
            r#"persona_calls_total{operation="create inquiry",outcome="ok"}"#,
            1.0,
        ),
        (
            r#"http_requests_total{method="POST",route="/webhooks/persona",status="200"}"#,
            3.0,
        ),
        (
            r#"persona_call_duration_seconds_count{operation="list inquiries"}"#,
            1.0,
        ),
    ] {
        let grown = value(&after, series) - value(&before, series);
        assert!(grown >= least, "{series} grew by {grown}\n{after}");
    }
    assert!(
        after.contains("inbox_events{state=\"parked\"} 1\n"),
        "{after}"
    );
    for private in ["inq_", "res_", "usr_", "evt_", "Alexander", "127.0.0.1"] {
        assert!(!after.contains(private), "{private}\n{after}");
    }
    // It is on no public address.
    let public = app.request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(public.status(), StatusCode::NOT_FOUND);
}
