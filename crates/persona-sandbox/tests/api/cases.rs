//! Cases: what failed inquiries and reviews open, and what the API does with them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, TestSandbox};

/// An inquiry that ended like this, and the case that it opened.
async fn case_of(sandbox: &TestSandbox, outcome: &str) -> (String, String) {
    let inquiry = sandbox.create("usr_1").await;
    let request = json!({"outcome": outcome});
    let finish = format!("inquiries/{inquiry}/finish");
    sandbox.control(Method::POST, &finish, request).await;
    let cases = sandbox
        .get(&format!("/cases?filter[inquiry-id]={inquiry}"))
        .await;
    let ids = cases.ids();
    assert_eq!(ids.len(), 1, "{outcome}: {cases:?}");
    (inquiry, ids[0].to_owned())
}

async fn act(sandbox: &TestSandbox, case: &str, verb: &str, meta: Value) -> Answer {
    let path = format!("/cases/{case}/{verb}");
    sandbox.post(&path, json!({ "meta": meta })).await
}

/// The names of a case's events, oldest first.
async fn events(sandbox: &TestSandbox, case: &str) -> Vec<String> {
    let path = format!("/events?filter[object-id]={case}&page[size]=100");
    let events = sandbox.get(&path).await;
    let names = events.body["data"].as_array().unwrap().iter().rev();
    let name = |event: &Value| event["attributes"]["name"].as_str().unwrap().to_owned();
    names.map(name).collect()
}

#[tokio::test]
async fn an_inquiry_that_fails_or_needs_a_review_opens_a_case() {
    let sandbox = TestSandbox::start().await;
    for outcome in ["failed", "needs_review", "declined"] {
        let (inquiry, case) = case_of(&sandbox, outcome).await;
        let path = format!("/cases/{case}?include=inquiries,accounts,verifications,case-template");
        let answer = sandbox.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.text("/data/attributes/status"), "Open");
        assert_eq!(
            answer.text("/data/relationships/inquiries/data/0/id"),
            inquiry
        );
        let verifications = &answer.body["data"]["relationships"]["verifications"]["data"];
        assert_eq!(verifications.as_array().unwrap().len(), 2);
        let types = answer.body["included"].as_array().unwrap().iter();
        let types: Vec<_> = types
            .map(|object| object["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            types,
            [
                "account",
                "inquiry",
                "verification/government-id",
                "verification/selfie",
                "case-template"
            ]
        );
        // What opened it can be followed.
        let run = answer.text("/data/attributes/creator-id");
        let run = sandbox
            .get(&format!("/workflow-runs/{run}?include=workflow"))
            .await;
        assert_eq!(run.text("/included/0/id"), "wfl_sandboxOpenCase");
    }
    for outcome in ["approved", "abandoned"] {
        let inquiry = sandbox.create("usr_1").await;
        let finish = format!("inquiries/{inquiry}/finish");
        sandbox
            .control(Method::POST, &finish, json!({"outcome": outcome}))
            .await;
        let cases = sandbox
            .get(&format!("/cases?filter[inquiry-id]={inquiry}"))
            .await;
        assert!(cases.ids().is_empty(), "{outcome}");
    }
    // One case is enough.
    let (inquiry, _) = case_of(&sandbox, "failed").await;
    sandbox
        .post(&format!("/inquiries/{inquiry}/mark-for-review"), json!({}))
        .await;
    let cases = sandbox
        .get(&format!("/cases?filter[inquiry-id]={inquiry}"))
        .await;
    assert_eq!(cases.ids().len(), 1);
}

#[tokio::test]
async fn a_case_is_assigned_resolved_and_opened_again() {
    let sandbox = TestSandbox::start().await;
    let (_, case) = case_of(&sandbox, "failed").await;
    let user = json!({"user-email-address": "ada@example.com"});
    let assigned = act(&sandbox, &case, "assign", user).await;
    assert_eq!(
        assigned.text("/data/attributes/assignee-id"),
        "ada@example.com"
    );
    assert!(assigned.body["data"]["attributes"]["assigned-at"].is_string());
    let resolved = act(&sandbox, &case, "set-status", json!({"status": "approved"})).await;
    assert_eq!(resolved.text("/data/attributes/status"), "Approved");
    assert_eq!(resolved.text("/data/attributes/resolution"), "Approved");
    assert!(resolved.body["data"]["attributes"]["resolved-at"].is_string());
    let open = act(&sandbox, &case, "set-status", json!({"status": "Open"})).await;
    assert_eq!(open.body["data"]["attributes"]["resolved-at"], Value::Null);
    assert_eq!(
        events(&sandbox, &case).await,
        [
            "case.created",
            "case.assigned",
            "case.status-updated",
            "case.resolved",
            "case.status-updated",
            "case.reopened",
        ]
    );
    for (verb, meta, status) in [
        ("set-status", json!({"status": "Lost"}), 422),
        ("set-status", json!({}), 400),
        ("assign", json!({"user-email-address": "ada"}), 400),
        ("add-objects", json!({"object-ids": ["inq_unknown"]}), 404),
    ] {
        let refused = act(&sandbox, &case, verb, meta).await;
        assert_eq!(refused.status.as_u16(), status, "{verb}: {refused:?}");
    }
    let lost = act(&sandbox, &case, "set-status", json!({"status": "Lost"})).await;
    assert!(lost.text("/errors/0/details").contains("Approved"));
}

#[tokio::test]
async fn a_case_of_the_api_has_objects_fields_tags_and_files() {
    let sandbox = TestSandbox::start().await;
    let inquiry = sandbox.create("usr_1").await;
    let body = json!({
        "data": {"attributes": {"case-template-id": "ctmpl_Own", "fields": {"risk": "high"}}},
        "meta": {"object-ids": [inquiry], "sla-expires-in-seconds": 3600},
    });
    let created = sandbox.post("/cases", body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let case = created.text("/data/id").to_owned();
    assert_eq!(created.text("/data/attributes/fields/risk"), "high");
    assert!(created.body["data"]["attributes"]["sla-expires-at"].is_string());
    let template = sandbox.get("/case-templates/ctmpl_Own").await;
    assert_eq!(template.status, StatusCode::OK);
    assert_eq!(
        sandbox.get("/case-templates/ctmpl_x").await.status.as_u16(),
        404
    );

    let removed = act(
        &sandbox,
        &case,
        "remove-objects",
        json!({"object-ids": [inquiry]}),
    )
    .await;
    assert_eq!(
        removed.body["data"]["relationships"]["inquiries"]["data"],
        json!([])
    );
    let added = act(
        &sandbox,
        &case,
        "add-objects",
        json!({"object-ids": [inquiry]}),
    )
    .await;
    assert_eq!(
        added.text("/data/relationships/inquiries/data/0/id"),
        inquiry
    );
    let tagged = act(&sandbox, &case, "add-tag", json!({"tag-name": "odd"})).await;
    assert_eq!(tagged.body["data"]["attributes"]["tags"], json!(["odd"]));

    let file = json!({"filename": "note.txt", "data": "aGVsbG8="});
    let update = json!({"data": {"attributes": {"attachments": [file], "fields": {"risk": null}}}});
    let updated = sandbox.patch(&format!("/cases/{case}"), update).await;
    assert_eq!(updated.body["data"]["attributes"]["fields"], json!({}));
    assert_eq!(
        updated.body["data"]["attributes"]["attachments"][0]["byte-size"],
        5
    );
    let url = updated
        .text("/data/attributes/attachments/0/url")
        .to_owned();
    let text = sandbox.client.get(&url).send().await.unwrap().text().await;
    assert_eq!(text.unwrap(), "hello");
    for file in [
        json!({"filename": "../note.txt", "data": "aGVsbG8="}),
        json!({"filename": "note.txt", "data": "not base64!"}),
    ] {
        let update = json!({"data": {"attributes": {"attachments": [file]}}});
        let refused = sandbox.patch(&format!("/cases/{case}"), update).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }

    sandbox.advance(60).await;
    let open = json!({"query": {"attribute": "status", "operator": "eq", "value": "open"}});
    let found = sandbox.post("/cases/search", open).await;
    assert_eq!(found.ids(), [case.as_str()]);

    let redacted = TestSandbox::send(sandbox.api(Method::DELETE, &format!("/cases/{case}"))).await;
    assert!(redacted.body["data"]["attributes"]["redacted-at"].is_string());
    assert_eq!(
        sandbox
            .client
            .get(&url)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16(),
        404
    );
    let refused = act(&sandbox, &case, "add-tag", json!({"tag-name": "late"})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn cases_are_listed_by_person_and_status_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let sandbox = TestSandbox::start_in(&path).await;
    let (_, case) = case_of(&sandbox, "failed").await;
    sandbox.stop().await;
    let sandbox = TestSandbox::start_in(&path).await;
    for (query, count) in [
        ("", 1),
        ("?filter[reference-id]=usr_1", 1),
        ("?filter[reference-id]=usr_2", 0),
        ("?filter[status]=Open,Pending", 1),
        ("?filter[status]=Approved", 0),
        ("?filter[report-id]=rep_1", 0),
        ("?filter[case-template-id]=ctmpl_sandboxKYC", 1),
    ] {
        let list = sandbox.get(&format!("/cases{query}")).await;
        assert_eq!(list.ids().len(), count, "{query}");
    }
    assert_eq!(
        sandbox.get(&format!("/cases/{case}")).await.status,
        StatusCode::OK
    );
    assert_eq!(sandbox.get("/workflow-runs").await.ids().len(), 1);
    let versions = "/workflow-versions?filter[workflow-id]=wfl_sandboxOpenCase";
    assert_eq!(sandbox.get(versions).await.ids().len(), 1);
}

#[tokio::test]
async fn the_decision_of_a_workflow_leads_to_its_run() {
    let sandbox = TestSandbox::start().await;
    let inquiry = sandbox.create("usr_1").await;
    let finish = format!("inquiries/{inquiry}/finish");
    sandbox
        .control(Method::POST, &finish, json!({"outcome": "approved"}))
        .await;
    let shown = sandbox.get(&format!("/inquiries/{inquiry}")).await;
    let run = shown.text("/data/relationships/reviewer/data/id");
    let run = sandbox.get(&format!("/workflow-runs/{run}")).await;
    assert_eq!(run.text("/data/attributes/status"), "completed");
    assert_eq!(
        run.text("/data/relationships/workflow/data/id"),
        "wfl_sandboxApproveCompleted"
    );
}

#[tokio::test]
async fn a_session_leads_to_its_device_and_its_network() {
    let sandbox = TestSandbox::start().await;
    let inquiry = sandbox.create("usr_1").await;
    let unused = sandbox
        .post(
            "/inquiry-sessions",
            json!({"data": {"attributes": {"inquiry-id": inquiry}}}),
        )
        .await;
    assert_eq!(
        unused.body["data"]["relationships"]["device"]["data"],
        Value::Null
    );
    assert_eq!(unused.body["data"]["attributes"]["ip-address"], Value::Null);
    let finish = format!("inquiries/{inquiry}/finish");
    sandbox
        .control(Method::POST, &finish, json!({"abandon_at": "selfie"}))
        .await;
    let session = unused.text("/data/id");
    let used = sandbox
        .get(&format!(
            "/inquiry-sessions/{session}?include=device,network"
        ))
        .await;
    assert_eq!(used.text("/data/attributes/browser-name"), "Chrome");
    assert_eq!(used.text("/data/attributes/country-code"), "US");
    assert_eq!(
        used.text("/included/1/attributes/ip-address"),
        "203.0.113.10"
    );
    let device = used.text("/data/relationships/device/data/id");
    let retrieved = sandbox.get(&format!("/devices/{device}")).await;
    assert_eq!(retrieved.body["data"], used.body["included"][0]);
    let listed = sandbox
        .get(&format!("/devices?filter[inquiry-session-id]={session}"))
        .await;
    assert_eq!(listed.ids(), [device]);
    assert_eq!(
        sandbox.get("/devices").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        sandbox.get("/devices/dev_x").await.status,
        StatusCode::NOT_FOUND
    );
    // Redaction takes what the browser was known by.
    TestSandbox::send(sandbox.api(Method::DELETE, &format!("/inquiries/{inquiry}"))).await;
    let redacted = sandbox.get(&format!("/inquiry-sessions/{session}")).await;
    assert_eq!(
        redacted.body["data"]["attributes"]["ip-address"],
        Value::Null
    );
}
