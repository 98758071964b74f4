//! What the fault operation `webhook` does to deliveries.

use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::{Receiver, deliveries, inquiry_that, sandbox_for, settled, simulate};
use crate::support::TestSandbox;

async fn started() -> (Receiver, TestSandbox) {
    let receiver = Receiver::start().await;
    let sandbox = sandbox_for(&receiver).await;
    (receiver, sandbox)
}

async fn fault(sandbox: &TestSandbox, kind: &str, more: Value) {
    let mut fault = json!({"operation": "webhook", "kind": kind, "count": 1});
    for (key, value) in more.as_object().into_iter().flatten() {
        fault[key] = value.clone();
    }
    sandbox.fault(fault).await;
}

#[tokio::test]
async fn a_dropped_webhook_is_never_sent() {
    let (receiver, sandbox) = started().await;
    fault(&sandbox, "drop", json!({})).await;
    let id = inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "lost", 0).await;
    simulate(&sandbox, &id, &["complete_inquiry"]).await;
    settled(&sandbox, "delivered", 1).await;
    sandbox.advance(100).await;
    assert_eq!(receiver.names()[0], "inquiry.completed");
}

#[tokio::test]
async fn a_duplicated_webhook_arrives_twice_with_one_event_id() {
    let (receiver, sandbox) = started().await;
    fault(&sandbox, "duplicate", json!({})).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let received = receiver.wait_for(2).await;
    assert_eq!(received[0].event_id(), received[1].event_id());
    settled(&sandbox, "delivered", 1).await;
}

#[tokio::test]
async fn a_reordered_webhook_follows_a_later_one_of_its_inquiry() {
    let (receiver, sandbox) = started().await;
    fault(&sandbox, "reorder", json!({"delay_ms": 600_000})).await;
    let id = inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "pending", 0).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    receiver.wait_for(1).await;
    simulate(&sandbox, &id, &["complete_inquiry"]).await;
    receiver.wait_for(3).await;
    assert_eq!(
        receiver.names()[1..3],
        ["inquiry.completed", "inquiry.started"]
    );
}

#[tokio::test]
async fn a_reordered_webhook_that_none_follows_is_sent_in_the_end() {
    let (receiver, sandbox) = started().await;
    fault(&sandbox, "reorder", json!({"delay_ms": 60_000})).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "pending", 0).await;
    assert!(receiver.received().is_empty());
    sandbox.advance(60).await;
    receiver.wait_for(1).await;
}

#[tokio::test]
async fn a_delayed_webhook_comes_late_and_holds_up_no_other() {
    let (receiver, sandbox) = started().await;
    fault(&sandbox, "delay", json!({"delay_ms": 60_000})).await;
    let id = inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "pending", 0).await;
    simulate(&sandbox, &id, &["complete_inquiry"]).await;
    receiver.wait_for(1).await;
    sandbox.advance(60).await;
    receiver.wait_for(3).await;
    // The workflow decided in between.
    assert_eq!(
        receiver.names(),
        ["inquiry.completed", "inquiry.approved", "inquiry.started"]
    );
}

#[tokio::test]
async fn a_lost_answer_brings_the_event_again() {
    let (receiver, sandbox) = started().await;
    fault(&sandbox, "drop_answer", json!({})).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let pending = settled(&sandbox, "pending", 1).await;
    assert_eq!(pending["result"], "no_answer");
    assert_eq!(receiver.received().len(), 1);
    sandbox.advance(3).await;
    receiver.wait_for(2).await;
    settled(&sandbox, "delivered", 2).await;
}

#[tokio::test]
async fn a_seeming_answer_keeps_the_request_from_being_sent() {
    let (receiver, sandbox) = started().await;
    for (kind, status, result) in [
        ("status:503", "pending", "503"),
        ("status:200", "delivered", "200"),
        ("html", "delivered", "200"),
        ("reset", "pending", "no_answer"),
    ] {
        fault(&sandbox, kind, json!({})).await;
        inquiry_that(&sandbox, &["start_inquiry"]).await;
        let settled = settled(&sandbox, status, 1).await;
        assert_eq!(settled["result"], result, "{kind}");
    }
    assert!(receiver.received().is_empty());
    sandbox.advance(3).await;
    receiver.wait_for(2).await;
}

#[tokio::test]
async fn a_late_commit_arrives_after_its_failure() {
    let (receiver, sandbox) = started().await;
    fault(&sandbox, "late_commit", json!({})).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let pending = settled(&sandbox, "pending", 1).await;
    assert_eq!(pending["result"], "502");
    assert!(receiver.received().is_empty());
    let received = receiver.wait_for(2).await;
    assert_eq!(received[0].event_id(), received[1].event_id());
}

#[tokio::test]
async fn a_truncated_webhook_is_half_a_body_under_the_signature_of_the_whole() {
    let (receiver, sandbox) = started().await;
    receiver.answer(&[401]);
    fault(&sandbox, "truncate", json!({})).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "pending", 1).await;
    sandbox.advance(3).await;
    let received = receiver.wait_for(2).await;
    let (half, whole) = (&received[0].bytes, &received[1].bytes);
    assert_eq!(half, &whole.slice(..whole.len() / 2));
}

#[tokio::test]
async fn a_seeded_chance_loses_the_same_webhooks_each_time() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (_receiver, sandbox) = started().await;
        sandbox
            .fault(json!({"operation": "webhook", "kind": "drop", "probability": 0.5, "seed": 7}))
            .await;
        for _ in 0..12 {
            inquiry_that(&sandbox, &["start_inquiry"]).await;
            while deliveries(&sandbox).await[0]["status"] == "pending" {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        }
        let statuses: Vec<_> = deliveries(&sandbox)
            .await
            .iter()
            .map(|delivery| delivery["status"].clone())
            .collect();
        assert!(statuses.contains(&json!("lost")) && statuses.contains(&json!("delivered")));
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn the_webhooks_own_kinds_are_refused_elsewhere() {
    let (_receiver, sandbox) = started().await;
    let answer = TestSandbox::send(
        sandbox
            .client
            .request(Method::POST, format!("{}/_sandbox/faults", sandbox.base))
            .json(&json!({"operation": "*", "kind": "reorder"})),
    )
    .await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.text("/error"),
        "kind reorder is for the operation webhook only"
    );
}

#[tokio::test]
async fn many_late_webhooks_hold_up_no_other() {
    let (receiver, sandbox) = started().await;
    let late = json!({"count": 20, "delay_ms": 600_000});
    fault(&sandbox, "status:503", late).await;
    for _ in 0..20 {
        inquiry_that(&sandbox, &["start_inquiry"]).await;
    }
    while sandbox.control(Method::GET, "faults", Value::Null).await["data"][0]["met"] != 20 {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    receiver.wait_for(1).await;
    assert!(
        deliveries(&sandbox)
            .await
            .iter()
            .all(|delivery| delivery["result"] != "503")
    );
    // Their delay is over on the sandbox's clock.
    sandbox.advance(600).await;
    while deliveries(&sandbox)
        .await
        .iter()
        .filter(|delivery| delivery["result"] == "503")
        .count()
        < 20
    {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_late_webhook_is_not_sent_after_a_reset() {
    let (receiver, sandbox) = started().await;
    fault(&sandbox, "late_commit", json!({})).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "pending", 1).await;
    sandbox.control(Method::POST, "reset", Value::Null).await;
    sandbox.advance(10).await;
    inquiry_that(&sandbox, &["complete_inquiry"]).await;
    // One is told at once; whatever else was on its way came before the workflow decides.
    receiver.wait_for(3).await;
    assert_eq!(
        receiver.names(),
        ["inquiry.started", "inquiry.completed", "inquiry.approved"]
    );
}

#[tokio::test]
async fn a_fault_may_be_aimed_at_one_event_of_one_person_at_one_webhook() {
    let (receiver, sandbox) = started().await;
    for aim in [
        json!({"event": "inquiry.completed", "reference_id": "usr_1", "webhook_id": "wbh_sandbox"}),
        json!({"event": "inquiry.started", "webhook_id": "wbh_other"}),
        json!({"event": "inquiry.approved", "reference_id": "usr_2"}),
    ] {
        fault(&sandbox, "drop", aim).await;
    }
    let id = sandbox.create("usr_1").await;
    let approved = json!({"outcome": "approved"});
    let finish = format!("inquiries/{id}/finish");
    sandbox.control(Method::POST, &finish, approved).await;
    settled(&sandbox, "delivered", 1).await;
    assert_eq!(receiver.names(), ["inquiry.started", "inquiry.approved"]);
    let faults = sandbox.control(Method::GET, "faults", Value::Null).await;
    let hits: Vec<_> = faults["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["hits"])
        .collect();
    assert_eq!(hits, [1, 0, 0]);
}
