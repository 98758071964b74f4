//! Accounts, which inquiries make on demand.

use reqwest::StatusCode;
use serde_json::json;

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
