//! Environments: each with its own state, clock, faults and limits, found by key, page or control.
//!
//! Longer than 400 lines: each part of the sandbox in two environments.

use std::time::Duration;

use persona_sandbox::{Config, WebhookTarget};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::receiver::{Receiver, SECRET, deliveries};
use crate::support::{TestSandbox, new_inquiry};

/// How many tests run side by side.
const TESTS: i64 = 20;

/// A webhook of this environment for the events of the tutorial.
async fn webhook_to(receiver: &Receiver, sandbox: &TestSandbox) {
    let events = ["inquiry.started", "inquiry.completed", "inquiry.approved"];
    let attributes = json!({ "url": receiver.url, "enabled-events": events });
    let created = sandbox
        .post("/webhooks", json!({ "data": { "attributes": attributes } }))
        .await;
    let path = format!("/webhooks/{}/enable", created.text("/data/id"));
    assert_eq!(sandbox.post(&path, json!({})).await.status, StatusCode::OK);
}

/// One of the tests: everything that it does would show in another if they shared anything.
async fn whole_flow(sandbox: TestSandbox, number: i64) -> String {
    let receiver = Receiver::start().await;
    webhook_to(&receiver, &sandbox).await;
    let year = 2030 + number;
    let clock = json!({ "now": format!("{year}-01-01T00:00:00Z"), "speed": 0 });
    sandbox.control(Method::POST, "clock", clock).await;
    // Every second test has a fault on its first two creations.
    let failures = if number % 2 == 0 { 2 } else { 0 };
    if failures > 0 {
        let fault = json!({ "operation": "create", "kind": "status:503", "count": failures });
        sandbox.fault(fault).await;
    }
    let limits = json!({ "limits": { "requests_per_minute": 1000 + number } });
    sandbox.control(Method::POST, "settings", limits).await;
    for _ in 0..failures {
        let failed = sandbox.post("/inquiries", new_inquiry("usr_1")).await;
        assert_eq!(failed.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    // The same idempotency key and reference ID as all others.
    let create = async || {
        let request = sandbox.api(Method::POST, "/inquiries");
        let request = request.header("idempotency-key", "the same everywhere");
        TestSandbox::send(request.json(&new_inquiry("usr_1"))).await
    };
    let created = create().await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    assert_eq!(
        created.header("persona-environment-id"),
        format!("env_test-{number}")
    );
    assert_eq!(
        created.header("ratelimit-limit"),
        (1000 + number).to_string()
    );
    let id = created.text("/data/id").to_owned();
    assert_eq!(create().await.text("/data/id"), id);
    // A page names the inquiry, and no environment.
    let steps = ["start", "government_id", "selfie"];
    assert_eq!(sandbox.walk(&id, None, &steps).await, "success");
    let inquiry = sandbox.get(&format!("/inquiries/{id}")).await;
    assert_eq!(inquiry.text("/data/attributes/status"), "completed");
    let created_at = inquiry.text("/data/attributes/created-at");
    assert_eq!(created_at, format!("{year}-01-01T00:00:00.000Z"));
    sandbox.advance(1).await;
    let inquiry = sandbox.get(&format!("/inquiries/{id}")).await;
    assert_eq!(inquiry.text("/data/attributes/status"), "approved");

    receiver.wait_for(3).await;
    for request in receiver.received() {
        let body = request.body();
        let about = &body["data"]["attributes"]["payload"]["data"]["id"];
        assert_eq!(*about, json!(id), "{}", request.name());
    }
    assert_eq!(receiver.received().len(), 3);
    assert_eq!(deliveries(&sandbox).await.len(), 3);
    let list = sandbox.get("/inquiries?filter[reference-id]=usr_1").await;
    assert_eq!(list.ids(), [id.as_str()]);
    assert_eq!(sandbox.get("/webhooks").await.ids().len(), 1);
    let calls = sandbox.control(Method::GET, "calls", Value::Null).await;
    assert_eq!(calls["create"], failures + 2);
    let requests = sandbox
        .control(Method::GET, "requests?operation=create", Value::Null)
        .await;
    let requests = requests["data"].as_array().unwrap().len();
    // A replayed answer is not logged again.
    assert_eq!(requests, usize::try_from(failures).unwrap() + 1);
    let faults = sandbox.control(Method::GET, "faults", Value::Null).await;
    let faults = faults["data"].as_array().unwrap().iter();
    assert!(
        faults.clone().all(|fault| fault["count"] == 0),
        "{faults:?}"
    );
    id
}

#[tokio::test]
async fn twenty_tests_in_twenty_environments_do_not_see_each_other() {
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
    let mut tests = JoinSet::new();
    for number in 0..TESTS {
        tests.spawn(whole_flow(
            sandbox.environment(&format!("test-{number}")),
            number,
        ));
    }
    let mut ids = tests.join_all().await;
    ids.sort();
    ids.dedup();
    assert_eq!(i64::try_from(ids.len()).unwrap(), TESTS);

    // The default environment is as it was.
    assert_eq!(sandbox.get("/inquiries").await.ids(), [""; 0]);
    let calls = sandbox.control(Method::GET, "calls", Value::Null).await;
    assert_eq!(calls["create"], 0);
    let limit = sandbox.get("/inquiries").await;
    assert_ne!(limit.header("ratelimit-limit"), "1000");
    sandbox
        .control(Method::POST, "reset?environment=test-0", Value::Null)
        .await;
    assert_eq!(
        sandbox.environment("test-0").get("/inquiries").await.ids(),
        [""; 0]
    );
    assert_eq!(
        sandbox
            .environment("test-1")
            .get("/inquiries")
            .await
            .ids()
            .len(),
        1
    );
    // Another's inquiry is not found.
    let other = format!(
        "/inquiries/{}",
        sandbox.environment("test-1").get("/inquiries").await.ids()[0]
    );
    assert_eq!(
        sandbox.environment("test-2").get(&other).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(sandbox.get(&other).await.status, StatusCode::NOT_FOUND);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(receiver.received().is_empty(), "{:?}", receiver.names());
    let list = sandbox
        .control(Method::GET, "environments", Value::Null)
        .await;
    assert_eq!(list["data"].as_array().unwrap().len(), 21);
    sandbox.stop().await;
}

#[tokio::test]
async fn environments_are_listed_opened_and_removed() {
    let sandbox = TestSandbox::start().await;
    let names = async || {
        let list = sandbox
            .control(Method::GET, "environments", Value::Null)
            .await;
        let data = list["data"].as_array().unwrap().clone();
        data.iter()
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["env_sandbox"]);
    let opened = sandbox
        .control(Method::POST, "environments", json!({ "name": "b" }))
        .await;
    assert_eq!(opened["data"]["id"], "env_b");
    assert_eq!(opened["data"]["inquiries"], 0);
    sandbox.environment("a").create("usr_1").await;
    sandbox
        .control(Method::GET, "clock?environment=c", Value::Null)
        .await;
    assert_eq!(names().await, ["env_sandbox", "env_a", "env_b", "env_c"]);

    let removed = "environments?environment=a";
    sandbox.control(Method::DELETE, removed, Value::Null).await;
    // It is new when it is used again.
    assert_eq!(
        sandbox.environment("a").get("/inquiries").await.ids(),
        [""; 0]
    );
    sandbox
        .control(Method::DELETE, "environments", json!({ "name": "env_b" }))
        .await;
    assert_eq!(names().await, ["env_sandbox", "env_a", "env_c"]);
    sandbox
        .control(Method::DELETE, "environments", Value::Null)
        .await;
    assert_eq!(names().await, ["env_sandbox"]);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let sandbox = TestSandbox::start().await;
    let answer = sandbox.environment("a.b").get("/inquiries").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let details = answer.text("/errors/0/details");
    assert!(details.contains("letters, digits and hyphens"), "{details}");
    let control = async |method: Method, path: &str| {
        let url = format!("{}/_sandbox/{path}", sandbox.base);
        TestSandbox::send(sandbox.client.request(method, url)).await
    };
    let long = "x".repeat(65);
    for name in ["a.b", "%C3%A4", "a_b", long.as_str()] {
        let answer = control(Method::POST, &format!("reset?environment={name}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        assert!(
            answer
                .text("/error")
                .contains("letters, digits and hyphens")
        );
    }
    let answer = control(Method::DELETE, "environments?environment=absent").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = control(Method::DELETE, "environments?environment=default").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text("/error").contains("reset"));
}

#[tokio::test]
async fn one_environment_more_than_a_thousand_is_refused_until_one_is_removed() {
    let sandbox = TestSandbox::start().await;
    for number in 0..1000 {
        let environment = sandbox.environment(&format!("e{number}"));
        assert_eq!(environment.get("/inquiries").await.status, StatusCode::OK);
    }
    let another = sandbox.environment("another");
    let refused = another.get("/inquiries").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let details = refused.text("/errors/0/details");
    assert!(
        details.contains("1000 environments") && details.contains("remove"),
        "{details}"
    );
    // Those that are there work on, and so does the default one.
    for open in [sandbox.environment("e999"), sandbox.environment("sandbox")] {
        assert_eq!(open.get("/inquiries").await.status, StatusCode::OK);
    }
    let url = format!("{}/_sandbox/environments?environment=e0", sandbox.base);
    TestSandbox::send(sandbox.client.request(Method::DELETE, url)).await;
    assert_eq!(another.get("/inquiries").await.status, StatusCode::OK);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_page_finds_the_environment_by_id_token_link_and_environment_id() {
    let sandbox = TestSandbox::start().await;
    let environment = sandbox.environment("pages");
    let id = environment.create("usr_1").await;
    // By its ID, then by the token of its session.
    assert_eq!(
        environment
            .walk(&id, None, &["start", "government_id"])
            .await,
        "selfie"
    );
    let token = environment.resume(&id).await;
    assert_eq!(
        environment.walk(&id, Some(&token), &["selfie"]).await,
        "success"
    );

    let page = async |path: &str| {
        let response = sandbox.client.get(format!("{}{path}", sandbox.base)).send();
        let response = response.await.unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let other = environment.create("usr_2").await;
    let link = environment
        .post(
            &format!("/inquiries/{other}/generate-one-time-link"),
            json!({}),
        )
        .await;
    let link = link.text("/meta/one-time-link").to_owned();
    let (status, html) = page(link.strip_prefix(&sandbox.base).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains(&other), "the page is that of the inquiry");

    // A page that creates its inquiry names the environment.
    let opening = [
        ("template-id", "itmpl_sandboxKYC"),
        ("environment-id", "env_pages"),
        ("reference-id", "usr_3"),
    ];
    let started = sandbox
        .client
        .post(format!("{}/widget/start", sandbox.base));
    let html = started
        .form(&opening)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let made = environment
        .get("/inquiries?filter[reference-id]=usr_3")
        .await;
    assert!(html.contains(made.ids()[0]));
    assert_eq!(sandbox.get("/inquiries").await.ids(), [""; 0]);
    let (_, html) = page("/widget?template-id=itmpl_sandboxKYC&environment-id=env_absent").await;
    assert!(html.contains("POST /_sandbox/environments"), "{html}");
    let list = sandbox
        .control(Method::GET, "environments", Value::Null)
        .await;
    assert_eq!(
        list["data"].as_array().unwrap().len(),
        2,
        "a page opens none"
    );
}

#[tokio::test]
async fn a_state_file_keeps_the_default_environment_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let sandbox = TestSandbox::start_in(&file).await;
    let id = sandbox.create("usr_1").await;
    sandbox.environment("a").create("usr_1").await;
    sandbox.stop().await;
    let again = TestSandbox::start_in(&file).await;
    assert_eq!(again.get("/inquiries").await.ids(), [id.as_str()]);
    assert_eq!(
        again.environment("a").get("/inquiries").await.ids(),
        [""; 0]
    );
    again.stop().await;
}

#[tokio::test]
async fn what_is_under_way_ends_with_its_environment() {
    let sandbox = TestSandbox::start().await;
    let environment = sandbox.environment("a");
    environment
        .fault(json!({ "operation": "create", "kind": "delay", "delay_ms": 600_000 }))
        .await;
    let waiting = tokio::spawn({
        let request = environment.api(Method::POST, "/inquiries");
        async move { request.json(&new_inquiry("usr_1")).send().await }
    });
    let begun = async {
        loop {
            let faults = environment
                .control(Method::GET, "faults", Value::Null)
                .await;
            if faults["data"][0]["hits"] == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), begun)
        .await
        .unwrap();
    sandbox
        .control(Method::DELETE, "environments?environment=a", Value::Null)
        .await;
    let answer = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert!(
        answer.unwrap().unwrap().is_err(),
        "the connection is closed"
    );
}

#[tokio::test]
async fn a_permission_that_is_taken_away_is_403_in_its_environment() {
    let sandbox = TestSandbox::start().await;
    let (limited, other) = (sandbox.environment("limited"), sandbox.environment("other"));
    let id = limited.create("usr_1").await;
    let permissions = async |sandbox: &TestSandbox| {
        let answer = sandbox.get("/api-keys/permissions").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let list = answer.body["data"]["attributes"]["permissions"].clone();
        serde_json::from_value::<Vec<String>>(list).unwrap()
    };
    let all = permissions(&limited).await;
    let denied = json!({ "denied_permissions": ["inquiry.write", "webhook.read"] });
    let settings = limited.control(Method::POST, "settings", denied).await;
    assert_eq!(
        settings["denied_permissions"],
        json!(["inquiry.write", "webhook.read"])
    );

    let refused = limited.post("/inquiries", new_inquiry("usr_2")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.title(), "Forbidden");
    assert!(refused.text("/errors/0/details").ends_with("inquiry.write"));
    assert!(refused.header("request-id").starts_with("req_"));
    for path in [&format!("/inquiries/{id}/resume"), "/inquiry-sessions"] {
        assert_eq!(
            limited.post(path, json!({})).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    assert_eq!(limited.get("/webhooks").await.status, StatusCode::FORBIDDEN);
    assert_eq!(limited.get("/inquiries").await.ids(), [id.as_str()]);
    let left = permissions(&limited).await;
    assert_eq!(left.len(), all.len() - 2);
    assert!(!left.contains(&"inquiry.write".to_owned()));
    assert_eq!(permissions(&other).await, all);
    other.create("usr_1").await;

    let url = format!("{}/_sandbox/settings", sandbox.base);
    let unknown = json!({ "denied_permissions": ["inquiry.wrote"] });
    let answer = TestSandbox::send(sandbox.client.post(url).json(&unknown)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text("/error").contains("inquiry.write"));
    limited.control(Method::POST, "reset", Value::Null).await;
    limited.create("usr_2").await;
}
