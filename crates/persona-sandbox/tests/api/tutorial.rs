//! The server of Persona's tutorial "Pre-create inquiries for Embedded Flow"
//! (docs: `tutorial-embedded-flow-precreate`), done with plain HTTP, through its four scenarios.

use reqwest::Method;
use serde_json::Value;

use crate::support::{TestSandbox, new_inquiry};

const USER: &str = "usr_ABC123";

/// What the tutorial's endpoint answers: an inquiry's ID, and a session token if it needs one.
async fn get_or_create(sandbox: &TestSandbox) -> (String, Option<String>) {
    let query = [
        ("filter[reference-id]", USER),
        ("filter[status]", "created,pending"),
        ("page[size]", "1"),
    ];
    let request = sandbox.api(Method::GET, "/inquiries").query(&query);
    let found = TestSandbox::send(request).await;
    let Some(inquiry) = found.body["data"].get(0) else {
        let created = sandbox.post("/inquiries", new_inquiry(USER)).await;
        return (created.text("/data/id").to_owned(), None);
    };
    let id = inquiry["id"].as_str().unwrap().to_owned();
    match inquiry["attributes"]["status"].as_str().unwrap() {
        "created" => (id, None),
        "pending" => {
            let token = sandbox.resume(&id).await;
            (id, Some(token))
        }
        other => panic!("the filter let {other} through"),
    }
}

#[tokio::test]
async fn the_four_scenarios_leave_two_inquiries() {
    let sandbox = TestSandbox::start().await;

    // 1. First click, closed at once.
    let (first, token) = get_or_create(&sandbox).await;
    assert_eq!(token, None);
    assert_eq!(sandbox.walk(&first, None, &[]).await, "start");

    // 2. The created one again, as far as the selfie.
    let (again, token) = get_or_create(&sandbox).await;
    assert_eq!((&again, token), (&first, None));
    assert_eq!(
        sandbox
            .walk(&first, None, &["start", "government_id"])
            .await,
        "selfie"
    );

    // 3. Now pending: it needs the token, opens at the selfie, and is finished.
    let (pending, token) = get_or_create(&sandbox).await;
    assert_eq!(pending, first);
    assert_eq!(sandbox.walk(&first, None, &[]).await, "unauthenticated");
    assert_eq!(sandbox.walk(&first, token.as_deref(), &[]).await, "selfie");
    assert_eq!(
        sandbox.walk(&first, token.as_deref(), &["selfie"]).await,
        "success"
    );

    // 4. A new one.
    let (second, token) = get_or_create(&sandbox).await;
    assert_ne!(second, first);
    assert_eq!(token, None);

    sandbox.advance(2).await;
    let all = sandbox
        .control(
            Method::GET,
            &format!("inquiries?reference-id={USER}"),
            Value::Null,
        )
        .await;
    let statuses: Vec<_> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|inquiry| inquiry["attributes"]["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["created", "approved"]);
}

#[tokio::test]
async fn the_demo_data_overwrites_the_prefilled_names_with_the_government_id_and_not_before() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create(USER).await;
    let first_name = async || {
        let inquiry = sandbox.get(&format!("/inquiries/{id}")).await;
        inquiry
            .text("/data/attributes/fields/name_first/value")
            .to_owned()
    };
    sandbox.walk(&id, None, &["start"]).await;
    assert_eq!(first_name().await, "Alexander");
    sandbox.walk(&id, None, &["start", "government_id"]).await;
    assert_eq!(first_name().await, "ALEXANDER J");
}
