//! Values that tell what happened, and when.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::receiver::{Receiver, config_for, simulate};
use crate::support::TestSandbox;

/// The events of an inquiry, oldest first: their names, and the objects as they were.
async fn events(sandbox: &TestSandbox, object: &str) -> Vec<(String, Value)> {
    let list = sandbox
        .get(&format!("/events?page[size]=100{object}"))
        .await;
    let events = list.body["data"].as_array().unwrap();
    events
        .iter()
        .rev()
        .map(|event| {
            let attributes = &event["attributes"];
            let name = attributes["name"].as_str().unwrap().to_owned();
            (name, attributes["payload"]["data"].clone())
        })
        .collect()
}

#[tokio::test]
async fn the_events_of_a_check_show_it_as_it_was_then() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    sandbox.walk(&id, None, &["start", "government_id"]).await;
    let of_check: Vec<_> = events(&sandbox, "")
        .await
        .into_iter()
        .filter(|(name, _)| name.starts_with("verification."))
        .collect();
    let attributes = |index: usize, name: &str| of_check[index].1["attributes"][name].clone();
    let names: Vec<_> = of_check.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "verification.created",
            "verification.submitted",
            "verification.passed"
        ]
    );
    assert_eq!(attributes(0, "status"), "initiated");
    assert_eq!(attributes(0, "submitted-at"), Value::Null);
    assert_eq!(attributes(1, "status"), "submitted");
    assert!(attributes(1, "submitted-at").is_string());
    for index in [0, 1] {
        assert_eq!(attributes(index, "completed-at"), Value::Null);
        assert_eq!(attributes(index, "completed-at-ts"), Value::Null);
    }
    assert_eq!(attributes(2, "status"), "passed");
    assert!(attributes(2, "completed-at").is_string());
}

#[tokio::test]
async fn an_event_does_not_know_what_came_after_it() {
    let sandbox = TestSandbox::start().await;
    let simulated = sandbox.create("usr_1").await;
    simulate(&sandbox, &simulated, &["complete_inquiry"]).await;
    let walked = sandbox.create("usr_2").await;
    sandbox
        .walk(&walked, None, &["start", "government_id", "selfie"])
        .await;
    for id in [simulated, walked] {
        for (name, inquiry) in events(&sandbox, &format!("&filter[object-id]={id}")).await {
            let status = inquiry["attributes"]["status"].as_str().unwrap();
            let open = ["inquiry.created", "inquiry.started", "inquiry.transitioned"];
            if open.contains(&name.as_str()) {
                assert!(matches!(status, "created" | "pending"), "{name}: {status}");
                assert_eq!(inquiry["attributes"]["completed-at"], Value::Null);
            }
        }
    }
}

#[tokio::test]
async fn an_account_is_updated_when_its_name_changes() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let account = async |id: &str| {
        let answer = sandbox
            .get(&format!("/inquiries/{id}?include=account"))
            .await;
        answer.body["included"][0]["attributes"].clone()
    };
    let before = account(&id).await;
    assert_eq!(before["fields"]["name"]["value"]["last"]["value"], "Sample");
    sandbox.advance(60).await;
    sandbox.walk(&id, None, &["start", "government_id"]).await;
    let after = account(&id).await;
    assert_eq!(after["fields"]["name"]["value"]["last"]["value"], "SAMPLE");
    assert_ne!(after["updated-at"], before["updated-at"]);
    assert_eq!(after["created-at"], before["created-at"]);

    // It is one account, whichever inquiry leads to it.
    sandbox.advance(60).await;
    let other = sandbox.create("usr_1").await;
    assert_eq!(account(&other).await, account(&id).await);

    // Nothing of what was redacted is left in it.
    for id in [&id, &other] {
        TestSandbox::send(sandbox.api(Method::DELETE, &format!("/inquiries/{id}"))).await;
    }
    let redacted = account(&id).await.to_string();
    assert!(!redacted.to_lowercase().contains("sample"), "{redacted}");
}

#[tokio::test]
async fn a_status_on_demand_looks_like_one() {
    let sandbox = TestSandbox::start().await;
    let meet = async |kind: &str| {
        let fault = json!({"operation": "list", "kind": kind, "count": 1});
        sandbox.fault(fault).await;
        sandbox.get("/inquiries").await
    };
    let limited = meet("status:429").await;
    assert_eq!(limited.header("ratelimit-limit"), "300");
    assert_eq!(limited.header("ratelimit-remaining"), "0");
    let details = limited.text("/errors/0/details");
    assert!(details.contains("limit of 300 requests"), "{details}");
    assert_eq!(meet("status:200").await.body, json!({}));
    assert_eq!(meet("status:204").await.body, Value::Null);
    assert_eq!(meet("status:503").await.title(), "Service Unavailable");

    let limits = json!({"limits": {"requests_per_minute": 7}});
    sandbox.control(Method::POST, "settings", limits).await;
    assert_eq!(meet("status:429").await.header("ratelimit-limit"), "7");
}

#[tokio::test]
async fn a_simulated_check_needs_a_template_that_exists() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let simulate = async |template: &str| {
        let data = json!({"verification-template-id": template});
        let action = json!({"type": "create_passed_verification", "data": data});
        let body = json!({"meta": {"simulate-actions": [action]}});
        let path = format!("/inquiries/{id}/perform-simulate-actions");
        sandbox.post(&path, body).await
    };
    let unknown = simulate("vtmpl_anything").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let details = unknown.text("/errors/0/details");
    assert!(
        details.contains("verification_template_id") && details.contains("vtmpl_sandboxSelfie"),
        "{details}"
    );
    for (template, kind) in [
        ("vtmpl_sandboxGovernmentId", "verification/government-id"),
        ("vtmpl_sandboxSelfie", "verification/selfie"),
        ("vtmpl_sandboxDocument", "verification/document"),
        ("vtmpl_sandboxDatabase", "verification/database"),
    ] {
        let answer = simulate(template).await;
        let all = &answer.body["data"]["relationships"]["verifications"]["data"];
        assert_eq!(all.as_array().unwrap().last().unwrap()["type"], kind);
    }
}

#[tokio::test]
async fn redacting_sends_nothing_again() {
    let receiver = Receiver::start().await;
    let mut config = config_for(&receiver);
    config.webhook.as_mut().unwrap().enabled_events = Some(vec!["*".to_owned()]);
    let sandbox = TestSandbox::start_with(config).await;
    let id = sandbox.create("usr_1").await;
    simulate(&sandbox, &id, &["start_inquiry", "approve_inquiry"]).await;
    receiver.wait_for(5).await;
    TestSandbox::send(sandbox.api(Method::DELETE, &format!("/inquiries/{id}"))).await;
    // Sent after whatever the redaction sends, since deliveries keep their order.
    let next = sandbox.create("usr_2").await;
    receiver.wait_for(9).await;
    assert_eq!(
        receiver.inquiry_names(),
        [
            "inquiry.created",
            "inquiry.started",
            "inquiry.approved",
            "inquiry.redacted",
            "inquiry.created"
        ]
    );
    let received = receiver.received();
    let last = received.iter().rfind(|it| it.name() == "inquiry.created");
    let last = last.unwrap().body();
    assert_eq!(
        last["data"]["attributes"]["payload"]["data"]["id"],
        next.as_str()
    );
}
