//! Faults on demand: what the client sees, and what was done all the same.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestSandbox, new_inquiry};

/// Sends a create under a fault; the result as the client sees it, and how many inquiries exist.
async fn create_under(sandbox: &TestSandbox, kind: &str) -> (Result<u16, String>, usize) {
    sandbox
        .fault(json!({"operation": "create", "kind": kind, "count": 1}))
        .await;
    let request = sandbox
        .api(Method::POST, "/inquiries")
        .json(&new_inquiry("usr_1"));
    let seen = match request.send().await {
        Err(error) => Err(format!("{error:?}")),
        Ok(response) => {
            let status = response.status().as_u16();
            response
                .json::<Value>()
                .await
                .map(|_| status)
                .map_err(|error| format!("{error:?}"))
        }
    };
    (seen, count(sandbox).await)
}

async fn count(sandbox: &TestSandbox) -> usize {
    let all = sandbox.control(Method::GET, "inquiries", Value::Null).await;
    all["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_dropped_answer_was_done() {
    let sandbox = TestSandbox::start().await;
    let (seen, made) = create_under(&sandbox, "drop_answer").await;
    assert!(seen.is_err());
    assert_eq!(made, 1);
}

#[tokio::test]
async fn a_reset_was_not_done() {
    let sandbox = TestSandbox::start().await;
    let (seen, made) = create_under(&sandbox, "reset").await;
    let error = seen.unwrap_err();
    assert!(error.contains("ConnectionReset"), "{error}");
    assert_eq!(made, 0);
}

#[tokio::test]
async fn a_truncated_answer_was_done_and_cannot_be_read() {
    let sandbox = TestSandbox::start().await;
    let (seen, made) = create_under(&sandbox, "truncate").await;
    assert!(seen.unwrap_err().contains("Body"));
    assert_eq!(made, 1);
}

#[tokio::test]
async fn html_in_place_of_json_was_not_done() {
    let sandbox = TestSandbox::start().await;
    let (seen, made) = create_under(&sandbox, "html").await;
    assert!(seen.is_err());
    assert_eq!(made, 0);
}

#[tokio::test]
async fn a_status_is_answered_in_personas_form_and_nothing_done() {
    let sandbox = TestSandbox::start().await;
    assert_eq!(create_under(&sandbox, "status:503").await, (Ok(503), 0));
    assert_eq!(create_under(&sandbox, "status:429").await, (Ok(429), 0));
}

#[tokio::test]
async fn a_late_commit_happens_after_its_error() {
    let sandbox = TestSandbox::start().await;
    let began = Instant::now();
    assert_eq!(create_under(&sandbox, "late_commit").await, (Ok(502), 0));
    while count(&sandbox).await == 0 {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_late_commit_and_a_retry_with_its_key_make_one_inquiry() {
    let sandbox = TestSandbox::start().await;
    sandbox
        .fault(json!({"operation": "create", "kind": "late_commit", "count": 1}))
        .await;
    let send = async || {
        let request = sandbox
            .api(Method::POST, "/inquiries")
            .header("idempotency-key", "k")
            .json(&new_inquiry("usr_1"));
        TestSandbox::send(request).await.status.as_u16()
    };
    assert_eq!(send().await, 502);
    assert_eq!(send().await, 201);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(count(&sandbox).await, 1);
}

#[tokio::test]
async fn a_reset_ends_what_would_act_later() {
    let sandbox = TestSandbox::start().await;
    assert_eq!(create_under(&sandbox, "late_commit").await, (Ok(502), 0));
    sandbox.control(Method::POST, "reset", Value::Null).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(count(&sandbox).await, 0);
}

#[tokio::test]
async fn a_delayed_call_is_done_even_if_nobody_waits_for_it() {
    let sandbox = TestSandbox::start().await;
    sandbox
        .fault(json!({"operation": "create", "kind": "delay", "count": 1, "delay_ms": 1000}))
        .await;
    let request = sandbox
        .api(Method::POST, "/inquiries")
        .timeout(Duration::from_millis(200))
        .json(&new_inquiry("usr_1"));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(count(&sandbox).await, 0);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(count(&sandbox).await, 1);
}

#[tokio::test]
async fn faults_are_listed_counted_and_cleared() {
    let sandbox = TestSandbox::start().await;
    let fault = json!({"operation": "*", "kind": "status:500", "probability": 1.0, "seed": 7});
    sandbox.fault(fault).await;
    assert_eq!(sandbox.get("/inquiries").await.status.as_u16(), 500);
    let listed = sandbox.control(Method::GET, "faults", Value::Null).await;
    assert_eq!(listed["data"][0]["met"], 1);
    assert_eq!(listed["data"][0]["seed"], 7);
    let cleared = sandbox.control(Method::DELETE, "faults", Value::Null).await;
    assert_eq!(cleared, json!({"data": []}));
    assert_eq!(sandbox.get("/inquiries").await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_delay_runs_on_the_sandboxs_clock() {
    let sandbox = TestSandbox::start().await;
    sandbox
        .fault(json!({"operation": "list", "kind": "delay", "count": 1, "delay_ms": 600_000}))
        .await;
    let advanced = async {
        while sandbox
            .control(reqwest::Method::GET, "faults", Value::Null)
            .await["data"][0]["met"]
            != 1
        {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        // The call meets the fault before it begins to wait.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        sandbox.advance(600).await;
    };
    let (answer, ()) = tokio::join!(sandbox.get("/inquiries"), advanced);
    assert_eq!(answer.status.as_u16(), 200);
}

#[tokio::test]
async fn a_foreign_answer_is_another_persons_and_the_operation_was_done() {
    let sandbox = TestSandbox::start().await;
    let create = async |user: &str, key: &str| {
        let request = sandbox
            .api(Method::POST, "/inquiries")
            .header("idempotency-key", key)
            .json(&new_inquiry(user));
        TestSandbox::send(request).await
    };
    let foreign = async |operation: &str| {
        sandbox
            .fault(json!({"operation": operation, "kind": "foreign", "count": 1}))
            .await;
    };

    // Nobody else is there yet: somebody is made up, and not kept.
    foreign("list").await;
    let list = async || {
        let path = "/inquiries?filter[reference-id]=usr_1&fields[inquiry]=reference-id";
        TestSandbox::send(sandbox.api(Method::GET, path)).await
    };
    let reference = "/data/0/attributes/reference-id";
    assert_eq!(list().await.text(reference), "usr_SomebodyElse");
    assert_eq!(count(&sandbox).await, 0);

    let other = create("usr_2", "k2").await;
    foreign("create").await;
    let answer = create("usr_1", "k1").await;
    assert_eq!(answer.status.as_u16(), 201);
    assert_eq!(answer.text("/data/id"), other.text("/data/id"));
    let own = create("usr_1", "k1").await;
    assert_eq!(own.text("/data/attributes/reference-id"), "usr_1");
    assert_eq!(count(&sandbox).await, 2);

    foreign("list").await;
    let listed = list().await;
    assert_eq!(listed.text(reference), "usr_2");
    assert!(listed.body["data"][0]["attributes"].get("status").is_none());
    assert_eq!(list().await.text(reference), "usr_1");

    let id = own.text("/data/id").to_owned();
    for (operation, method, path) in [
        ("retrieve", Method::GET, format!("/inquiries/{id}")),
        ("resume", Method::POST, format!("/inquiries/{id}/resume")),
        (
            "one-time-link",
            Method::POST,
            format!("/inquiries/{id}/generate-one-time-link"),
        ),
    ] {
        foreign(operation).await;
        let answer = TestSandbox::send(sandbox.api(method.clone(), &path)).await;
        assert_eq!(
            answer.text("/data/id"),
            other.text("/data/id"),
            "{operation}"
        );
        let answer = TestSandbox::send(sandbox.api(method, &path)).await;
        assert_eq!(answer.text("/data/id"), id, "{operation}");
    }
}

#[tokio::test]
async fn a_fault_that_is_aimed_at_a_reference_id_leaves_all_others_alone() {
    let sandbox = TestSandbox::start().await;
    let (hit, other) = (
        sandbox.create("usr_hit").await,
        sandbox.create("usr_other").await,
    );
    let fault = json!({"operation": "*", "kind": "status:503", "reference_id": "usr_hit"});
    sandbox.fault(fault).await;
    for (path, status) in [
        (format!("/inquiries/{hit}"), 503),
        (format!("/inquiries/{other}"), 200),
        ("/inquiries?filter[reference-id]=usr_hit".to_owned(), 503),
        ("/inquiries?filter[reference-id]=usr_other".to_owned(), 200),
        ("/inquiries".to_owned(), 200),
    ] {
        let answer = sandbox.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
    }
    for (reference_id, status) in [("usr_hit", 503), ("usr_other", 201)] {
        let answer = sandbox.post("/inquiries", new_inquiry(reference_id)).await;
        assert_eq!(answer.status.as_u16(), status, "{reference_id}");
    }
    let resumed = sandbox
        .post(&format!("/inquiries/{hit}/resume"), json!({}))
        .await;
    assert_eq!(resumed.status.as_u16(), 503);
}
