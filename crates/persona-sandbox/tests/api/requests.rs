//! Requests that are wrong, and what they are told.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{TEMPLATE, TestSandbox, new_inquiry};

#[tokio::test]
async fn only_sandbox_keys_are_let_in() {
    let sandbox = TestSandbox::start().await;
    let answer = async |key: Option<&str>| {
        let request = sandbox
            .client
            .get(format!("{}/api/v1/inquiries", sandbox.base));
        let request = match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        let answer = TestSandbox::send(request).await;
        for name in ["ratelimit-limit", "persona-environment-id"] {
            let unauthorized = answer.status == StatusCode::UNAUTHORIZED;
            assert_eq!(answer.header(name).is_empty(), unauthorized, "{name}");
        }
        assert!(answer.header("request-id").starts_with("req_"));
        (
            answer.status.as_u16(),
            answer.body["errors"][0]["title"]
                .as_str()
                .map(str::to_owned),
        )
    };
    assert_eq!(answer(Some("persona_sandbox_anything")).await, (200, None));
    let missing = "Must be authenticated to access this endpoint".to_owned();
    assert_eq!(answer(None).await, (401, Some(missing)));
    assert_eq!(
        answer(Some("nonsense")).await,
        (401, Some("Token is invalid".to_owned()))
    );
    assert_eq!(
        answer(Some("persona_production_x")).await,
        (403, Some("Forbidden".to_owned()))
    );
}

#[tokio::test]
async fn a_wrong_query_is_a_bad_request() {
    let sandbox = TestSandbox::start().await;
    for query in [
        "filter[colour]=red",
        "filter[status]=open",
        "filter[inquiry-template-id]=KYC",
        "filter[inquiry-id]=1",
        "filter[created-at-start]=yesterday",
        "filter[note]=x&filter[status]=created",
        "page[size]=0",
        "page[size]=101",
        "page[size]=many",
        "page[number]=2",
        "page[after]=inq_unknown",
        "page[after]=inq_1&page[before]=inq_2",
        "include=account",
    ] {
        let answer = sandbox.get(&format!("/inquiries?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.title()),
            (400, "Bad Request"),
            "{query}"
        );
        assert!(!answer.text("/errors/0/details").is_empty());
    }
}

#[tokio::test]
async fn a_wrong_body_names_the_path() {
    let sandbox = TestSandbox::start().await;
    for (body, details) in [
        (json!([]), "The request body must be an object"),
        (json!({}), "data is missing"),
        (json!({"data": {}}), "data.attributes is missing"),
        (
            json!({"data": {"attributes": {}}}),
            "data.attributes.inquiry_template_id is missing",
        ),
        (
            json!({"data": {"attributes": {"inquiry-template-id": "KYC"}}}),
            "data.attributes.inquiry_template_id must start with itmpl",
        ),
        (
            json!({"data": {"attributes": {"inquiry-template-id": TEMPLATE, "note": 5}}}),
            "data.attributes.note must be a string",
        ),
        (
            json!({"data": {"attributes": {"inquiry-template-id": TEMPLATE, "colour": "red"}}}),
            "data.attributes.colour is not a known parameter",
        ),
        (
            json!({"data": {"attributes": {"inquiry-template-id": TEMPLATE}},
                "meta": {"expiration-after-create-interval-seconds": 0}}),
            "meta.expiration_after_create_interval_seconds must be greater than 0",
        ),
    ] {
        let answer = sandbox.post("/inquiries", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text("/errors/0/details")),
            (400, details)
        );
    }
    let request = sandbox.api(Method::POST, "/inquiries").body("{\"data\": ");
    assert_eq!(
        TestSandbox::send(request).await.status,
        StatusCode::BAD_REQUEST
    );
    let request = sandbox
        .api(Method::POST, "/inquiries")
        .body("x".repeat(2 * 1024 * 1024));
    assert_eq!(
        TestSandbox::send(request).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[tokio::test]
async fn a_field_of_another_type_is_an_invalid_record() {
    let sandbox = TestSandbox::start().await;
    let mut body = new_inquiry("usr_1");
    body["data"]["attributes"]["fields"] = json!({"birthdate": "31.08.1977"});
    let answer = sandbox.post("/inquiries", body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.title()),
        (422, "Record invalid")
    );
    assert_eq!(
        answer.text("/errors/0/source/pointer"),
        "/data/attributes/fields"
    );
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let sandbox = TestSandbox::start().await;
    for path in [
        "/inquiries/inq_unknown",
        "/events/evt_unknown",
        "/inquiry-sessions/iqse_x",
    ] {
        let answer = sandbox.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.title()),
            (404, "Record not found"),
            "{path}"
        );
    }
    let body = json!({"data": {"attributes": {"inquiry-template-id": "itmpl_other"}}});
    let answer = sandbox.post("/inquiries", body).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let details = "data.attributes.inquiry_template_id is not found";
    assert_eq!(answer.text("/errors/0/details"), details);
    let put = TestSandbox::send(sandbox.api(Method::PUT, "/inquiries")).await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn what_is_refused_before_the_operation_has_the_usual_headers() {
    let sandbox = TestSandbox::start().await;
    let large = "x".repeat(2 * 1024 * 1024);
    for (request, status) in [
        (sandbox.api(Method::GET, "/lists"), 501),
        (sandbox.api(Method::GET, ""), 404),
        (sandbox.api(Method::GET, "/"), 404),
        (sandbox.api(Method::PUT, "/inquiries"), 405),
        (sandbox.api(Method::POST, "/inquiries").body(large), 413),
    ] {
        let answer = TestSandbox::send(request).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(!answer.title().is_empty());
        assert!(answer.header("request-id").starts_with("req_"), "{status}");
        for name in [
            "ratelimit-limit",
            "ratelimit-remaining",
            "ratelimit-reset",
            "persona-environment-id",
            "persona-organization-id",
        ] {
            assert!(!answer.header(name).is_empty(), "{status}: {name}");
        }
    }
}

#[tokio::test]
async fn wrong_headers_are_a_bad_request() {
    let sandbox = TestSandbox::start().await;
    for (name, value) in [
        ("key-inflection", "pascal"),
        ("persona-version", "2024-01-01"),
        ("persona-version", ""),
        ("persona-version", "latest"),
        ("persona-version", "2026-02-30"),
        ("persona-version", "2026-9-29"),
    ] {
        let request = sandbox
            .client
            .get(format!("{}/api/v1/inquiries", sandbox.base))
            .bearer_auth("persona_sandbox_test")
            .header(name, value);
        assert_eq!(
            TestSandbox::send(request).await.status,
            StatusCode::BAD_REQUEST,
            "{name}"
        );
    }
}

#[tokio::test]
async fn limits_are_off_until_set() {
    let sandbox = TestSandbox::start().await;
    let limits = json!({"limits": {"requests_per_minute": 3, "inquiries_per_minute": 1}});
    sandbox.control(Method::POST, "settings", limits).await;
    sandbox.create("usr_1").await;
    let quota = sandbox.post("/inquiries", new_inquiry("usr_2")).await;
    assert_eq!(
        (quota.status.as_u16(), quota.title()),
        (429, "Quota exceeded")
    );
    assert_eq!(quota.header("quota-remaining"), "0");
    assert_eq!(
        sandbox
            .get("/inquiries")
            .await
            .header("ratelimit-remaining"),
        "0"
    );
    let limited = sandbox.get("/inquiries").await;
    assert_eq!(
        (limited.status.as_u16(), limited.title()),
        (429, "Rate limit exceeded")
    );
    assert!((1..=60).contains(&limited.header("ratelimit-reset").parse::<u32>().unwrap()));
}

#[tokio::test]
async fn parameters_that_are_empty_are_as_if_absent() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let filters = "filter[reference-id]=&filter[status]=&filter[account-id]=&filter[inquiry-id]=\
                   &filter[created-at-start]=&filter[created-at-end]=&filter[note]=\
                   &filter[inquiry-template-id]=&filter[template-id]=";
    for query in [
        "page[before]=&page[after]=",
        "page[size]=&page[before]=&page[after]=",
        "include=&fields[inquiry]=",
        filters,
    ] {
        let answer = sandbox.get(&format!("/inquiries?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
        assert_eq!(answer.ids(), [id.as_str()], "{query}");
        assert_eq!(answer.text("/data/0/attributes/status"), "created");
    }
    for path in ["/events", "/inquiry-sessions", "/webhooks"] {
        let query = "filter[name]=&filter[object-id]=&filter[inquiry-id]=&page[after]=";
        let answer = sandbox.get(&format!("{path}?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    }
    for path in [
        "inquiries?reference-id=",
        "deliveries?webhook-id=&event-id=&inquiry-id=&status=&limit=",
        "requests?unmatched=&operation=&status=&limit=",
    ] {
        let list = sandbox.control(Method::GET, path, json!(null)).await;
        assert!(list["data"].is_array(), "{path}");
    }
}

#[tokio::test]
async fn a_version_to_come_is_served_as_the_newest_known_with_a_warning() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let get = async |version: &str| {
        let request = sandbox
            .client
            .get(format!("{}/api/v1/inquiries/{id}", sandbox.base))
            .bearer_auth("persona_sandbox_test")
            .header("persona-version", version);
        TestSandbox::send(request).await
    };
    let newest = get("2025-12-08").await;
    assert_eq!(newest.header("warning"), "");
    for version in ["2026-09-29", "2031-01-01"] {
        let answer = get(version).await;
        assert_eq!(answer.status, StatusCode::OK, "{version}");
        assert_eq!(answer.body, newest.body);
        let warning = answer.header("warning");
        assert!(
            warning.contains(version) && warning.contains("2025-12-08"),
            "{warning}"
        );
    }
    let webhook = json!({"data": {"attributes": {
        "name": "Mirror", "url": "http://127.0.0.1:9/", "api-version": "2026-09-29",
        "enabled-events": ["*"],
    }}});
    let created = sandbox.post("/webhooks", webhook).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    assert_eq!(created.text("/data/attributes/api-version"), "2026-09-29");
}

#[tokio::test]
async fn a_429_ends_with_its_minute_on_the_sandboxs_clock() {
    let sandbox = TestSandbox::start().await;
    let limits = json!({"limits": {"requests_per_minute": 1}});
    sandbox
        .control(reqwest::Method::POST, "settings", limits)
        .await;
    let status = async || sandbox.get("/inquiries").await.status.as_u16();
    assert_eq!(status().await, 200);
    assert_eq!(status().await, 429);
    sandbox.advance(61).await;
    assert_eq!(status().await, 200);
    assert_eq!(status().await, 429);
}
