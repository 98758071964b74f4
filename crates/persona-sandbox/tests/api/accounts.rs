//! Accounts, which inquiries make on demand.
//!
//! Longer than 400 lines: every operation on accounts.

use persona_sandbox::{Config, WebhookTarget};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::receiver::{Receiver, SECRET};
use crate::support::{Answer, TestSandbox, new_inquiry};

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
    assert_eq!(sparse.text("/included/0/type"), "account-type");
    let type_id = sparse.text("/included/0/id");
    let account_type = sandbox.get(&format!("/account-types/{type_id}")).await;
    assert_eq!(account_type.text("/data/attributes/name"), "User");
    let unknown = sandbox.get("/account-types/acttp_unknown").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
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
    let names = by_object.body["data"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|event| &event["attributes"]["name"]).collect();
    assert_eq!(
        names,
        [
            "account.redacted",
            "account.updated-fields",
            "account.created"
        ]
    );
    assert!(!by_object.body.to_string().contains("Ada"));

    assert_eq!(receiver.wait_for(1).await[0].name(), "account.redacted");
    let list = sandbox
        .control(Method::GET, "deliveries", Value::Null)
        .await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(list["data"][0]["inquiry_id"], Value::Null);
}

async fn new_account(sandbox: &TestSandbox, attributes: Value) -> Answer {
    let body = json!({"data": {"attributes": attributes}});
    sandbox.post("/accounts", body).await
}

/// An account with this reference ID; its ID.
async fn account(sandbox: &TestSandbox, reference_id: &str) -> String {
    let created = new_account(sandbox, json!({"reference-id": reference_id})).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    created.text("/data/id").to_owned()
}

/// The names of an account's events, oldest first.
async fn events(sandbox: &TestSandbox, id: &str) -> Vec<String> {
    let events = sandbox
        .get(&format!("/events?filter[object-id]={id}&page[size]=100"))
        .await;
    let names = events.body["data"].as_array().unwrap().iter().rev();
    let name = |event: &Value| event["attributes"]["name"].as_str().unwrap().to_owned();
    names.map(name).collect()
}

#[tokio::test]
async fn an_account_is_created_updated_and_found() {
    let sandbox = TestSandbox::start().await;
    let attributes = json!({
        "reference-id": "usr_1",
        "name-first": "Ada",
        "country-code": "GB",
        "tags": ["vip"],
        "fields": {
            "address": {"city": "London"},
            "identification_numbers": [{"identification_class": "pp", "identification_number": "X9", "issuing_country": "GB"}],
            "loyalty_points": 7,
        },
    });
    let created = new_account(&sandbox, attributes).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let id = created.text("/data/id").to_owned();
    let fields = "/data/attributes/fields";
    assert_eq!(
        created.text(&format!("{fields}/name/value/first/value")),
        "Ada"
    );
    assert_eq!(
        created.text(&format!("{fields}/address/value/city/value")),
        "London"
    );
    assert_eq!(
        created.text(&format!("{fields}/address/value/country_code/value")),
        "GB"
    );
    let number =
        format!("{fields}/identification_numbers/value/0/value/identification_number/value");
    assert_eq!(created.text(&number), "X9");
    let points = &created.body["data"]["attributes"]["fields"]["loyalty_points"];
    assert_eq!(points, &json!({"type": "number", "value": 7}));

    let update = json!({"data": {"attributes": {
        "account-status": "Approved", "tags": ["old"],
        "fields": {"name": {"last": "Lovelace"}, "loyalty_points": null},
    }}});
    let path = format!("/accounts/{id}");
    let updated = sandbox.patch(&path, update).await;
    assert_eq!(updated.status, StatusCode::OK, "{updated:?}");
    assert_eq!(updated.text("/data/attributes/account-status"), "Approved");
    assert_eq!(
        updated.text(&format!("{fields}/name/value/first/value")),
        "Ada"
    );
    assert_eq!(
        updated.text(&format!("{fields}/name/value/last/value")),
        "Lovelace"
    );
    assert!(
        updated.body["data"]["attributes"]["fields"]
            .get("loyalty_points")
            .is_none()
    );
    assert_eq!(
        events(&sandbox, &id).await,
        [
            "account.created",
            "account.updated-fields",
            "account.status-updated",
            "account.tag-added",
            "account.tag-removed",
            "account.updated-tags",
        ]
    );

    account(&sandbox, "usr_2").await;
    for (query, expected) in [
        ("", vec!["usr_2", "usr_1"]),
        ("?filter[reference-id]=usr_1", vec!["usr_1"]),
        ("?page[size]=1", vec!["usr_2"]),
        ("?filter[reference-id]=", vec!["usr_2", "usr_1"]),
    ] {
        let answer = sandbox.get(&format!("/accounts{query}")).await;
        let rows = answer.body["data"].as_array().unwrap().iter();
        let listed: Vec<_> = rows
            .map(|row| row["attributes"]["reference-id"].as_str().unwrap())
            .collect();
        assert_eq!(listed, expected, "{query}");
    }
    sandbox.advance(60).await;
    let name = json!({"attribute": "fields.name_last", "operator": "eq", "value": "Lovelace"});
    let found = sandbox
        .post("/accounts/search", json!({"query": name}))
        .await;
    assert_eq!(found.ids(), [id.as_str()]);
}

#[tokio::test]
async fn a_reference_id_belongs_to_one_account_unless_it_is_upserted() {
    let sandbox = TestSandbox::start().await;
    let id = account(&sandbox, "usr_1").await;
    let again = new_account(&sandbox, json!({"reference-id": "usr_1"})).await;
    assert_eq!(
        (again.status.as_u16(), again.title()),
        (409, "Record not unique")
    );
    let upsert = json!({
        "data": {"attributes": {"reference-id": "usr_1", "name-first": "Ada"}},
        "meta": {"upsert-by": "reference-id"},
    });
    let updated = sandbox.post("/accounts", upsert).await;
    assert_eq!(
        (updated.status.as_u16(), updated.text("/data/id")),
        (200, id.as_str())
    );
    let new = json!({
        "data": {"attributes": {"reference-id": "usr_2", "fields": {"email_address": "a@b.c"}}},
        "meta": {"upsert-by": "reference_id"},
    });
    assert_eq!(sandbox.post("/accounts", new).await.status.as_u16(), 201);
    let by_field = json!({
        "data": {"attributes": {"email-address": "a@b.c", "name-last": "Byron"}},
        "meta": {"upsert-by": "email_address"},
    });
    let updated = sandbox.post("/accounts", by_field).await;
    assert_eq!(updated.status.as_u16(), 200, "{updated:?}");
    assert_eq!(updated.text("/data/attributes/reference-id"), "usr_2");
    let none = json!({"data": {"attributes": {}}, "meta": {"upsert-by": "reference-id"}});
    assert_eq!(sandbox.post("/accounts", none).await.status.as_u16(), 400);
    // An inquiry finds the account that the API made.
    let inquiry = sandbox.post("/inquiries", new_inquiry("usr_1")).await;
    assert_eq!(inquiry.text("/data/relationships/account/data/id"), id);
}

#[tokio::test]
async fn wrong_values_of_an_account_are_refused_and_change_nothing() {
    let sandbox = TestSandbox::start().await;
    for (attributes, status) in [
        (json!({"name-first": 5}), 422),
        (json!({"birthdate": "yesterday"}), 422),
        (json!({"fields": {"name": "Ada"}}), 422),
        (json!({"fields": {"address": {"planet": "Mars"}}}), 422),
        (json!({"account-type-id": "itmpl_x"}), 400),
        (json!({"colour": "red"}), 400),
        (json!({"tags": "vip"}), 400),
    ] {
        let answer = new_account(&sandbox, attributes.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{attributes}: {answer:?}");
    }
    assert!(sandbox.get("/accounts").await.ids().is_empty());
}

#[tokio::test]
async fn tags_of_an_account_are_added_removed_and_set() {
    let sandbox = TestSandbox::start().await;
    let id = account(&sandbox, "usr_1").await;
    for (verb, meta, tags) in [
        ("add-tag", json!({"tag-name": "VIP"}), json!(["VIP"])),
        ("add-tag", json!({"tag-name": "vip"}), json!(["VIP"])),
        (
            "set-tags",
            json!({"tag-name": ["a", "b"]}),
            json!(["a", "b"]),
        ),
        ("remove-tag", json!({"tag-name": "A"}), json!(["b"])),
        ("remove-tag", json!({"tag-name": "none"}), json!(["b"])),
    ] {
        let answer = sandbox
            .post(&format!("/accounts/{id}/{verb}"), json!({"meta": meta}))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.body["data"]["attributes"]["tags"], tags, "{verb}");
    }
    let none = sandbox
        .post(&format!("/accounts/{id}/add-tag"), json!({"meta": {}}))
        .await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn accounts_are_related_to_one_another() {
    let sandbox = TestSandbox::start().await;
    let (owner, business) = (
        account(&sandbox, "usr_1").await,
        account(&sandbox, "usr_2").await,
    );
    let relation = json!({"meta": {
        "relation-schema-key": "business", "target-object-id": business,
    }});
    let related = async |key: &str| {
        let path = format!("/accounts/{owner}/relations?filter[key]={key}");
        sandbox.get(&path).await.ids().join(",")
    };
    for _ in 0..2 {
        let added = sandbox
            .post(&format!("/accounts/{owner}/add-relation"), relation.clone())
            .await;
        assert_eq!(added.status, StatusCode::OK, "{added:?}");
    }
    assert_eq!(related("business").await, business);
    assert_eq!(related("spouse").await, "");
    let missing = sandbox.get(&format!("/accounts/{owner}/relations")).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    let unknown = json!({"meta": {
        "relation-schema-key": "business", "target-object-id": "act_unknown",
    }});
    let unknown = sandbox
        .post(&format!("/accounts/{owner}/add-relation"), unknown)
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    sandbox
        .post(&format!("/accounts/{owner}/remove-relation"), relation)
        .await;
    assert_eq!(related("business").await, "");
    let names = events(&sandbox, &owner).await;
    assert_eq!(
        names[1..],
        ["account.added-relation", "account.removed-relation"]
    );
}

#[tokio::test]
async fn consolidated_accounts_hand_over_their_inquiries_and_cannot_be_used() {
    let sandbox = TestSandbox::start().await;
    let inquiry = sandbox.create("usr_old").await;
    let target = account(&sandbox, "usr_new").await;
    let old = sandbox.get("/accounts?filter[reference-id]=usr_old").await;
    let old = old.ids()[0].to_owned();
    let consolidate = async |ids: Value| {
        let body = json!({"meta": {"source-account-ids": ids}});
        sandbox
            .post(&format!("/accounts/{target}/consolidate"), body)
            .await
    };
    assert_eq!(
        consolidate(json!(["act_unknown"])).await.status.as_u16(),
        404
    );
    assert_eq!(consolidate(json!([target])).await.status.as_u16(), 422);
    let done = consolidate(json!([old])).await;
    assert_eq!(
        (done.status.as_u16(), done.text("/data/id")),
        (202, target.as_str())
    );
    let moved = sandbox.get(&format!("/inquiries/{inquiry}")).await;
    assert_eq!(moved.text("/data/relationships/account/data/id"), target);
    assert_eq!(moved.text("/data/attributes/reference-id"), "usr_new");
    let refused = sandbox.post("/inquiries", new_inquiry("usr_old")).await;
    assert_eq!(refused.status.as_u16(), 422, "{refused:?}");
    assert_eq!(consolidate(json!([old])).await.status.as_u16(), 422);
    assert_eq!(
        events(&sandbox, &old).await.last().unwrap(),
        "account.consolidated"
    );
    assert_eq!(
        events(&sandbox, &target).await.last().unwrap(),
        "account.consolidated-with"
    );
}

#[tokio::test]
async fn an_older_version_shows_the_person_beside_the_fields() {
    let sandbox = TestSandbox::start().await;
    let id = account(&sandbox, "usr_1").await;
    let body = json!({"data": {"attributes": {"name-first": "Ada"}}});
    sandbox.patch(&format!("/accounts/{id}"), body).await;
    let url = format!("{}/api/v1/accounts/{id}", sandbox.base);
    let request = sandbox.client.get(url).bearer_auth("persona_sandbox_test");
    let answer = TestSandbox::send(request.header("persona-version", "2023-01-05")).await;
    assert_eq!(answer.text("/data/attributes/name-first"), "Ada");
}

#[tokio::test]
async fn a_reference_id_is_taken_from_an_account_and_given_to_another() {
    let sandbox = TestSandbox::start().await;
    let account = async |reference_id: &str| {
        let body = json!({"data": {"attributes": {"reference-id": reference_id}}});
        let made = sandbox.post("/accounts", body).await;
        made.text("/data/id").to_owned()
    };
    let (old, new) = (account("usr_1").await, account("usr_2").await);
    let rename = async |id: &str, reference_id: Value| {
        let body = json!({"data": {"attributes": {"reference-id": reference_id}}});
        sandbox.patch(&format!("/accounts/{id}"), body).await
    };
    let taken = rename(&new, json!("usr_1")).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    let freed = rename(&old, Value::Null).await;
    assert_eq!(
        freed.body["data"]["attributes"]["reference-id"],
        Value::Null
    );
    let renamed = rename(&new, json!("usr_1")).await;
    assert_eq!(renamed.status, StatusCode::OK);
    let list = sandbox.get("/accounts?filter[reference-id]=usr_1").await;
    assert_eq!(list.ids(), [new.as_str()]);
    // Without the attribute it stays.
    let body = json!({"data": {"attributes": {"name-first": "Ada"}}});
    let named = sandbox.patch(&format!("/accounts/{new}"), body).await;
    assert_eq!(named.text("/data/attributes/reference-id"), "usr_1");
}

#[tokio::test]
async fn an_action_of_an_account_leaves_a_workflow_run_and_changes_nothing() {
    let sandbox = TestSandbox::start().await;
    let body = json!({"data": {"attributes": {"reference-id": "usr_1"}}});
    let account = sandbox.post("/accounts", body).await.body["data"].clone();
    let path = format!("/accounts/{}/run-action", account["id"].as_str().unwrap());
    let action = |id: &str| json!({"data": {"account-action-id": id, "parameters": {"status": "activated"}}});
    let action_id = "accac_h4Ln3agRBwdpZD55Lef8fDwjuvjG";

    let answer = sandbox.post(&path, action(action_id)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["data"], account);
    let run = answer.text("/meta/workflow-run-id");
    let run = sandbox
        .get(&format!("/workflow-runs/{run}?include=workflow-version"))
        .await;
    assert_eq!(run.text("/data/attributes/status"), "completed");
    assert_eq!(
        run.text("/included/0/attributes/trigger-type"),
        "trigger-account"
    );

    for (wrong, complaint) in [
        (json!({}), "data is missing"),
        (json!({"data": {}}), "data.account_action_id is missing"),
        (action("accac_short"), "24 to 28 letters or digits"),
        (
            json!({"data": {"account-action-id": action_id, "parameters": []}}),
            "data.parameters must be an object",
        ),
        (
            json!({"data": {"account-action-id": action_id, "attributes": {}}}),
            "data.attributes is not a known parameter",
        ),
    ] {
        let refused = sandbox.post(&path, wrong).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{complaint}");
        assert!(
            refused.body.to_string().contains(complaint),
            "{:?}",
            refused.body
        );
    }
    let missing = sandbox
        .post("/accounts/act_unknown/run-action", action(action_id))
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(sandbox.get("/workflow-runs").await.ids().len(), 1);
}
