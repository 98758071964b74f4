//! What the operations on inquiries, sessions, templates and events answer.
//!
//! Longer than 400 lines: every operation on inquiries, on one sandbox.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TEMPLATE, TestSandbox, new_inquiry};

#[tokio::test]
async fn a_created_inquiry_is_answered_in_the_documented_shape() {
    let sandbox = TestSandbox::start().await;
    let answer = sandbox.post("/inquiries", new_inquiry("usr_1")).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    for header in [
        "request-id",
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
    ] {
        assert!(!answer.header(header).is_empty(), "{header}");
    }
    assert_eq!(answer.header("persona-environment-id"), "env_sandbox");
    assert!(
        answer
            .header("persona-sandbox")
            .starts_with("persona-onboarding/")
    );
    assert!(answer.text("/data/id").starts_with("inq_"));
    let attributes = &answer.body["data"]["attributes"];
    assert_eq!(attributes["status"], "created");
    assert_eq!(attributes["reference-id"], "usr_1");
    assert_eq!(attributes["creator"], "API");
    assert_eq!(
        attributes["fields"]["birthdate"],
        json!({"type": "date", "value": "1977-08-31"})
    );
    assert_eq!(
        attributes["fields"]["name_middle"],
        json!({"type": "string", "value": null})
    );
    assert!(attributes.get("name-first").is_none());
    assert!(answer.body.get("included").is_none());
    assert_eq!(
        answer.body["meta"],
        json!({"session-token": null, "one-time-link": null, "one-time-link-short": null})
    );
}

#[tokio::test]
async fn a_request_may_have_a_session_and_a_link_made_along() {
    let sandbox = TestSandbox::start().await;
    let mut body = new_inquiry("usr_1");
    body["meta"] = json!({"auto-create-inquiry-session": true, "auto-create-one-time-link": true});
    let answer = sandbox.post("/inquiries", body).await;
    assert_eq!(answer.text("/meta/session-token").split('.').count(), 3);
    assert!(
        answer
            .text("/meta/one-time-link")
            .starts_with(&sandbox.base)
    );
    assert_eq!(
        answer.body["data"]["relationships"]["sessions"]["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn lists_are_filtered_newest_first_and_paged() {
    let sandbox = TestSandbox::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, sandbox.create("usr_1").await);
    }
    sandbox.create("usr_2").await;
    let first = sandbox
        .get("/inquiries?filter[reference-id]=usr_1&page[size]=2")
        .await;
    assert_eq!(first.ids(), ids[..2]);
    assert_eq!(first.body["links"]["prev"], Value::Null);
    let follow = async |link: &str| sandbox.get(link.strip_prefix("/api/v1").unwrap()).await;
    let second = follow(first.text("/links/next")).await;
    assert_eq!(second.ids(), ids[2..4]);
    let third = follow(second.text("/links/next")).await;
    assert_eq!(third.ids(), ids[4..]);
    assert_eq!(third.body["links"]["next"], Value::Null);
    let back = follow(third.text("/links/prev")).await;
    assert_eq!(back.ids(), ids[2..4]);

    sandbox
        .post(&format!("/inquiries/{}/approve", ids[0]), json!({}))
        .await;
    let open = sandbox.get("/inquiries?filter[reference-id]=usr_1&filter[status]=created,pending");
    assert_eq!(open.await.ids(), ids[1..]);
    let by_id = format!("/inquiries?filter[inquiry-id]={},{}", ids[3], ids[1]);
    assert_eq!(sandbox.get(&by_id).await.ids(), [&ids[1], &ids[3]]);
    let other_template = "/inquiries?filter[inquiry-template-id]=itmpl_other";
    assert_eq!(sandbox.get(other_template).await.ids(), [""; 0]);
    let future = "/inquiries?filter[created-at-start]=2999-01-01T00:00:00Z";
    assert_eq!(sandbox.get(future).await.ids(), [""; 0]);
}

#[tokio::test]
async fn every_inflection_is_answered_and_understood() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    for (inflection, key) in [
        ("kebab", "created-at"),
        ("snake", "created_at"),
        ("camel", "createdAt"),
    ] {
        let request = sandbox
            .api(Method::GET, &format!("/inquiries/{id}"))
            .header("key-inflection", inflection);
        let attributes = TestSandbox::send(request).await.body["data"]["attributes"].take();
        assert!(attributes[key].is_string(), "{inflection}: {attributes}");
        // From 2025-10-27 on, keys inside `fields` are the template's own.
        assert!(attributes["fields"]["name_first"].is_object());
    }
    for body in [
        json!({"data": {"attributes": {"inquiry_template_id": TEMPLATE, "reference_id": "usr_9"}}}),
        json!({"data": {"attributes": {"inquiryTemplateId": TEMPLATE, "referenceId": "usr_9"}}}),
    ] {
        let answer = sandbox.post("/inquiries", body).await;
        assert_eq!(answer.text("/data/attributes/reference-id"), "usr_9");
    }
    assert_eq!(
        sandbox
            .get("/inquiries?filter[referenceId]=usr_9")
            .await
            .ids()
            .len(),
        2
    );
}

#[tokio::test]
async fn the_old_version_has_flat_attributes_and_includes() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let request = sandbox
        .client
        .get(format!("{}/api/v1/inquiries/{id}", sandbox.base))
        .bearer_auth("persona_sandbox_test")
        .header("persona-version", "2023-01-05");
    let answer = TestSandbox::send(request).await;
    assert_eq!(answer.text("/data/attributes/name-first"), "Alexander");
    assert_eq!(
        answer.text("/data/attributes/fields/name-first/value"),
        "Alexander"
    );
    let types: Vec<_> = answer.body["included"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["account", "inquiry-template"]);
}

#[tokio::test]
async fn include_reaches_one_object_further() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let types = async |path: &str| -> Vec<String> {
        let answer = sandbox.get(path).await;
        let included = answer.body["included"].as_array().unwrap().clone();
        included
            .iter()
            .map(|object| object["type"].as_str().unwrap().to_owned())
            .collect()
    };
    let path = format!("/inquiries/{id}?include=inquiry-template.latest-published-version");
    assert_eq!(
        types(&path).await,
        ["inquiry-template", "inquiry-template-version"]
    );
    sandbox.resume(&id).await;
    let sessions = sandbox
        .get(&format!("/inquiry-sessions?filter[inquiry-id]={id}"))
        .await;
    let path = format!(
        "/inquiry-sessions/{}?include=inquiry.account",
        sessions.ids()[0]
    );
    assert_eq!(types(&path).await, ["inquiry", "account"]);
    for path in [
        "inquiry-template.colour",
        "inquiry-template.",
        "account.account-type.x",
    ] {
        let answer = sandbox
            .get(&format!("/inquiries/{id}?include={path}"))
            .await;
        assert_eq!(answer.status.as_u16(), 400, "{path}");
        assert!(answer.text("/errors/0/details").contains(path));
    }
}

#[tokio::test]
async fn flat_fields_of_a_change_count_in_the_old_version_only() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    for (version, name) in [("2025-10-27", "Alexander"), ("2023-01-05", "Flat")] {
        let request = sandbox
            .client
            .patch(format!("{}/api/v1/inquiries/{id}", sandbox.base))
            .bearer_auth("persona_sandbox_test")
            .header("persona-version", version)
            .json(&json!({"data": {"attributes": {"name-first": "Flat"}}}));
        assert_eq!(TestSandbox::send(request).await.status.as_u16(), 200);
        let inquiry = sandbox.get(&format!("/inquiries/{id}")).await;
        let stored = inquiry.text("/data/attributes/fields/name_first/value");
        assert_eq!(stored, name, "{version}");
    }
}

#[tokio::test]
async fn include_and_sparse_fields_shape_the_answer() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let path = format!("/inquiries/{id}?include=inquiry-template&fields[inquiry]=status");
    let answer = sandbox.get(&path).await;
    assert_eq!(
        answer.body["data"]["attributes"],
        json!({"status": "created"})
    );
    let included = &answer.body["included"][0];
    assert_eq!(included["id"], TEMPLATE);
    assert_eq!(
        included["relationships"]["latest-published-version"]["data"],
        answer.body["data"]["relationships"]["inquiry-template-version"]["data"]
    );
}

#[tokio::test]
async fn a_finished_or_redacted_inquiry_is_not_resumed() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    sandbox
        .post(
            &format!("/inquiries/{id}/decline"),
            json!({"meta": {"comment": "no"}}),
        )
        .await;
    let resume = format!("/inquiries/{id}/resume");
    let refused = sandbox.post(&resume, json!({})).await;
    assert_eq!(
        (refused.status, refused.title()),
        (StatusCode::CONFLICT, "Conflict")
    );
    let path = format!("/inquiries/{id}");
    let redacted = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(redacted.text("/data/attributes/status"), "declined");
    assert!(redacted.body["data"]["attributes"]["redacted-at"].is_string());
    assert!(!redacted.body.to_string().contains("Alexander"));
    let again = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(again.text("/errors/0/details"), "Inquiry already redacted");
}

#[tokio::test]
async fn an_update_changes_what_it_names() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let path = format!("/inquiries/{id}");
    let change = json!({"data": {"attributes": {
        "note": "called", "tags": ["vip"], "fields": {"name-first": "Ada"}}}});
    let updated = sandbox.patch(&path, change).await;
    assert_eq!(updated.text("/data/attributes/note"), "called");
    assert_eq!(updated.body["data"]["attributes"]["tags"], json!(["vip"]));
    assert_eq!(
        updated.text("/data/attributes/fields/name_first/value"),
        "Ada"
    );
    assert_eq!(
        updated.text("/data/attributes/fields/name_last/value"),
        "Sample"
    );
    let more = json!({"meta": {"tag-name": "new"}});
    let tagged = sandbox.post(&format!("{path}/add-tag"), more).await;
    assert_eq!(
        tagged.body["data"]["attributes"]["tags"],
        json!(["vip", "new"])
    );
}

#[tokio::test]
async fn templates_are_readable_only_when_let() {
    let sandbox = TestSandbox::start().await;
    let path = format!("/inquiry-templates/{TEMPLATE}");
    assert_eq!(sandbox.get(&path).await.status, StatusCode::FORBIDDEN);
    sandbox
        .control(
            Method::POST,
            "settings",
            json!({"templates_readable": true}),
        )
        .await;
    let template = sandbox.get(&path).await;
    assert_eq!(
        template.text("/data/attributes/field-schemas/0/key"),
        "name_first"
    );
    assert_eq!(template.text("/data/attributes/status"), "active");
}

#[tokio::test]
async fn events_tell_what_happened_to_an_inquiry() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    sandbox
        .post(&format!("/inquiries/{id}/approve"), json!({}))
        .await;
    let events = sandbox
        .get(&format!("/events?filter[object-id]={id}"))
        .await;
    let names: Vec<_> = events.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["attributes"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["inquiry.approved", "inquiry.created"]);
    let payload = "/data/0/attributes/payload/data/attributes/status";
    assert_eq!(events.text(payload), "approved");
    assert_eq!(events.text(&payload.replace("data/0", "data/1")), "created");
    let one = sandbox.get(&format!("/events/{}", events.ids()[0])).await;
    assert_eq!(one.text("/data/type"), "event");
}

#[tokio::test]
async fn sessions_are_made_listed_and_ended() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let body = json!({"data": {"attributes": {"inquiry-id": id}}});
    let made = sandbox.post("/inquiry-sessions", body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let session = made.text("/data/id");
    assert_eq!(made.text("/data/attributes/status"), "new");
    let listed = sandbox
        .get(&format!("/inquiry-sessions?filter[inquiry-id]={id}"))
        .await;
    assert_eq!(listed.ids(), [session]);
    let link = format!("/inquiry-sessions/{session}/generate-one-time-link");
    assert!(
        sandbox
            .post(&link, json!({}))
            .await
            .text("/meta/one-time-link")
            .contains("code=")
    );
    let body = json!({"meta": {"inquiry-ids": [id]}});
    let ended = sandbox.post("/inquiry-sessions/expire-all", body).await;
    assert_eq!(ended.text("/data/0/attributes/status"), "expired");
}

#[tokio::test]
async fn a_tag_is_there_once_and_has_a_name() {
    let sandbox = TestSandbox::start().await;
    let mut body = new_inquiry("usr_1");
    body["data"]["attributes"]["tags"] = json!(["a", "b", "a"]);
    let created = sandbox.post("/inquiries", body).await;
    assert_eq!(
        created.body["data"]["attributes"]["tags"],
        json!(["a", "b"])
    );
    let path = format!("/inquiries/{}", created.text("/data/id"));
    for (verb, names) in [("add-tag", json!("")), ("set-tags", json!(["a", " "]))] {
        let meta = json!({"meta": {"tag-name": names}});
        let answer = sandbox.post(&format!("{path}/{verb}"), meta).await;
        assert_eq!(answer.status.as_u16(), 400, "{verb}");
        assert!(answer.text("/errors/0/details").contains("blank"));
    }
    let meta = json!({"meta": {"tag-name": ["c", "a", "c"]}});
    let set = sandbox.post(&format!("{path}/set-tags"), meta).await;
    assert_eq!(set.body["data"]["attributes"]["tags"], json!(["c", "a"]));
}

#[tokio::test]
async fn an_object_is_included_once() {
    let sandbox = TestSandbox::start().await;
    let mut ids = Vec::new();
    for name in ["Ada", "Grace"] {
        let mut body = new_inquiry("usr_1");
        body["data"]["attributes"]["fields"]["name_first"] = json!(name);
        let id = sandbox
            .post("/inquiries", body)
            .await
            .text("/data/id")
            .to_owned();
        let session = json!({"data": {"attributes": {"inquiry-id": id}}});
        sandbox.post("/inquiry-sessions", session).await;
        ids.push(id);
    }
    let path = "/inquiry-sessions/expire-all?include=inquiry.account,inquiry.inquiry-template";
    let body = json!({"meta": {"inquiry-ids": ids}});
    let ended = sandbox.post(path, body).await;
    let mut types: Vec<_> = ended.body["included"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["type"].as_str().unwrap())
        .collect();
    types.sort_unstable();
    assert_eq!(types, ["account", "inquiry", "inquiry", "inquiry-template"]);
}
