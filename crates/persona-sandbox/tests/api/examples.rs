//! `--openapi`: what is not emulated, answered with the examples of an OpenAPI file.

use std::io::Write as _;

use persona_sandbox::{Config, OpenApi, Sandbox};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::support::{Answer, TestSandbox};

/// A file in the vendor's manner, with one operation that the sandbox lacks, one that it has, and one
/// that it does not know.
const FILE: &str = "
openapi: 3.1.0
info: {title: Persona API Reference, version: '2025-10-27'}
servers: [{url: https://api.withpersona.com/api/v1}]
paths:
  /theme-sets:
    post:
      operationId: create-a-theme-set
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [theme-name]
              properties: {theme-name: {type: string}}
      responses:
        '201':
          content:
            application/json:
              examples:
                Created: {value: {data: {type: theme-set, id: thst_1, attributes: {created-at: x}}}}
  /inquiries:
    get:
      operationId: list-all-inquiries
      responses: {'200': {content: {application/json: {example: {data: [{id: inq_example}]}}}}}
  /kennels/{kennel-id}:
    get:
      operationId: retrieve-a-kennel
      responses: {'200': {content: {application/json: {example: {data: {id: knl_1}}}}}}
";

async fn start() -> TestSandbox {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(FILE.as_bytes()).unwrap();
    let file = OpenApi::open(file.path()).unwrap();
    TestSandbox::start_from(Config::default(), |config| {
        Sandbox::open(config).unwrap().with_openapi(file)
    })
    .await
}

async fn unmatched(sandbox: &TestSandbox) -> Vec<String> {
    let path = "requests?unmatched=true";
    let list = sandbox.control(Method::GET, path, Value::Null).await;
    let calls = list["data"].as_array().unwrap().iter();
    calls
        .map(|call| call["operation"].as_str().unwrap().to_owned())
        .collect()
}

fn is_example(answer: &Answer) -> bool {
    answer.header("persona-sandbox-fidelity") == "example"
}

#[tokio::test]
async fn what_is_not_emulated_is_checked_and_answered_with_its_example() {
    let sandbox = start().await;
    let body = json!({"theme-name": "Dark"});
    let made = sandbox.post("/theme-sets", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert!(is_example(&made));
    assert_eq!(made.text("/data/id"), "thst_1");
    for header in ["request-id", "ratelimit-limit", "persona-environment-id"] {
        assert!(!made.header(header).is_empty(), "{header}");
    }
    // Requests and answers in another casing.
    let camel = sandbox
        .api(Method::POST, "/theme-sets")
        .header("key-inflection", "camel")
        .json(&json!({"themeName": "Dark"}));
    let camel = TestSandbox::send(camel).await;
    assert_eq!(camel.text("/data/attributes/createdAt"), "x");

    let refused = sandbox.post("/theme-sets", json!({"theme-name": 5})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text("/errors/0/details").contains("/theme-name"));

    // An operation that the sandbox does not know at all.
    let kennel = sandbox.get("/kennels/knl_7").await;
    assert_eq!((kennel.status, is_example(&kennel)), (StatusCode::OK, true));
    assert_eq!(
        unmatched(&sandbox).await,
        [
            "retrieve-a-kennel",
            "create-a-theme-set",
            "create-a-theme-set",
            "create-a-theme-set"
        ]
    );
}

#[tokio::test]
async fn what_is_emulated_is_not_an_example_and_the_rest_stays_as_it_is() {
    let sandbox = start().await;
    let list = sandbox.get("/inquiries").await;
    assert!(list.ids().is_empty() && !is_example(&list));
    // Not in this file.
    let other = sandbox.get("/transactions/txn_1").await;
    assert_eq!(other.status, StatusCode::NOT_IMPLEMENTED);
    assert!(other.text("/errors/0/details").contains("--openapi"));
    assert_eq!(sandbox.get("/nothing").await.status, StatusCode::NOT_FOUND);
    let url = format!("{}/api/v1/kennels/1", sandbox.base);
    let stranger = TestSandbox::send(sandbox.client.get(url)).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    assert!(!is_example(&stranger));
}
