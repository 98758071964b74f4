//! Attribute blocklists of webhooks, in every form that Persona documents
//! (`webhook-attribute-blocklists`).

use serde_json::{Value, json};

use crate::receiver::{Receiver, simulate};
use crate::support::TestSandbox;

/// The payload of `inquiry.started` at a webhook with these rules, which includes related objects.
async fn payload(rules: &[&str]) -> Value {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    let attributes = json!({
        "url": receiver.url,
        "enabled-events": ["inquiry.approved"],
        "included-allowlist": { "state": "include_all" },
        "api-attributes-blocklist": rules,
    });
    let body = json!({ "data": { "attributes": attributes } });
    let created = sandbox.post("/webhooks", body).await;
    let path = format!("/webhooks/{}/enable", created.text("/data/id"));
    sandbox.post(&path, json!({})).await;
    let id = sandbox.create("usr_1").await;
    sandbox.walk(&id, None, &["start", "government_id"]).await;
    simulate(&sandbox, &id, &["approve_inquiry"]).await;
    let received = receiver.wait_for(1).await;
    received[0].body()["data"]["attributes"]["payload"].clone()
}

fn included<'a>(payload: &'a Value, resource_type: &str) -> &'a Value {
    let included = payload["included"].as_array().unwrap();
    let found = included.iter().find(|one| one["type"] == resource_type);
    found.unwrap_or_else(|| panic!("no {resource_type} in {payload}"))
}

#[tokio::test]
async fn a_simple_name_is_cut_from_every_object() {
    let whole = payload(&[]).await;
    assert!(
        included(&whole, "account")
            .to_string()
            .contains("1977-07-17")
    );
    let cut = payload(&["birthdate", "created_at"]).await;
    let text = cut.to_string();
    assert!(!text.contains("1977-07-17"), "{text}");
    assert!(!text.contains("\"created-at\""), "{text}");
    // What each object is and belongs to stays.
    let account = included(&cut, "account");
    assert!(account["id"].as_str().unwrap().starts_with("act_"));
    assert!(account["relationships"]["account-type"].is_object());
    assert_eq!(
        cut["included"].as_array().unwrap().len(),
        whole["included"].as_array().unwrap().len()
    );
    assert!(cut["data"]["relationships"]["account"]["data"]["id"].is_string());
}

#[tokio::test]
async fn a_path_counts_where_it_leads_and_a_star_stands_for_any_part() {
    let cut = payload(&["/included/attributes/fields/birthdate"]).await;
    assert!(cut["data"]["attributes"]["fields"]["birthdate"].is_object());
    let account = &included(&cut, "account")["attributes"]["fields"];
    assert!(account["birthdate"].is_null() && account["name"].is_object());

    let cut = payload(&["/*/attributes/fields/birth*"]).await;
    assert!(cut["data"]["attributes"]["fields"]["birthdate"].is_null());
    assert!(included(&cut, "account")["attributes"]["fields"]["birthdate"].is_null());

    let cut = payload(&["/*/attributes/status?type=verification/government-id"]).await;
    assert_eq!(cut["data"]["attributes"]["status"], "approved");
    let check = included(&cut, "verification/government-id");
    assert!(check["attributes"]["status"].is_null());
    assert!(check["attributes"]["created-at"].is_string());
}

#[tokio::test]
async fn exemptions_make_an_allow_list() {
    let cut = payload(&[
        "/*/attributes/*",
        "!/data/attributes/fields",
        "/data/attributes/fields/*",
        "!/data/attributes/fields/selected-country-code",
        "!/included/attributes/reference-id?type=account",
    ])
    .await;
    let attributes = &cut["data"]["attributes"];
    assert_eq!(
        attributes,
        &json!({"fields": {"selected_country_code": {"type": "string", "value": "US"}}})
    );
    for one in cut["included"].as_array().unwrap() {
        let expected = if one["type"] == "account" {
            json!({"reference-id": "usr_1"})
        } else {
            json!({})
        };
        assert_eq!(one["attributes"], expected, "{one}");
        assert!(one["id"].is_string());
    }
}
