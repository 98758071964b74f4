//! Simulated actions (docs: `integration-testing`), and printing.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, TestSandbox};

async fn simulate(sandbox: &TestSandbox, id: &str, actions: Value) -> Answer {
    let path = format!("/inquiries/{id}/perform-simulate-actions");
    sandbox
        .post(&path, json!({"meta": {"simulate-actions": actions}}))
        .await
}

async fn events(sandbox: &TestSandbox, id: &str) -> Vec<String> {
    let events = sandbox.get("/events?page[size]=100").await;
    let of_inquiry = |event: &&Value| {
        let data = &event["attributes"]["payload"]["data"];
        data["id"] == id || data["relationships"]["inquiry"]["data"]["id"] == id
    };
    let mut names: Vec<_> = events.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(of_inquiry)
        .map(|event| event["attributes"]["name"].as_str().unwrap().to_owned())
        .collect();
    names.reverse();
    names
}

#[tokio::test]
async fn a_whole_life_can_be_simulated() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let template = json!({"verification-template-id": "vtmpl_sandboxSelfie"});
    let answer = simulate(
        &sandbox,
        &id,
        json!([
            {"type": "start_inquiry"},
            {"type": "create_failed_verification", "data": template},
            {"type": "create_passed_verification", "data": template},
            {"type": "complete_inquiry"},
            {"type": "approve_inquiry"},
        ]),
    )
    .await;
    assert_eq!(answer.text("/data/attributes/status"), "approved");
    assert_eq!(
        answer.text("/data/relationships/verifications/data/0/type"),
        "verification/selfie"
    );
    assert_eq!(
        events(&sandbox, &id).await,
        [
            "inquiry.created",
            "inquiry.started",
            "selfie.created",
            "selfie.submitted",
            "selfie.processed",
            "verification.created",
            "verification.submitted",
            "verification.failed",
            "selfie.created",
            "selfie.submitted",
            "selfie.processed",
            "verification.created",
            "verification.submitted",
            "verification.passed",
            "inquiry.completed",
            "inquiry.approved",
        ]
    );
}

#[tokio::test]
async fn every_end_can_be_simulated_and_none_twice() {
    let sandbox = TestSandbox::start().await;
    for (action, status) in [
        ("fail_inquiry", "failed"),
        ("expire_inquiry", "expired"),
        ("mark_for_review_inquiry", "needs_review"),
        ("decline_inquiry", "declined"),
    ] {
        let id = sandbox.create("usr_1").await;
        let answer = simulate(&sandbox, &id, json!([{"type": action}])).await;
        assert_eq!(answer.text("/data/attributes/status"), status);
        let again = simulate(&sandbox, &id, json!([{"type": "complete_inquiry"}])).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
    }
}

#[tokio::test]
async fn unknown_actions_are_refused_before_any_is_done() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    for action in [
        json!({"type": "delete_inquiry"}),
        json!({"type": "create_passed_verification"}),
        json!({"type": "start_inquiry", "data": {}}),
        json!("start_inquiry"),
    ] {
        let answer = simulate(&sandbox, &id, json!([{"type": "start_inquiry"}, action])).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{action}");
    }
    let inquiry = sandbox.get(&format!("/inquiries/{id}")).await;
    assert_eq!(inquiry.text("/data/attributes/status"), "created");
}

#[tokio::test]
async fn an_inquiry_prints_as_pdf() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let request = sandbox.api(Method::GET, &format!("/inquiries/{id}/print"));
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/pdf");
    let page = response.bytes().await.unwrap();
    assert!(page.starts_with(b"%PDF-") && page.trim_ascii_end().ends_with(b"%%EOF"));
}
