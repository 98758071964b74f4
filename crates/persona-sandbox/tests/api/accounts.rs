//! Accounts, which inquiries make on demand.

use persona_sandbox::{Config, WebhookTarget};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::receiver::{Receiver, SECRET};
use crate::support::{TestSandbox, new_inquiry};

#[tokio::test]
async fn an_account_is_retrieved_with_what_its_inquiries_wrote() {
    let sandbox = TestSandbox::start().await;
    let mut body = new_inquiry("usr_1");
    body["data"]["attributes"]["fields"] = json!({"name_first": "Ada", "birthdate": "1990-05-01"});
    let created = sandbox.post("/inquiries", body).await;
    let account = &created.body["data"]["relationships"]["account"]["data"]["id"];
    let path = format!("/accounts/{}", account.as_str().unwrap());

    let answer = sandbox.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK);
    let account = &answer.body["data"];
    assert_eq!(account["type"], "account");
    let attributes = &account["attributes"];
    assert_eq!(attributes["reference-id"], "usr_1");
    assert_eq!(
        attributes["fields"]["name"]["value"]["first"]["value"],
        "Ada"
    );
    assert_eq!(attributes["fields"]["birthdate"]["value"], "1990-05-01");
    assert!(answer.body.get("included").is_none());

    let sparse = sandbox
        .get(&format!(
            "{path}?fields[account]=reference-id&include=account-type"
        ))
        .await;
    assert_eq!(
        sparse.body["data"]["attributes"],
        json!({"reference-id": "usr_1"})
    );
    assert_eq!(sparse.body["included"], json!([]));
}

#[tokio::test]
async fn an_account_that_is_not_there_is_a_missing_record() {
    let sandbox = TestSandbox::start().await;
    let answer = sandbox.get("/accounts/act_unknown").await;
    assert_eq!(
        (answer.status.as_u16(), answer.title()),
        (404, "Record not found")
    );
    let wrong = sandbox.get("/accounts/act_unknown?include=inquiries").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn redacting_an_account_redacts_its_inquiries_and_is_an_event_of_no_inquiry() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start_with(Config {
        webhook: Some(WebhookTarget {
            url: receiver.url.clone(),
            secret: SECRET.to_owned(),
            enabled_events: Some(vec!["account.redacted".to_owned()]),
        }),
        ..Config::default()
    })
    .await;
    let mut body = new_inquiry("usr_1");
    body["data"]["attributes"]["fields"] = json!({"name_first": "Ada"});
    let created = sandbox.post("/inquiries", body).await.body["data"].clone();
    let id = &created["relationships"]["account"]["data"]["id"];
    let path = format!("/accounts/{}", id.as_str().unwrap());

    let redacted = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(redacted.status, StatusCode::OK);
    let attributes = &redacted.body["data"]["attributes"];
    assert!(attributes["redacted-at"].is_string());
    assert_eq!(
        attributes["fields"]["name"]["value"]["first"]["value"],
        Value::Null
    );
    let inquiry = sandbox
        .get(&format!("/inquiries/{}", created["id"].as_str().unwrap()))
        .await;
    assert!(inquiry.body["data"]["attributes"]["redacted-at"].is_string());
    // A second time changes nothing.
    let again = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(again.body, redacted.body);

    let events = sandbox.get("/events?filter[name]=account.redacted").await;
    let events = events.body["data"].as_array().unwrap();
    assert_eq!(events.len(), 1);
    let payload = &events[0]["attributes"]["payload"]["data"];
    assert_eq!((&payload["type"], &payload["id"]), (&json!("account"), id));
    let by_object = sandbox
        .get(&format!(
            "/events?filter[object-id]={}",
            id.as_str().unwrap()
        ))
        .await;
    assert_eq!(by_object.body["data"].as_array().unwrap().len(), 1);

    assert_eq!(receiver.wait_for(1).await[0].name(), "account.redacted");
    let list = sandbox
        .control(Method::GET, "deliveries", Value::Null)
        .await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(list["data"][0]["inquiry_id"], Value::Null);
}
