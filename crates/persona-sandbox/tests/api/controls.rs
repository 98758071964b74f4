//! The sandbox's own controls under `/_sandbox/`.

use persona_sandbox::Config;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TEMPLATE, TestSandbox};

#[tokio::test]
async fn calls_are_counted_by_operation() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    sandbox.resume(&id).await;
    sandbox.get("/inquiries").await;
    sandbox.get("/inquiries?filter[colour]=red").await;
    let calls = sandbox.control(Method::GET, "calls", Value::Null).await;
    assert_eq!(calls["create"], 1);
    assert_eq!(calls["resume"], 1);
    assert_eq!(calls["list"], 2);
    assert_eq!(calls["template"], 0);
}

#[tokio::test]
async fn reset_forgets_everything() {
    let sandbox = TestSandbox::start().await;
    sandbox.create("usr_1").await;
    sandbox.advance(3600).await;
    sandbox
        .fault(json!({"operation": "retrieve", "kind": "html"}))
        .await;
    sandbox.control(Method::POST, "reset", Value::Null).await;
    let inquiries = sandbox.control(Method::GET, "inquiries", Value::Null).await;
    assert_eq!(inquiries, json!({"data": []}));
    let faults = sandbox.control(Method::GET, "faults", Value::Null).await;
    assert_eq!(faults, json!({"data": []}));
    let calls = sandbox.control(Method::GET, "calls", Value::Null).await;
    assert_eq!(calls["create"], 0);
    sandbox.create("usr_1").await;
}

#[tokio::test]
async fn the_clock_moves_dates_and_schedules() {
    let sandbox = TestSandbox::start().await;
    let start = json!({"now": "2030-01-01T00:00:00.000Z", "speed": 0});
    sandbox.control(Method::POST, "clock", start).await;
    let id = sandbox.create("usr_1").await;
    let show = async || sandbox.get(&format!("/inquiries/{id}")).await;
    assert_eq!(
        show().await.text("/data/attributes/created-at"),
        "2030-01-01T00:00:00.000Z"
    );
    assert_eq!(
        show().await.text("/data/attributes/expires-at"),
        "2030-01-02T00:00:00.000Z"
    );
    sandbox.advance(86_399).await;
    assert_eq!(show().await.text("/data/attributes/status"), "created");
    sandbox.advance(1).await;
    assert_eq!(show().await.text("/data/attributes/status"), "expired");
    assert_eq!(
        show().await.text("/data/attributes/expired-at"),
        "2030-01-02T00:00:00.000Z"
    );
    // Backwards is allowed: what has happened stays.
    let back = json!({"now": "2029-01-01T00:00:00.000Z"});
    sandbox.control(Method::POST, "clock", back).await;
    assert_eq!(show().await.text("/data/attributes/status"), "expired");
}

#[tokio::test]
async fn a_wrong_control_says_what_would_be_right() {
    let sandbox = TestSandbox::start().await;
    for (path, body) in [
        ("faults", json!({"operation": "list", "kind": "fire"})),
        ("faults", json!({"operation": "list"})),
        (
            "faults",
            json!({"operation": "list", "kind": "html", "when": "now"}),
        ),
        ("clock", json!({"now": "soon"})),
        ("clock", json!({})),
        ("settings", json!({"limits": {"requests": 1}})),
    ] {
        let request = sandbox
            .client
            .post(format!("{}/_sandbox/{path}", sandbox.base))
            .json(&body);
        let answer = TestSandbox::send(request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body}");
        assert!(!answer.text("/error").is_empty());
    }
}

#[tokio::test]
async fn pages_of_other_origins_cannot_use_the_controls() {
    let sandbox = TestSandbox::start().await;
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("host", "evil.example"),
    ] {
        let request = sandbox
            .client
            .post(format!("{}/_sandbox/reset", sandbox.base))
            .header(name, value);
        assert_eq!(
            TestSandbox::send(request).await.status,
            StatusCode::FORBIDDEN,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_name_is_refused_until_it_is_allowed_and_the_refusal_says_how() {
    let ask = async |sandbox: &TestSandbox, path: &str, host: &str, origin: Option<&str>| {
        let request = sandbox
            .client
            .get(format!("{}{path}", sandbox.base))
            .header("host", host);
        let request = match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let closed = TestSandbox::start().await;
    for path in ["/_sandbox/calls", "/dashboard"] {
        let (status, text) = ask(&closed, path, "persona:3002", None).await;
        assert_eq!(status, 403, "{path}");
        assert!(text.contains("--allow-host persona"), "{text}");
    }
    let open = TestSandbox::start_with(Config {
        allowed_hosts: vec!["persona".to_owned()],
        ..Config::default()
    })
    .await;
    let own = Some("http://persona:3002");
    for path in ["/_sandbox/calls", "/dashboard"] {
        assert_eq!(ask(&open, path, "Persona:3002", own).await.0, 200, "{path}");
        // A name that someone else pointed here is refused as before.
        assert_eq!(
            ask(&open, path, "evil.example", None).await.0,
            403,
            "{path}"
        );
    }
    let foreign = Some("http://evil.example");
    let (status, text) = ask(&open, "/_sandbox/calls", "persona:3002", foreign).await;
    assert_eq!(status, 403);
    assert!(!text.contains("--allow-host"), "{text}");
}

#[tokio::test]
async fn localhost_is_both_loopback_addresses() {
    let has_ipv6 = tokio::net::TcpListener::bind("[::1]:0").await.is_ok();
    let sandbox = TestSandbox::start().await;
    let (_, port) = sandbox.base.rsplit_once(':').unwrap();
    for (address, exists) in [("127.0.0.1", true), ("[::1]", has_ipv6)] {
        let url = format!("http://{address}:{port}/_sandbox/calls");
        let answer = sandbox.client.get(url).send().await;
        assert_eq!(answer.is_ok(), exists, "{address}: {answer:?}");
    }
}

#[tokio::test]
async fn a_page_of_an_earlier_run_is_not_taken_for_this_ones() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let page = async |sandbox: &TestSandbox, known: &str| {
        let url = format!("{}/dashboard", sandbox.base);
        let request = sandbox.client.get(url).header("if-none-match", known);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let html = response.text().await.unwrap();
        let version = html
            .split_once("data-live=\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(version, _)| version.to_owned());
        (status, version)
    };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let sandbox = TestSandbox::start_in(&state).await;
        let version = page(&sandbox, "none").await.1.unwrap();
        assert_eq!(page(&sandbox, &version).await.0, 304);
        assert!(!seen.contains(&version), "{version}");
        seen.push(version);
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn settings_hold_the_delay_the_workflows_and_the_switch() {
    let sandbox = TestSandbox::start().await;
    let before = sandbox.control(Method::GET, "settings", Value::Null).await;
    let of_template = json!({
        "id": TEMPLATE, "decide_after_ms": 1000, "approve_completed": true,
        "decline_failed": false, "pass_verifications": true,
    });
    assert_eq!(before["templates"], json!([of_template]));
    let change = json!({
        "template_id": TEMPLATE, "decide_after_ms": 60_000, "decline_failed": true,
        "pass_verifications": false,
    });
    let after = sandbox.control(Method::POST, "settings", change).await;
    assert_eq!(after["templates"][0]["decide_after_ms"], 60_000);
    assert_eq!(after["templates"][0]["approve_completed"], true);
    // The switch is off at first, the failed inquiry is declined, and a minute later only.
    let id = sandbox.create("usr_1").await;
    let failed = json!({"outcome": "failed"});
    sandbox
        .control(Method::POST, &format!("inquiries/{id}/finish"), failed)
        .await;
    let status = async || {
        let inquiry = sandbox.get(&format!("/inquiries/{id}")).await;
        inquiry.text("/data/attributes/status").to_owned()
    };
    sandbox.advance(59).await;
    assert_eq!(status().await, "failed");
    sandbox.advance(2).await;
    assert_eq!(status().await, "declined");
    // A reset brings the defaults back.
    sandbox.control(Method::POST, "reset", Value::Null).await;
    let reset = sandbox.control(Method::GET, "settings", Value::Null).await;
    assert_eq!(reset["templates"], json!([of_template]));
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_and_change_nothing() {
    let sandbox = TestSandbox::start().await;
    let before = sandbox.control(Method::GET, "settings", Value::Null).await;
    let url = format!("{}/_sandbox/settings", sandbox.base);
    for (change, status, fix) in [
        (
            json!({"limits": {"window_s": 0}, "decline_failed": true}),
            400,
            "at least 1",
        ),
        (
            json!({"template_id": "itmpl_unknown", "decline_failed": true}),
            404,
            "template",
        ),
        (json!({"decide_after_ms": -1}), 400, "u64"),
        (json!({"delay": 5}), 400, "decide_after_ms"),
    ] {
        let answer = TestSandbox::send(sandbox.client.post(&url).json(&change)).await;
        assert_eq!(answer.status.as_u16(), status, "{change}: {answer:?}");
        assert!(answer.text("/error").contains(fix), "{change}: {answer:?}");
    }
    let after = sandbox.control(Method::GET, "settings", Value::Null).await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_429_lasts_as_long_as_the_settings_say() {
    let sandbox = TestSandbox::start().await;
    let limits = json!({"limits": {"requests_per_minute": 1, "window_s": 5}});
    sandbox.control(Method::POST, "settings", limits).await;
    assert_eq!(sandbox.get("/inquiries").await.status, StatusCode::OK);
    let limited = sandbox.get("/inquiries").await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(limited.header("ratelimit-reset").parse::<u32>().unwrap() <= 5);
    sandbox.advance(5).await;
    assert_eq!(sandbox.get("/inquiries").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_control_is_described_and_answers() {
    let sandbox = TestSandbox::start().await;
    let description = sandbox
        .control(Method::GET, "openapi.json", Value::Null)
        .await;
    assert_eq!(description["openapi"], "3.1.0");
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() > 15, "{:?}", paths.keys());
    for (path, operations) in paths {
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_ascii_uppercase().parse().unwrap();
            // An object that is named in the path does not exist, so 404 is an answer, too.
            let url = format!("{}{}", sandbox.base, path.replace("{id}", "1"));
            let answer = sandbox
                .client
                .request(method.clone(), url)
                .send()
                .await
                .unwrap();
            assert_ne!(
                answer.status(),
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
            let is_unknown =
                answer.status() == StatusCode::NOT_FOUND && answer.text().await.unwrap().is_empty();
            assert!(!is_unknown, "{method} {path}");
        }
    }
    let fault = &description["components"]["schemas"]["FaultRequest"]["properties"];
    assert!(fault["probability"].is_object(), "{fault}");
}
