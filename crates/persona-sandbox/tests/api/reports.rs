//! Reports: what the API and a template's workflow run, what they find, and what is done with it.

use persona_sandbox::{Config, Setup};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, TestSandbox};

const TEMPLATE: &str = "rptp_ours";

fn body(kind: &str, query: impl Into<Value>) -> Value {
    json!({"data": {"type": kind, "attributes": {
        "report-template-id": TEMPLATE,
        "reference-id": "usr_1",
        "query": query.into(),
    }}})
}

async fn watchlist(sandbox: &TestSandbox, name: &str) -> Answer {
    let (first, last) = name.split_once(' ').unwrap();
    let query = json!({"name-first": first, "name-last": last, "birthdate": "1977-08-31"});
    let path = "/reports?include=account,report-template";
    let made = sandbox.post(path, body("report/watchlist", query)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made
}

async fn settings(sandbox: &TestSandbox, reports: Value) {
    let change = json!({ "reports": reports });
    sandbox.control(Method::POST, "settings", change).await;
}

/// The names of the events about an object, oldest first.
async fn events(sandbox: &TestSandbox, id: &str) -> Vec<String> {
    let path = format!("/events?filter[object-id]={id}&page[size]=100");
    let events = sandbox.get(&path).await;
    let names = events.body["data"].as_array().unwrap().iter().rev();
    let name = |event: &Value| event["attributes"]["name"].as_str().unwrap().to_owned();
    names.map(name).collect()
}

#[tokio::test]
async fn a_report_is_ready_at_once_and_its_objects_can_be_followed() {
    let sandbox = TestSandbox::start().await;
    let made = watchlist(&sandbox, "Jane Doe").await;
    assert_eq!(made.text("/data/attributes/status"), "ready");
    assert_eq!(made.text("/data/attributes/term"), "Jane Doe");
    assert_eq!(made.body["data"]["attributes"]["has-match"], false);
    assert_eq!(
        made.text("/data/relationships/report-template/data/id"),
        TEMPLATE
    );
    let account = made.text("/data/relationships/account/data/id");
    assert_eq!(made.text("/included/0/id"), account);
    assert_eq!(made.text("/included/1/type"), "report-template/watchlist");
    let read = sandbox.get(&format!("/accounts/{account}")).await;
    assert_eq!(read.text("/data/attributes/reference-id"), "usr_1");

    let report = made.text("/data/id");
    assert_eq!(events(&sandbox, report).await, ["report/watchlist.ready"]);
    for filter in [
        format!("filter[account-id]={account}"),
        "filter[reference-id]=usr_1".to_owned(),
    ] {
        let list = sandbox.get(&format!("/reports?{filter}")).await;
        assert_eq!(list.ids(), [report], "{filter}");
    }
    let list = sandbox.get("/reports?filter[reference-id]=usr_2").await;
    assert!(list.ids().is_empty());
}

#[tokio::test]
async fn a_name_in_the_settings_matches_and_the_match_is_dismissed() {
    let sandbox = TestSandbox::start().await;
    settings(&sandbox, json!({"matches": ["pablo EXAMPLE"]})).await;
    let clear = watchlist(&sandbox, "Jane Doe").await;
    assert_eq!(clear.body["data"]["attributes"]["has-match"], false);
    let made = watchlist(&sandbox, "Pablo Example").await;
    let attributes = &made.body["data"]["attributes"];
    assert_eq!(attributes["has-match"], true);
    assert_eq!(attributes["matched-lists"].as_array().unwrap().len(), 1);
    let report = made.text("/data/id").to_owned();

    let dismiss = format!("/reports/{report}/dismiss");
    let unknown = json!({"data": {"attributes": {"entity-id": "rent_other"}}});
    let refused = sandbox.post(&dismiss, unknown).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reason = json!({"data": {"attributes": {"reason": "another person"}}});
    let dismissed = sandbox.post(&dismiss, reason).await;
    let attributes = &dismissed.body["data"]["attributes"];
    assert_eq!(attributes["has-match"], false);
    assert_eq!(attributes["matched-lists"], json!([]));
    assert_eq!(
        dismissed.text("/data/attributes/ignore-list/0/ignore-reason"),
        "another person"
    );
    assert_eq!(
        events(&sandbox, &report).await,
        [
            "report/watchlist.ready",
            "report/watchlist.matched",
            "report/watchlist.dismissed",
        ]
    );
    let history = sandbox.get(&format!("/reports/{report}/history")).await;
    let kinds: Vec<_> = history.body["data"].as_array().unwrap().iter().collect();
    assert_eq!(kinds[0]["type"], "dismiss");
    assert_eq!(
        (
            &kinds[1]["type"],
            &kinds[1]["run-type"],
            &kinds[1]["matches"]
        ),
        (&json!("run"), &json!("initial"), &json!(1))
    );
    let page = format!("/reports/{report}/history?page[size]=1");
    let page = sandbox.get(&page).await;
    assert_eq!(page.ids().len(), 1);
    assert!(page.text("/links/next").contains("page%5Bafter%5D=ract_"));
}

#[tokio::test]
async fn only_a_monitored_report_is_run_again_paused_and_resumed() {
    let sandbox = TestSandbox::start().await;
    let made = watchlist(&sandbox, "Jane Doe").await;
    for verb in ["run", "pause", "resume"] {
        let path = format!("/reports/{}/{verb}", made.text("/data/id"));
        let refused = sandbox.post(&path, json!({})).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{verb}");
        let details = refused.text("/errors/0/details");
        assert!(details.contains("monitored_templates"), "{details}");
    }
    settings(&sandbox, json!({"monitored_templates": [TEMPLATE]})).await;
    let made = watchlist(&sandbox, "Jane Doe").await;
    let report = made.text("/data/id").to_owned();
    assert_eq!(made.body["data"]["attributes"]["is-continuous"], true);
    let act = async |verb: &str| {
        let path = format!("/reports/{report}/{verb}");
        sandbox.post(&path, json!({})).await
    };
    assert_eq!(act("resume").await.status, StatusCode::CONFLICT);
    let paused = act("pause").await;
    assert_eq!(paused.body["data"]["attributes"]["is-recurring"], false);
    assert_eq!(act("pause").await.status, StatusCode::CONFLICT);
    assert_eq!(act("resume").await.status, StatusCode::OK);

    // What monitoring finds later.
    let found = json!({"monitored_templates": [TEMPLATE], "matches": ["Jane Doe"]});
    settings(&sandbox, found).await;
    let again = act("run").await;
    assert_eq!(again.body["data"]["attributes"]["has-match"], true);
    let names = events(&sandbox, &report).await;
    assert_eq!(names.last().unwrap(), "report/watchlist.matched");
}

#[tokio::test]
async fn the_workflow_of_a_template_runs_reports_on_who_completed() {
    let setup = "templates:
  - id: itmpl_ours
    workflows:
      reports: [watchlist, email-address]
reports:
  matches: [Alexander J Sample]";
    let setup = Setup::parse(setup).unwrap();
    let sandbox = TestSandbox::start_with_setup(Config::default(), setup).await;
    let new = json!({"data": {"attributes": {
        "inquiry-template-id": "itmpl_ours",
        "reference-id": "usr_1",
    }}});
    let made = sandbox.post("/inquiries", new).await;
    let inquiry = made.text("/data/id").to_owned();
    let finish = format!("inquiries/{inquiry}/finish");
    let outcome = json!({"outcome": "needs_review"});
    sandbox.control(Method::POST, &finish, outcome).await;

    let path = format!("/inquiries/{inquiry}?include=reports");
    let read = sandbox.get(&path).await;
    // The demo person has no e-mail address to report on.
    let reports = read.body["data"]["relationships"]["reports"]["data"].clone();
    assert_eq!(reports.as_array().unwrap().len(), 1, "{reports}");
    assert_eq!(read.text("/included/0/type"), "report/watchlist");
    assert_eq!(read.body["included"][0]["attributes"]["has-match"], true);
    let report = read.text("/included/0/id");
    let path = format!("/reports/{report}?include=inquiry");
    assert_eq!(sandbox.get(&path).await.text("/included/0/id"), inquiry);

    // The case of the review has the report.
    let cases = sandbox
        .get(&format!("/cases?filter[report-id]={report}"))
        .await;
    assert_eq!(cases.ids().len(), 1);
    let case = sandbox
        .get(&format!("/cases/{}?include=reports", cases.ids()[0]))
        .await;
    assert_eq!(case.text("/included/0/id"), report);

    // With the inquiry goes what it was asked for.
    let path = format!("/inquiries/{inquiry}");
    let redacted = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(redacted.status, StatusCode::OK);
    let read = sandbox.get(&format!("/reports/{report}")).await;
    assert!(read.body["data"]["attributes"]["redacted-at"].is_string());
    assert_eq!(read.text("/data/attributes/term"), "");
    let events = sandbox.get("/events?page[size]=100").await.body.to_string();
    assert!(!events.contains("SAMPLE"), "{events}");
}

#[tokio::test]
async fn a_redacted_report_keeps_no_personal_data_and_does_not_change() {
    let sandbox = TestSandbox::start().await;
    let query = json!({"name-first": "Jane", "name-last": "Doe"});
    let body = body("report/watchlist", query);
    let create = || {
        let request = sandbox.api(Method::POST, "/reports");
        request.header("idempotency-key", "once").json(&body)
    };
    let made = TestSandbox::send(create()).await;
    let report = made.text("/data/id");
    let path = format!("/reports/{report}");
    let redacted = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(redacted.status, StatusCode::OK);
    assert_eq!(
        redacted.body["data"]["attributes"]["name-first"],
        Value::Null
    );
    let events = sandbox.get("/events").await.body.to_string();
    assert!(!events.contains("Jane"), "{events}");
    let tag = json!({"meta": {"tag-name": "odd"}});
    let refused = sandbox.post(&format!("{path}/add-tag"), tag).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    // Nor do the API log and the answer that the idempotency key keeps.
    let calls = sandbox.control(Method::GET, "requests", Value::Null).await;
    assert!(!calls.to_string().contains("Jane"), "{calls}");
    let again = TestSandbox::send(create()).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{again:?}");
}

#[tokio::test]
async fn every_kind_is_made_with_what_it_asks_for() {
    let sandbox = TestSandbox::start().await;
    let address = json!({
        "address-street-1": "600 California Street",
        "address-city": "San Francisco",
        "address-subdivision": "CA",
        "address-postal-code": "94109",
        "address-country-code": "US",
    });
    let and_address = |more: Value| {
        let mut query = address.as_object().unwrap().clone();
        query.extend(more.as_object().unwrap().clone());
        Value::Object(query)
    };
    let person = json!({"name-first": "Jane", "name-last": "Doe"});
    for (kind, query, key) in [
        ("address-lookup", address.clone(), "address-city"),
        ("adverse-media", person.clone(), "name-first"),
        ("business-adverse-media", json!({"term": "Kennel"}), "term"),
        (
            "business-lookup",
            and_address(json!({"business-name": "Kennel"})),
            "business-name",
        ),
        ("business-watchlist", json!({"term": "Kennel"}), "term"),
        (
            "crypto-address-watchlist",
            json!({"crypto-address": "bc1"}),
            "crypto-address",
        ),
        (
            "email-address",
            json!({"email-address": "jane@example.com"}),
            "email-address",
        ),
        (
            "phone-number",
            json!({"phone-number": "+15555550100"}),
            "phone-number",
        ),
        ("politically-exposed-person", person.clone(), "name-last"),
        ("profile", person.clone(), "name-last"),
        ("profile-non-authoritative", person.clone(), "name-last"),
        ("social-media", person.clone(), "name-last"),
        (
            "synthetic",
            and_address(json!({
                "name-first": "Jane", "name-last": "Doe", "birthdate": "1990-05-01",
            })),
            "birthdate",
        ),
        ("watchlist", person.clone(), "name-last"),
    ] {
        let kind = format!("report/{kind}");
        let made = sandbox.post("/reports", body(&kind, query.clone())).await;
        assert_eq!(made.status, StatusCode::CREATED, "{kind}: {made:?}");
        assert_eq!(made.text("/data/type"), kind);
        // A wrong type of a part, and a part of another kind.
        let mut wrong = query.clone();
        wrong[key] = json!(5);
        let refused = sandbox.post("/reports", body(&kind, wrong)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{kind}");
        let details = refused.text("/errors/0/details");
        assert!(details.contains(&key.replace('-', "_")), "{details}");
        let mut other = query;
        other["shoe-size"] = json!("44");
        let refused = sandbox.post("/reports", body(&kind, other)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{kind}");
    }
    let refused = sandbox
        .post("/reports", body("report/horoscope", person))
        .await;
    assert!(
        refused
            .text("/errors/0/details")
            .contains("report/watchlist")
    );
}

#[tokio::test]
async fn the_newest_version_has_the_runs_in_the_history_alone() {
    let sandbox = TestSandbox::start().await;
    let made = watchlist(&sandbox, "Jane Doe").await;
    let path = format!("/reports/{}", made.text("/data/id"));
    assert!(made.body["data"]["attributes"]["run-history"].is_array());
    let mut request = sandbox.api(Method::GET, &path).build().unwrap();
    let version = "2025-12-08".parse().unwrap();
    request.headers_mut().insert("persona-version", version);
    let response = sandbox.client.execute(request).await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["data"]["attributes"].get("run-history"), None);
    let history = sandbox.get(&format!("{path}/history")).await;
    assert_eq!(history.ids().len(), 1);
}
