//! The sandbox answers as the golden payloads in `tests/fixtures/` say: same status, same keys,
//! same values; of IDs, times, tokens and links the same form.

use std::fs;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestSandbox};

fn fixture(name: &str) -> Value {
    let path = Path::new("../../tests/fixtures")
        .join(name)
        .with_extension("json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Whether an actual value has the form of the golden one.
fn has_form(golden: &Value, actual: &Value, at: &str) -> Result<(), String> {
    match (golden, actual) {
        (Value::Object(golden), Value::Object(actual)) => {
            let keys = |map: &serde_json::Map<_, _>| map.keys().cloned().collect::<Vec<_>>();
            if keys(golden) != keys(actual) {
                return Err(format!("{at} has the keys {:?}", keys(actual)));
            }
            golden
                .iter()
                .try_for_each(|(key, value)| has_form(value, &actual[key], &format!("{at}/{key}")))
        }
        (Value::Array(golden), Value::Array(actual)) if golden.len() == actual.len() => golden
            .iter()
            .zip(actual)
            .try_for_each(|(golden, actual)| has_form(golden, actual, at)),
        (Value::String(golden), Value::String(actual)) if form(golden) == form(actual) => Ok(()),
        (golden, actual) if golden == actual => Ok(()),
        (golden, actual) => Err(format!("{at} is {actual}, not like {golden}")),
    }
}

/// What counts of a text: the prefix of an ID, that it is a time, a token or a link, or itself.
fn form(text: &str) -> String {
    let id_length = 28;
    if let Some((prefix, rest)) = text.split_once('_')
        && rest.len() == id_length
        && rest.chars().all(|letter| letter.is_ascii_alphanumeric())
    {
        return format!("an ID of {prefix}");
    }
    if text.len() == 24 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok() {
        return "a time".to_owned();
    }
    if text.starts_with("eyJ") && text.split('.').count() == 3 {
        return "a token".to_owned();
    }
    match text.split_once("/verify?code=") {
        Some((_, code)) => format!("a link with a code of {} letters", code.len()),
        None => text.to_owned(),
    }
}

/// Sends the golden request, for another inquiry if it is about one.
async fn replay(sandbox: &TestSandbox, name: &str, id: &str) -> Answer {
    let golden = fixture(name);
    let request = &golden["request"];
    let path = request["path"].as_str().unwrap();
    let path: Vec<_> = path
        .split('/')
        .map(|part| {
            if form(part) == "an ID of inq" {
                id
            } else {
                part
            }
        })
        .collect();
    let method = Method::from_bytes(request["method"].as_str().unwrap().as_bytes()).unwrap();
    let sent = sandbox.api(method, &path.join("/"));
    let sent = if request["body"].is_null() {
        sent
    } else {
        sent.json(&request["body"])
    };
    let answer = TestSandbox::send(sent).await;
    let response = &golden["response"];
    assert_eq!(
        json!(answer.status.as_u16()),
        response["status"],
        "{name}: {answer:?}"
    );
    has_form(&response["body"], &answer.body, "").unwrap_or_else(|error| panic!("{name}: {error}"));
    for (header, value) in response["headers"].as_object().unwrap() {
        let actual = answer.header(header);
        let figures = header.starts_with("ratelimit");
        let alike = figures && actual.parse::<u32>().is_ok();
        assert!(
            alike || form(actual) == form(value.as_str().unwrap()),
            "{name}: {header}"
        );
    }
    answer
}

async fn simulate(sandbox: &TestSandbox, id: &str, action: &str) {
    let path = format!("/inquiries/{id}/perform-simulate-actions");
    let body = json!({"meta": {"simulate-actions": [{"type": action}]}});
    assert_eq!(sandbox.post(&path, body).await.status.as_u16(), 200);
}

#[tokio::test]
async fn the_sandbox_speaks_like_the_golden_payloads() {
    let sandbox = TestSandbox::start().await;
    sandbox
        .control(
            Method::POST,
            "settings",
            json!({"templates_readable": true}),
        )
        .await;
    let created = replay(&sandbox, "inquiry-create", "").await;
    let id = created.text("/data/id");
    for name in ["inquiry-list", "inquiry-list-empty", "inquiry-template"] {
        replay(&sandbox, name, id).await;
    }
    simulate(&sandbox, id, "start_inquiry").await;
    for name in ["inquiry-resume", "inquiry-one-time-link"] {
        replay(&sandbox, name, id).await;
    }
    simulate(&sandbox, id, "complete_inquiry").await;
    sandbox.advance(1).await;
    for name in ["inquiry-retrieve-approved", "event-list", "error-conflict"] {
        replay(&sandbox, name, id).await;
    }
    for name in [
        "error-bad-request",
        "error-not-found",
        "error-unprocessable",
    ] {
        replay(&sandbox, name, id).await;
    }
    let limits = json!({"limits": {"requests_per_minute": 1}});
    sandbox.control(Method::POST, "settings", limits).await;
    sandbox.get("/inquiries").await;
    replay(&sandbox, "error-rate-limited", id).await;
}

#[tokio::test]
async fn a_wrong_key_is_answered_like_the_golden_payload() {
    let sandbox = TestSandbox::start().await;
    let golden = fixture("error-unauthorized");
    let url = format!("{}/api/v1/inquiries", sandbox.base);
    let answer = TestSandbox::send(sandbox.client.get(url).bearer_auth("nonsense")).await;
    assert_eq!(json!(answer.status.as_u16()), golden["response"]["status"]);
    assert_eq!(answer.body, golden["response"]["body"]);
}
