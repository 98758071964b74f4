//! API keys that the API makes: their permissions, defaults, expiry, and the API log.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, TestSandbox, new_inquiry};

/// Makes a key with these attributes, and gives its ID and the key itself.
async fn make(sandbox: &TestSandbox, attributes: Value) -> (String, String) {
    let mut attributes = attributes;
    attributes["name"] = json!("Ours");
    let body = json!({"data": {"attributes": attributes}});
    let made = sandbox.post("/api-keys", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let value = made.text("/data/attributes/value").to_owned();
    (made.text("/data/id").to_owned(), value)
}

fn with_key(sandbox: &TestSandbox, key: &str, method: Method, path: &str) -> RequestBuilder {
    let url = format!("{}/api/v1{path}", sandbox.base);
    sandbox.client.request(method, url).bearer_auth(key)
}

async fn get(sandbox: &TestSandbox, key: &str, path: &str) -> Answer {
    TestSandbox::send(with_key(sandbox, key, Method::GET, path)).await
}

#[tokio::test]
async fn a_key_has_its_own_permissions_version_and_casing() {
    let sandbox = TestSandbox::start().await;
    sandbox.create("usr_1").await;
    let attributes = json!({
        "permissions": ["inquiry.read"],
        "api-version": "2023-01-05",
        "api-key-inflection": "camel",
    });
    let (id, key) = make(&sandbox, attributes).await;
    let list = get(&sandbox, &key, "/inquiries").await;
    assert_eq!(list.status, StatusCode::OK);
    // The flat attributes of the older version, in the casing of the key.
    assert_eq!(list.text("/data/0/attributes/nameFirst"), "Alexander");
    for path in ["/accounts", "/reports"] {
        let refused = get(&sandbox, &key, path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    let create = with_key(&sandbox, &key, Method::POST, "/inquiries");
    let refused = TestSandbox::send(create.json(&new_inquiry("usr_2"))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text("/errors/0/details").contains("inquiry.write"));

    let own = get(&sandbox, &key, "/api-keys/permissions").await;
    assert_eq!(own.text("/data/id"), id);
    assert_eq!(
        own.body["data"]["attributes"]["permissions"],
        json!(["inquiry.read"])
    );
    let change = json!({"data": {"attributes": {"permissions": ["account.read"]}}});
    let changed = sandbox.patch(&format!("/api-keys/{id}"), change).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(
        get(&sandbox, &key, "/accounts").await.status,
        StatusCode::OK
    );
    assert_eq!(
        get(&sandbox, &key, "/inquiries").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn an_expired_key_is_refused_and_its_copy_is_not() {
    let sandbox = TestSandbox::start().await;
    let (id, key) = make(&sandbox, json!({})).await;
    let copy = sandbox
        .post(&format!("/api-keys/{id}/clone"), json!({}))
        .await;
    let copied = copy.text("/data/attributes/value").to_owned();
    assert_ne!(copied, key);
    let expire = format!("/api-keys/{id}/expire");
    let body = json!({"meta": {"expires-in-seconds": 60}});
    let expiring = sandbox.post(&expire, body).await;
    assert!(expiring.body["data"]["attributes"]["expires-at"].is_string());
    assert_eq!(
        get(&sandbox, &key, "/inquiries").await.status,
        StatusCode::OK
    );
    sandbox.advance(61).await;
    assert_eq!(
        get(&sandbox, &key, "/inquiries").await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        get(&sandbox, &copied, "/inquiries").await.status,
        StatusCode::OK
    );
    let refused = sandbox
        .post(&expire, json!({"meta": {"expires-in-seconds": -1}}))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_key_leaves_out_the_attributes_of_its_blocklist() {
    let sandbox = TestSandbox::start().await;
    let inquiry = sandbox.create("usr_1").await;
    let (_, key) = make(&sandbox, json!({"api-attributes-blocklist": ["birthdate"]})).await;
    let read = get(&sandbox, &key, &format!("/inquiries/{inquiry}")).await;
    assert!(read.body["data"]["attributes"]["fields"]["name_first"].is_object());
    assert_eq!(
        read.body["data"]["attributes"]["fields"]["birthdate"],
        Value::Null
    );
    let list = get(&sandbox, &key, "/inquiries").await;
    assert_eq!(
        list.body["data"][0]["attributes"]["fields"]["birthdate"],
        Value::Null
    );
}

#[tokio::test]
async fn a_key_belongs_to_the_environment_that_made_it() {
    let sandbox = TestSandbox::start().await;
    let named = sandbox.environment("one");
    let (_, key) = make(&named, json!({})).await;
    assert!(key.starts_with("persona_sandbox_env_one_"), "{key}");
    named.create("usr_1").await;
    assert_eq!(get(&sandbox, &key, "/inquiries").await.ids().len(), 1);
    assert!(sandbox.get("/api-keys").await.ids().is_empty());
    assert_eq!(named.get("/api-keys").await.ids().len(), 1);
}

#[tokio::test]
async fn a_call_is_in_the_log_with_its_parameters_and_without_secrets() {
    let sandbox = TestSandbox::start().await;
    let (_, key) = make(&sandbox, json!({})).await;
    let listed = sandbox
        .get("/inquiries?page[size]=5&filter[status]=created")
        .await;
    let id = listed.header("request-id");
    let call = sandbox.get(&format!("/api-logs/{id}")).await;
    assert_eq!(call.status, StatusCode::OK, "{call:?}");
    let request = &call.body["data"]["attributes"]["request"];
    assert_eq!(request["path"], "/api/v1/inquiries");
    assert_eq!(
        request["get-params"],
        json!({"page": {"size": "5"}, "filter": {"status": "created"}})
    );
    assert_eq!(request["headers"]["Persona-Version"], "2025-10-27");
    assert_eq!(call.body["data"]["attributes"]["response"]["status"], 200);

    let log = sandbox.get("/api-logs?page[size]=2").await;
    assert_eq!(log.ids().len(), 2);
    assert_eq!(log.ids()[1], id);
    let next = log.text("/links/next").strip_prefix("/api/v1").unwrap();
    assert_eq!(sandbox.get(next).await.ids().len(), 1);
    let everything = sandbox
        .get("/api-logs?page[size]=100")
        .await
        .body
        .to_string();
    assert!(everything.contains("/api/v1/api-keys"));
    assert!(
        !everything.contains(&key) && !everything.contains("Bearer"),
        "{everything}"
    );
    let calls = sandbox.control(Method::GET, "requests", Value::Null).await;
    assert!(!calls.to_string().contains(&key), "{calls}");
    assert_eq!(
        sandbox.get("/api-logs/req_unknown").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_rate_limits_are_those_of_the_headers() {
    let sandbox = TestSandbox::start().await;
    let limits = json!({"limits": {"requests_per_minute": 50}});
    sandbox.control(Method::POST, "settings", limits).await;
    let read = sandbox.get("/rate-limits").await;
    let attributes = &read.body["data"][0]["attributes"];
    assert_eq!(attributes["limit"], 50);
    assert_eq!(
        attributes["remaining"].to_string(),
        read.header("ratelimit-remaining")
    );
    assert_eq!(
        attributes["seconds-to-reset"].to_string(),
        read.header("ratelimit-reset")
    );
}
