//! The operations on webhooks, and what their settings do to what is sent.
//!
//! Longer than 400 lines: one test for each setting.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::receiver::{Receiver, inquiry_that, python_signature, settled};
use crate::support::{Answer, TestSandbox};

/// Makes an enabled webhook with these attributes, and gives its ID.
async fn webhook(sandbox: &TestSandbox, receiver: &Receiver, attributes: Value) -> String {
    let id = create(sandbox, receiver, attributes)
        .await
        .text("/data/id")
        .to_owned();
    let enabled = sandbox
        .post(&format!("/webhooks/{id}/enable"), json!({}))
        .await;
    assert_eq!(enabled.text("/data/attributes/status"), "enabled");
    id
}

async fn create(sandbox: &TestSandbox, receiver: &Receiver, mut attributes: Value) -> Answer {
    attributes["url"] = json!(receiver.url);
    if attributes["enabled-events"].is_null() {
        attributes["enabled-events"] = json!(["inquiry.started"]);
    }
    let body = json!({ "data": { "attributes": attributes } });
    let created = sandbox.post("/webhooks", body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    created
}

fn secret(answer: &Answer) -> String {
    answer.text("/data/attributes/secrets/0/value").to_owned()
}

#[tokio::test]
async fn a_new_webhook_is_disabled_and_sends_once_enabled() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    let created = create(&sandbox, &receiver, json!({ "name": "Mirror" })).await;
    assert!(created.text("/data/id").starts_with("wbh_"));
    assert_eq!(created.text("/data/attributes/status"), "disabled");
    assert_eq!(created.text("/data/attributes/api-version"), "2025-10-27");
    assert!(secret(&created).starts_with("wbhsec_"));
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let path = format!("/webhooks/{}/enable", created.text("/data/id"));
    sandbox.post(&path, json!({})).await;
    let second = inquiry_that(&sandbox, &["start_inquiry"]).await;
    let received = receiver.wait_for(1).await;
    let inquiry = &received[0].body()["data"]["attributes"]["payload"]["data"];
    assert_eq!(inquiry["id"], second.as_str());
}

#[tokio::test]
async fn each_webhook_gets_its_own_events_in_its_own_form() {
    let (kebab, camel) = (Receiver::start().await, Receiver::start().await);
    let sandbox = TestSandbox::start().await;
    webhook(&sandbox, &kebab, json!({ "enabled-events": ["*"] })).await;
    webhook(
        &sandbox,
        &camel,
        json!({
            "enabled-events": ["inquiry.started"],
            "api-key-inflection": "camel",
            "relationship-allowlist": { "state": "include_none" },
            "api-attributes-blocklist": ["/data/attributes/fields", "note"],
            "custom-http-headers": { "X-API-Key": "key of the receiver" },
        }),
    )
    .await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    // The account was created, and got the names of the inquiry.
    let received = kebab.wait_for(4).await;
    assert_eq!(
        kebab.inquiry_names(),
        ["inquiry.created", "inquiry.started"]
    );
    let started = received
        .iter()
        .find(|it| it.name() == "inquiry.started")
        .unwrap();
    let received = &camel.wait_for(1).await[0];
    assert_eq!(received.header("x-api-key"), "key of the receiver");
    let body = received.body();
    assert!(body["data"]["attributes"]["createdAt"].is_string());
    let inquiry = &body["data"]["attributes"]["payload"]["data"];
    assert_eq!(inquiry["attributes"]["referenceId"], "usr_1");
    assert_eq!(inquiry["attributes"].get("fields"), None);
    assert_eq!(inquiry["attributes"].get("note"), None);
    assert_eq!(inquiry.get("relationships"), None);
    let plain = &started.body()["data"]["attributes"]["payload"];
    assert_eq!(
        plain["data"]["attributes"]["fields"]["name_first"]["value"],
        "Alexander"
    );
    assert_eq!(plain["included"], json!([]), "nothing, by default");
}

#[tokio::test]
async fn a_payload_has_the_shape_of_the_webhooks_version() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    webhook(
        &sandbox,
        &receiver,
        json!({
            "api-version": "2023-01-05",
            "included-allowlist": { "state": "include_all" },
        }),
    )
    .await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let body = receiver.wait_for(1).await[0].body();
    let payload = &body["data"]["attributes"]["payload"];
    // Flat personal attributes beside `fields` were removed in 2025-10-27.
    assert_eq!(payload["data"]["attributes"]["name-first"], "Alexander");
    let types: Vec<_> = payload["included"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["type"].as_str().unwrap())
        .collect();
    assert!(types.contains(&"account"), "{types:?}");
}

#[tokio::test]
async fn while_a_secret_rotates_both_sign() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    let id = webhook(&sandbox, &receiver, json!({})).await;
    let path = format!("/webhooks/{id}");
    let before = secret(&sandbox.get(&path).await);
    let rotated = sandbox
        .post(
            &format!("{path}/rotate-secret"),
            json!({ "meta": { "expires-in-seconds": 3600 } }),
        )
        .await;
    let newest = secret(&rotated);
    assert_ne!(newest, before);
    assert_eq!(rotated.text("/data/attributes/secrets/1/value"), before);
    assert!(rotated.body["data"]["attributes"]["secrets"][1]["expires-at"].is_string());
    assert_eq!(rotated.text("/data/attributes/secret"), newest);

    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let received = &receiver.wait_for(1).await[0];
    let header = received.header("persona-signature");
    let expected = |secret: &str, pair: &str| {
        let (t, v1) = pair.split_once(',').unwrap();
        let t = t.strip_prefix("t=").unwrap();
        let signature = python_signature(secret, t, &received.bytes);
        assert_eq!(v1, format!("v1={signature}"));
    };
    let (first, second) = header.split_once(' ').expect("two pairs");
    expected(&newest, first);
    expected(&before, second);

    sandbox.advance(3600).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let alone = receiver.wait_for(2).await;
    assert!(!alone[1].header("persona-signature").contains(' '));

    let replaced = sandbox
        .post(&format!("{path}/rotate-secret"), json!({}))
        .await;
    let secrets = replaced.body["data"]["attributes"]["secrets"].as_array();
    assert_eq!(secrets.unwrap().len(), 1);
}

#[tokio::test]
async fn disabling_gives_up_the_retries_of_that_webhook_alone() {
    let (failing, other) = (Receiver::start().await, Receiver::start().await);
    failing.answer(&[500]);
    let sandbox = TestSandbox::start().await;
    webhook(&sandbox, &other, json!({})).await;
    let id = webhook(&sandbox, &failing, json!({})).await;
    other.answer(&[500]);
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "pending", 1).await;
    other.wait_for(1).await;
    sandbox
        .post(&format!("/webhooks/{id}/disable"), json!({}))
        .await;
    settled(&sandbox, "canceled", 1).await;
    sandbox.advance(3).await;
    other.wait_for(2).await;
    assert_eq!(failing.received().len(), 1);
}

#[tokio::test]
async fn webhooks_are_listed_changed_cloned_and_archived() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    let first = webhook(&sandbox, &receiver, json!({ "name": "First" })).await;
    let path = format!("/webhooks/{first}");
    let changed = sandbox
        .patch(
            &path,
            json!({ "data": { "attributes": {
                "enabled_events": ["inquiry.approved", "inquiry.declined"],
                "description": "Decisions",
            }}}),
        )
        .await;
    assert_eq!(changed.text("/data/attributes/name"), "First");
    assert_eq!(changed.text("/data/attributes/description"), "Decisions");
    assert!(!changed.body.to_string().contains("wbhsec_"));
    let clone = sandbox.post(&format!("{path}/clone"), json!({})).await;
    assert_eq!(clone.text("/data/attributes/status"), "disabled");
    assert_eq!(
        clone.text("/data/attributes/enabled-events/1"),
        "inquiry.declined"
    );
    assert_ne!(secret(&clone), secret(&sandbox.get(&path).await));
    let second = clone.text("/data/id");
    let list = sandbox.get("/webhooks").await;
    assert_eq!(list.ids(), [second, &first]);
    assert!(!list.body.to_string().contains("wbhsec_"));
    let page = sandbox.get("/webhooks?page[size]=1").await;
    assert_eq!(page.ids(), [second]);

    let archived = sandbox.post(&format!("{path}/archive"), json!({})).await;
    assert_eq!(archived.text("/data/attributes/status"), "archived");
    assert!(!archived.body.to_string().contains("wbhsec_"));
    assert_eq!(sandbox.get("/webhooks").await.ids(), [second]);
    assert_eq!(sandbox.get(&path).await.status, StatusCode::OK);
    let late = sandbox.post(&format!("{path}/enable"), json!({})).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_webhook_that_makes_no_sense_is_refused() {
    let sandbox = TestSandbox::start().await;
    let url = "https://walkers.example.com/webhooks";
    for (attributes, status, complaint) in [
        (json!({}), 400, "data.attributes.url is missing"),
        (
            json!({ "url": url }),
            400,
            "data.attributes.enabled_events is missing",
        ),
        (
            json!({ "url": "walkers.example.com" }),
            400,
            "data.attributes.url must begin with http:// or https://",
        ),
        (
            json!({ "url": url, "enabled-events": ["inquiry.approved", "inquiry.aproved"] }),
            400,
            "data.attributes.enabled_events must be names of events, such as inquiry.approved, or *",
        ),
        (
            json!({ "url": url, "api-version": "2024-01-01" }),
            400,
            "data.attributes.api_version is not an API version",
        ),
        (
            json!({ "url": url, "custom-http-headers": { "Persona-Signature": "mine" } }),
            400,
            "data.attributes.custom_http_headers must have names of headers that the webhook does \
             not set itself",
        ),
        (
            json!({ "url": url, "secret": "mine" }),
            400,
            "data.attributes.secret is not a known parameter",
        ),
        (
            json!({ "url": url, "payload-filter": { "attributes": {} } }),
            400,
            "data.attributes.payload_filter.attributes is not a known parameter: a filter has data at \
             its top",
        ),
        (
            json!({ "url": url, "included-allowlist": { "state": "custom" } }),
            400,
            "data.attributes.included_allowlist.event_types must not be empty",
        ),
        (
            json!({ "url": url, "included-allowlist": { "state": "custom", "event-types": [
                { "event-type": "kennel", "relationships": ["*"] },
            ] } }),
            400,
            "data.attributes.included_allowlist.event_types.0.event_type must be a type of events, \
             such as inquiry",
        ),
        (
            json!({ "url": url, "included-allowlist": { "state": "custom", "event-types": [
                { "event-type": "inquiry", "relationships": ["account", "*"] },
            ] } }),
            400,
            "data.attributes.included_allowlist.event_types.0.relationships must be names of related \
             objects, or * alone",
        ),
    ] {
        let body = json!({ "data": { "attributes": attributes } });
        let refused = sandbox.post("/webhooks", body).await;
        assert_eq!(refused.status.as_u16(), status);
        assert_eq!(refused.text("/errors/0/details"), complaint);
    }
    let nameless = sandbox
        .api(Method::POST, "/webhooks")
        .json(&json!({ "data": { "attributes": { "url": url, "enabled-events": ["*"] } } }));
    let mut request = nameless.build().unwrap();
    request
        .headers_mut()
        .insert("persona-version", "2025-12-08".parse().unwrap());
    let response = sandbox.client.execute(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let unknown = sandbox.get("/webhooks/wbh_unknown").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_secret_is_not_in_the_list_of_the_controls() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    webhook(&sandbox, &receiver, json!({})).await;
    let list = sandbox.control(Method::GET, "webhooks", Value::Null).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert!(!list.to_string().contains("wbhsec_"));
}

/// The payloads of these events, by name, once all have arrived.
async fn payloads(receiver: &Receiver, names: &[&str]) -> Vec<Value> {
    for count in 1.. {
        receiver.wait_for(count).await;
        let received = receiver.received();
        let found = names.iter().map(|name| {
            let event = received.iter().find(|it| it.name() == *name)?;
            Some(event.body()["data"]["attributes"]["payload"].clone())
        });
        if let Some(found) = found.collect::<Option<Vec<_>>>() {
            return found;
        }
    }
    unreachable!("the loop ends with a result or a timeout")
}

fn included_types(payload: &Value) -> Vec<&str> {
    let included = payload["included"].as_array().expect("a list").iter();
    included.map(|it| it["type"].as_str().unwrap()).collect()
}

/// A failed inquiry, which has every kind of event but those of reports.
async fn failed_inquiry(sandbox: &TestSandbox) -> String {
    let inquiry = sandbox.create("usr_1").await;
    let path = format!("inquiries/{inquiry}/finish");
    let outcome = json!({"outcome": "failed"});
    sandbox.control(Method::POST, &path, outcome).await;
    inquiry
}

#[tokio::test]
async fn related_objects_are_those_of_each_kind_of_event() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    let attributes = json!({
        "enabled-events": ["*"],
        "included-allowlist": { "state": "include_all" },
    });
    webhook(&sandbox, &receiver, attributes).await;
    failed_inquiry(&sandbox).await;
    let names = [
        "account.created",
        "inquiry-session.started",
        "document.processed",
        "selfie.processed",
        "verification.failed",
        "inquiry.failed",
        "case.created",
    ];
    let payloads = payloads(&receiver, &names).await;
    for (name, payload, types) in [
        (names[0], &payloads[0], &["account-type"][..]),
        (names[1], &payloads[1], &["device", "network", "inquiry"]),
        (
            names[2],
            &payloads[2],
            &[
                "inquiry",
                "inquiry-template",
                "inquiry-template-version",
                "document-file",
            ],
        ),
        (names[3], &payloads[3], &["inquiry"]),
        (
            names[6],
            &payloads[6],
            &[
                "account",
                "inquiry",
                "verification/government-id",
                "case-template",
            ],
        ),
    ] {
        let found = included_types(payload);
        for wanted in types {
            assert!(found.contains(wanted), "{name}: {wanted} in {found:?}");
        }
    }
    let found = included_types(&payloads[5]);
    for wanted in ["account", "inquiry-session", "inquiry-template"] {
        assert!(found.contains(&wanted), "{found:?}");
    }
    assert!(included_types(&payloads[4]).contains(&"inquiry"));
}

#[tokio::test]
async fn a_custom_list_includes_what_it_names_for_each_type_of_event() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    let types = json!([
        { "event-type": "inquiry", "relationships": ["account", "sessions"] },
        { "event-type": "case", "relationships": ["*"] },
        { "event-type": "transaction", "relationships": ["*"] },
    ]);
    let attributes = json!({
        "enabled-events": ["inquiry.failed", "case.created", "verification.failed"],
        "included-allowlist": { "state": "custom", "event-types": types },
    });
    let id = webhook(&sandbox, &receiver, attributes).await;
    // The type of an event that the webhook does not get is dropped.
    let kept = sandbox.get(&format!("/webhooks/{id}")).await;
    let allowlist = &kept.body["data"]["attributes"]["included-allowlist"];
    assert_eq!(allowlist["state"], "custom");
    assert_eq!(allowlist["event-types"].as_array().unwrap().len(), 2);
    failed_inquiry(&sandbox).await;
    let names = ["inquiry.failed", "case.created", "verification.failed"];
    let payloads = payloads(&receiver, &names).await;
    assert_eq!(included_types(&payloads[0]), ["account", "inquiry-session"]);
    assert!(included_types(&payloads[1]).contains(&"case-template"));
    assert!(included_types(&payloads[2]).is_empty());
    // All of all types is all.
    let all = json!({"data": {"attributes": {"included-allowlist": {
        "state": "custom",
        "event-types": [{ "event-type": "inquiry", "relationships": ["*"] }],
    }}}});
    let changed = sandbox.patch(&format!("/webhooks/{id}"), all).await;
    assert_eq!(
        changed.text("/data/attributes/included-allowlist/state"),
        "include_all"
    );
}

#[tokio::test]
async fn a_payload_filter_skips_what_it_does_not_fit() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    // Keys as in the payloads of this webhook, which are compared letter by letter.
    let filter = json!({ "data": { "attributes": {
        "referenceId": { "$or": ["usr_2", "usr_3"] },
        "fields": { "name_first": { "value": "Alexander" } },
    } } });
    let attributes = json!({
        "enabled-events": ["inquiry.created"],
        "api-key-inflection": "camel",
        "payload-filter": filter,
    });
    let id = webhook(&sandbox, &receiver, attributes).await;
    let kept = sandbox.get(&format!("/webhooks/{id}")).await;
    assert_eq!(kept.body["data"]["attributes"]["payload-filter"], filter);
    for reference_id in ["usr_1", "usr_2", "usr_4", "usr_3"] {
        sandbox.create(reference_id).await;
    }
    let received = receiver.wait_for(2).await;
    let ids: Vec<_> = received
        .iter()
        .map(|it| {
            it.body()["data"]["attributes"]["payload"]["data"]["attributes"]["referenceId"].clone()
        })
        .collect();
    assert_eq!(ids, ["usr_2", "usr_3"]);
    let list = sandbox
        .control(Method::GET, "deliveries", Value::Null)
        .await;
    let skipped = list["data"].as_array().unwrap().iter();
    let skipped = skipped.filter(|delivery| delivery["status"] == "skipped");
    assert_eq!(skipped.count(), 2, "{list}");
    // Without the filter all come through.
    let none = json!({"data": {"attributes": {"payload-filter": null}}});
    sandbox.patch(&format!("/webhooks/{id}"), none).await;
    sandbox.create("usr_1").await;
    receiver.wait_for(3).await;
}

#[tokio::test]
async fn links_to_files_in_a_payload_are_valid_as_long_as_the_webhook_says() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    let attributes = json!({
        "enabled-events": ["verification.passed"],
        "file-access-token-expires-in": 60,
    });
    webhook(&sandbox, &receiver, attributes).await;
    let inquiry = sandbox.create("usr_1").await;
    let path = format!("inquiries/{inquiry}/finish");
    let outcome = json!({"outcome": "completed"});
    sandbox.control(Method::POST, &path, outcome).await;
    let payload = payloads(&receiver, &["verification.passed"]).await;
    let url = payload[0]["data"]["attributes"]["front-photo-url"]
        .as_str()
        .or_else(|| payload[0]["data"]["attributes"]["center-photo-url"].as_str())
        .expect("a link to a photo")
        .to_owned();
    let status = async || sandbox.client.get(&url).send().await.unwrap().status();
    assert_eq!(status().await, StatusCode::OK);
    sandbox.advance(61).await;
    assert_ne!(status().await, StatusCode::OK);
}

#[tokio::test]
async fn an_older_version_has_what_was_moved_since() {
    let receiver = Receiver::start().await;
    let sandbox = TestSandbox::start().await;
    for version in ["2021-05-14", "2023-01-05"] {
        let attributes = json!({
            "name": version,
            "api-version": version,
            "enabled-events": ["inquiry.declined", "inquiry-session.started"],
        });
        webhook(&sandbox, &receiver, attributes).await;
    }
    let inquiry = failed_inquiry(&sandbox).await;
    sandbox
        .post(&format!("/inquiries/{inquiry}/decline"), json!({}))
        .await;
    let received = receiver.wait_for(4).await;
    let attributes = |name: &str| -> Vec<Value> {
        let events = received.iter().filter(|it| it.name() == name);
        events
            .map(|it| it.body()["data"]["attributes"]["payload"]["data"]["attributes"].clone())
            .collect()
    };
    // Flat personal attributes in both, the reviewer and the fingerprint in the older one alone.
    let declined = attributes("inquiry.declined");
    assert!(declined.iter().all(|it| it.get("name-first").is_some()));
    let with_reviewer = declined.iter().filter(|it| it.get("reviewer").is_some());
    assert_eq!((declined.len(), with_reviewer.count()), (2, 1));
    let started = attributes("inquiry-session.started");
    let fingerprints = started
        .iter()
        .filter(|it| it["browser-fingerprint"].is_string());
    assert_eq!((started.len(), fingerprints.count()), (2, 1));
}
