//! `POST /_sandbox/inquiries/{id}/finish`: any person, any outcome.

use persona_sandbox::{Config, WebhookTarget};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::receiver::{Receiver, SECRET};
use crate::support::{Answer, TestSandbox};

async fn finish(sandbox: &TestSandbox, id: &str, request: Value) -> Answer {
    let url = format!("{}/_sandbox/inquiries/{id}/finish", sandbox.base);
    TestSandbox::send(sandbox.client.post(url).json(&request)).await
}

async fn inquiry(sandbox: &TestSandbox, id: &str, query: &str) -> Answer {
    sandbox.get(&format!("/inquiries/{id}{query}")).await
}

fn status(answer: &Answer) -> &str {
    answer.text("/data/attributes/status")
}

fn field<'a>(answer: &'a Answer, key: &str) -> &'a Value {
    &answer.body["data"]["attributes"]["fields"][key]["value"]
}

/// The names of the events of an inquiry and its verifications, oldest first.
async fn events(sandbox: &TestSandbox, id: &str) -> Vec<String> {
    let events = sandbox.get("/events?page[size]=100").await;
    let of_inquiry = |event: &&Value| {
        let data = &event["attributes"]["payload"]["data"];
        data["id"] == id || data["relationships"]["inquiry"]["data"]["id"] == id
    };
    let names = events.body["data"].as_array().unwrap().iter();
    let names = names.filter(of_inquiry);
    let mut names: Vec<_> = names
        .map(|event| event["attributes"]["name"].as_str().unwrap().to_owned())
        .collect();
    names.reverse();
    names
}

/// The verifications of an inquiry: their types, and with each its status and failed checks.
fn verifications(answer: &Answer) -> Vec<(String, String, Vec<String>)> {
    let included = answer.body["included"].as_array().unwrap().iter();
    let found = included.filter_map(|object| {
        let kind = object["type"].as_str()?.strip_prefix("verification/")?;
        let attributes = &object["attributes"];
        let checks = attributes["checks"].as_array().unwrap().iter();
        let failed = checks.filter(|check| check["status"] == "failed");
        Some((
            kind.to_owned(),
            attributes["status"].as_str()?.to_owned(),
            failed
                .map(|check| check["name"].as_str().unwrap().to_owned())
                .collect(),
        ))
    });
    found.collect()
}

#[tokio::test]
async fn any_person_can_finish_an_inquiry() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start_with(Config {
        webhook: Some(WebhookTarget {
            url: receiver.url.clone(),
            secret: SECRET.to_owned(),
            enabled_events: None,
        }),
        ..Config::default()
    })
    .await;
    let id = sandbox.create("usr_1").await;
    let document = json!({
        "name_first": "Ada", "name_last": "Lovelace", "birthdate": "1985-12-10",
        "country_code": "GB", "id_class": "pp", "identification_number": "X9",
        "expiration_date": "2034-01-01",
    });
    let request = json!({"outcome": "approved", "document": document});
    let finished = finish(&sandbox, &id, request).await;
    assert_eq!(finished.status, StatusCode::OK, "{finished:?}");
    assert_eq!(status(&finished), "approved");
    for (key, value) in [
        ("name_first", json!("Ada")),
        ("name_last", json!("Lovelace")),
        ("birthdate", json!("1985-12-10")),
        ("address_country_code", json!("GB")),
        ("selected_id_class", json!("pp")),
        ("identification_number", json!("X9")),
        // What the document does not say is the demo person's.
        ("address_city", json!("SAN FRANCISCO")),
    ] {
        assert_eq!(field(&finished, key), &value, "{key}");
    }
    assert!(field(&finished, "current_selfie")["id"].is_string());
    assert_eq!(
        events(&sandbox, &id).await,
        walked_events("inquiry.completed", "inquiry.approved", "passed")
    );
    let names: Vec<_> = receiver.wait_for(3).await;
    let names: Vec<_> = names
        .iter()
        .map(|delivery| delivery.name().to_owned())
        .collect();
    assert_eq!(
        names,
        ["inquiry.started", "inquiry.completed", "inquiry.approved"]
    );
    let included = inquiry(&sandbox, &id, "?include=verifications,sessions").await;
    let passed = |kind: &str| (kind.to_owned(), "passed".to_owned(), Vec::new());
    assert_eq!(
        verifications(&included),
        [passed("government-id"), passed("selfie")]
    );
}

/// The events of a whole walk through the KYC flow, with this end and decision.
fn walked_events(end: &str, decision: &str, result: &str) -> Vec<String> {
    let verified = |object: &str| {
        let submitted = ["created", "submitted", "processed"];
        let checked = ["created", "submitted", result];
        let submitted = submitted.map(|name| format!("{object}.{name}"));
        let checked = checked.map(|name| format!("verification.{name}"));
        submitted.into_iter().chain(checked).collect::<Vec<_>>()
    };
    let mut names = vec![
        "inquiry.created".to_owned(),
        "inquiry-session.started".to_owned(),
        "inquiry.transitioned".to_owned(),
    ];
    names.extend(verified("document"));
    names.extend(["inquiry.started", "inquiry.transitioned"].map(str::to_owned));
    names.extend(verified("selfie"));
    names.extend(["inquiry.transitioned", end, decision].map(str::to_owned));
    names
}

#[tokio::test]
async fn every_outcome_can_be_asked_for() {
    let sandbox = TestSandbox::start().await;
    for (request, expected, event) in [
        (json!({}), "completed", "inquiry.completed"),
        (
            json!({"outcome": "completed"}),
            "completed",
            "inquiry.completed",
        ),
        (
            json!({"outcome": "approved"}),
            "approved",
            "inquiry.approved",
        ),
        (json!({"outcome": "failed"}), "failed", "inquiry.failed"),
        (
            json!({"outcome": "declined"}),
            "declined",
            "inquiry.declined",
        ),
        (
            json!({"outcome": "needs_review"}),
            "needs_review",
            "inquiry.marked-for-review",
        ),
        (
            json!({"outcome": "abandoned"}),
            "pending",
            "inquiry-session.canceled",
        ),
        (
            json!({"outcome": "expired"}),
            "expired",
            "inquiry-session.expired",
        ),
        (
            json!({"abandon_at": "government_id"}),
            "created",
            "inquiry-session.canceled",
        ),
    ] {
        let id = sandbox.create("usr_1").await;
        let finished = finish(&sandbox, &id, request.clone()).await;
        assert_eq!(finished.status, StatusCode::OK, "{request}: {finished:?}");
        assert_eq!(status(&finished), expected, "{request}");
        let events = events(&sandbox, &id).await;
        assert_eq!(events.last().map(String::as_str), Some(event), "{request}");
    }
    // A workflow decides the completed ones, as after any flow.
    sandbox.advance(1).await;
    let list = sandbox.get("/inquiries?filter[status]=completed").await;
    assert_eq!(list.ids().len(), 0);
}

#[tokio::test]
async fn each_check_that_fails_is_named_with_what_it_looks_at() {
    let sandbox = TestSandbox::start().await;
    for (short, kind, check) in [
        ("name_mismatch", "government-id", "id_inquiry_comparison"),
        ("minor", "government-id", "id_age_comparison"),
        ("expired_document", "government-id", "id_expired_detection"),
        ("blurred_photo", "government-id", "id_blur_detection"),
        ("face_mismatch", "selfie", "selfie_id_comparison"),
        ("id_glare_detection", "government-id", "id_glare_detection"),
    ] {
        let id = sandbox.create("usr_1").await;
        let finished = finish(&sandbox, &id, json!({"failed_checks": [short]})).await;
        assert_eq!(status(&finished), "failed", "{short}");
        let included = inquiry(&sandbox, &id, "?include=verifications").await;
        let all = verifications(&included);
        assert_eq!(all.len(), 2, "{short}");
        for (of, status, failed) in all {
            if of == kind {
                assert_eq!(
                    (status.as_str(), failed),
                    ("failed", vec![check.to_owned()])
                );
            } else {
                assert_eq!((status.as_str(), failed), ("passed", Vec::new()));
            }
        }
        let birthdate = field(&finished, "birthdate").as_str().unwrap();
        assert_eq!(birthdate > "2000", short == "minor", "{short}");
        // The prefilled name is Sample, too.
        let is_sample = field(&finished, "name_last") == "SAMPLE";
        assert_eq!(is_sample, short != "name_mismatch", "{short}");
    }
}

#[tokio::test]
async fn an_inquiry_that_completes_had_no_required_check_fail() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let request = json!({"outcome": "needs_review", "failed_checks": ["expired_document"]});
    assert_eq!(
        status(&finish(&sandbox, &id, request).await),
        "needs_review"
    );
    let included = inquiry(&sandbox, &id, "?include=verifications").await;
    let verification = &included.body["included"][0]["attributes"];
    assert_eq!(verification["status"], "passed");
    let checks = verification["checks"].as_array().unwrap().iter();
    let failed: Vec<_> = checks.filter(|check| check["status"] == "failed").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["requirement"], "not_required");
    assert_eq!(failed[0]["reasons"], json!(["expired"]));
}

#[tokio::test]
async fn a_person_who_comes_back_finishes_from_the_step_where_they_left() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let left = finish(&sandbox, &id, json!({"abandon_at": "selfie"})).await;
    assert_eq!(status(&left), "pending");
    assert_eq!(left.text("/data/attributes/next-step-name"), "selfie");
    let back = finish(&sandbox, &id, json!({"abandon_at": "government_id"})).await;
    assert_eq!(back.status, StatusCode::BAD_REQUEST);
    assert!(
        back.text("/error").contains("at selfie already"),
        "{back:?}"
    );
    let finished = finish(&sandbox, &id, json!({})).await;
    assert_eq!(status(&finished), "completed");
    let again = finish(&sandbox, &id, json!({})).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let included = inquiry(&sandbox, &id, "?include=verifications").await;
    assert_eq!(verifications(&included).len(), 2);
}

#[tokio::test]
async fn fields_that_the_person_enters_are_written_too() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let request = json!({"fields": {"email_address": "ada@example.com"}});
    let finished = finish(&sandbox, &id, request).await;
    assert_eq!(field(&finished, "email_address"), "ada@example.com");
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_and_changes_nothing() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    for (request, fix) in [
        (json!({"outcome": "rejected"}), "approved"),
        (json!({"result": "approved"}), "outcome"),
        (json!({"failed_checks": ["shoe_size"]}), "name_mismatch"),
        (
            json!({"failed_checks": ["database_name_comparison"]}),
            "no step",
        ),
        (
            json!({"document": {"birthdate": "yesterday"}}),
            "YYYY-MM-DD",
        ),
        (json!({"document": {"shoe_size": "44"}}), "shoe_size"),
        (
            json!({"document": {"country_code": "usa"}}),
            "two capital letters",
        ),
        (
            json!({"outcome": "approved", "abandon_at": "selfie"}),
            "abandoned",
        ),
        (json!({"abandon_at": "iris"}), "government_id"),
        (json!({"fields": {"shoe_size": 44}}), "shoe_size"),
    ] {
        let answer = finish(&sandbox, &id, request.clone()).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{request}: {answer:?}"
        );
        let error = answer.text("/error");
        assert!(error.contains(fix), "{request}: {error}");
    }
    let unknown = finish(&sandbox, "inq_unknown", json!({})).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let untouched = inquiry(&sandbox, &id, "").await;
    assert_eq!(status(&untouched), "created");
    assert_eq!(events(&sandbox, &id).await, ["inquiry.created"]);
}

#[tokio::test]
async fn a_check_that_failed_before_cannot_end_in_approval() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let request = json!({"abandon_at": "selfie", "failed_checks": ["minor"]});
    assert_eq!(status(&finish(&sandbox, &id, request).await), "pending");
    let refused = finish(&sandbox, &id, json!({"outcome": "approved"})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text("/error").contains("failed or declined"));
    assert_eq!(status(&inquiry(&sandbox, &id, "").await), "pending");
    let declined = finish(&sandbox, &id, json!({"outcome": "declined"})).await;
    assert_eq!(status(&declined), "declined");
}

#[tokio::test]
async fn a_redacted_inquiry_keeps_nothing_of_the_document() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let document = json!({"name_first": "Grace-was-here"});
    finish(&sandbox, &id, json!({"document": document})).await;
    let before = sandbox.control(Method::GET, "state", Value::Null).await;
    assert!(before.to_string().contains("Grace-was-here"));
    let path = format!("/inquiries/{id}");
    let redacted = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(redacted.status, StatusCode::OK);
    let after = sandbox.control(Method::GET, "state", Value::Null).await;
    assert!(!after.to_string().contains("Grace-was-here"));
}
