//! Idempotency keys (docs: `idempotence`).

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TEMPLATE, TestSandbox, new_inquiry};

async fn create(sandbox: &TestSandbox, key: &str, reference_id: &str) -> Answer {
    let request = sandbox
        .api(Method::POST, "/inquiries")
        .header("idempotency-key", key)
        .json(&new_inquiry(reference_id));
    TestSandbox::send(request).await
}

async fn count(sandbox: &TestSandbox) -> usize {
    sandbox.get("/inquiries").await.ids().len()
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer_again() {
    let sandbox = TestSandbox::start().await;
    let first = create(&sandbox, "usr_1:1", "usr_1").await;
    let again = create(&sandbox, "usr_1:1", "usr_1").await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(first.header("request-id"), again.header("request-id"));
    assert_eq!(count(&sandbox).await, 1);
    create(&sandbox, "usr_1:2", "usr_1").await;
    assert_eq!(count(&sandbox).await, 2);
}

#[tokio::test]
async fn concurrent_requests_with_one_key_make_one_inquiry() {
    let sandbox = TestSandbox::start().await;
    sandbox
        .fault(json!({"operation": "create", "kind": "delay", "delay_ms": 50}))
        .await;
    let (one, other, third) = tokio::join!(
        create(&sandbox, "k", "usr_1"),
        create(&sandbox, "k", "usr_1"),
        create(&sandbox, "k", "usr_1")
    );
    assert_eq!(one.text("/data/id"), other.text("/data/id"));
    assert_eq!(one.text("/data/id"), third.text("/data/id"));
    assert_eq!(count(&sandbox).await, 1);
}

#[tokio::test]
async fn the_same_key_with_other_parameters_is_refused() {
    let sandbox = TestSandbox::start().await;
    create(&sandbox, "k", "usr_1").await;
    let other = create(&sandbox, "k", "usr_2").await;
    assert_eq!((other.status.as_u16(), other.title()), (409, "Conflict"));
    let request = sandbox
        .api(Method::POST, "/inquiries?include=account")
        .header("idempotency-key", "k")
        .json(&new_inquiry("usr_1"));
    assert_eq!(TestSandbox::send(request).await.status.as_u16(), 409);
    assert_eq!(count(&sandbox).await, 1);
}

#[tokio::test]
async fn the_same_parameters_written_otherwise_get_the_first_answer() {
    let sandbox = TestSandbox::start().await;
    let send = async |body: &str| {
        let request = sandbox
            .api(Method::POST, "/inquiries")
            .header("idempotency-key", "k");
        TestSandbox::send(request.body(body.to_owned())).await
    };
    let written = |note: &str| {
        format!(
            r#"{{"data":{{"attributes":{{"inquiry-template-id":"{TEMPLATE}","note":"{note}"}}}}}}"#
        )
    };
    let first = send(&written("x")).await;
    assert_eq!(first.status.as_u16(), 201);
    let otherwise = format!(
        r#"{{ "data": {{ "attributes": {{ "note": "x", "inquiry-template-id": "{TEMPLATE}" }} }} }}"#
    );
    let again = send(&otherwise).await;
    assert_eq!((again.status, again.body), (first.status, first.body));
    assert_eq!(count(&sandbox).await, 1);
    assert_eq!(send(&written("X")).await.status.as_u16(), 409);
}

#[tokio::test]
async fn a_server_error_is_kept_too_but_not_a_429_or_401() {
    let sandbox = TestSandbox::start().await;
    for (status, again) in [("500", 500), ("429", 201), ("401", 201)] {
        let fault = json!({"operation": "create", "kind": format!("status:{status}"), "count": 1});
        sandbox.fault(fault).await;
        assert_eq!(
            create(&sandbox, status, "usr_1").await.status.as_str(),
            status
        );
        assert_eq!(
            create(&sandbox, status, "usr_1").await.status.as_u16(),
            again
        );
    }
}

#[tokio::test]
async fn a_key_is_new_again_after_a_day() {
    let sandbox = TestSandbox::start().await;
    let first = create(&sandbox, "k", "usr_1").await;
    sandbox.advance(24 * 60 * 60 - 60).await;
    assert_eq!(
        create(&sandbox, "k", "usr_1").await.text("/data/id"),
        first.text("/data/id")
    );
    sandbox.advance(60).await;
    assert_ne!(
        create(&sandbox, "k", "usr_1").await.text("/data/id"),
        first.text("/data/id")
    );
}
