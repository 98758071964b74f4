//! The dashboard's pages for clock, faults, scenarios and controls, the filters of the API log, and the
//! way from an inquiry to its flow.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::{Screen, TestSandbox, header};

/// Sends a form that succeeds: the page that it leads to.
async fn submit(sandbox: &TestSandbox, path: &str, form: &[(&str, &str)]) -> String {
    let response = sandbox.post(path, form).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
    let location = header(response.headers(), "location").to_owned();
    sandbox.dashboard(&location, &[]).await
}

async fn control(sandbox: &TestSandbox, path: &str) -> Value {
    let response = sandbox.get(path, &[]).await;
    response.json().await.unwrap()
}

#[tokio::test]
async fn the_clock_is_moved_set_and_stopped() {
    let sandbox = TestSandbox::start().await;
    let page = submit(&sandbox, "/dashboard/clock", &[("speed", "0")]).await;
    assert!(page.contains("stopped"), "{page}");
    let start = [("now", "2026-01-05T10:00:00Z")];
    let page = submit(&sandbox, "/dashboard/clock", &start).await;
    assert!(page.contains("2026-01-05 10:00:00 UTC"), "{page}");
    submit(&sandbox, "/dashboard/clock", &[("advance_s", "86400")]).await;
    let clock = control(&sandbox, "/_sandbox/clock").await;
    assert_eq!(clock["now"], "2026-01-06T10:00:00.000Z");
    for wrong in [
        [("now", "tomorrow")],
        [("speed", "-1")],
        [("advance_s", "soon")],
        [("else", "1")],
    ] {
        let refused = sandbox.post("/dashboard/clock", &wrong).await;
        assert_eq!(
            refused.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong:?}"
        );
    }
}

#[tokio::test]
async fn a_fault_is_set_met_and_removed() {
    let sandbox = TestSandbox::start().await;
    let fault = [
        ("operation", "inquiries.list"),
        ("kind", "status"),
        ("status", "503"),
        ("count", "2"),
        ("reference_id", ""),
    ];
    let page = submit(&sandbox, "/dashboard/faults", &fault).await;
    assert!(page.contains("status:503"), "{page}");
    let share = [
        ("operation", "webhook"),
        ("kind", "drop"),
        ("percent", "50"),
    ];
    submit(&sandbox, "/dashboard/faults", &share).await;
    let url = format!("{}/api/v1/inquiries", sandbox.base);
    let call = sandbox.client.get(url).bearer_auth("persona_sandbox_x");
    assert_eq!(call.send().await.unwrap().status(), 503);
    let faults = control(&sandbox, "/_sandbox/faults").await;
    assert_eq!(faults["data"][0]["hits"], 1);
    assert_eq!(faults["data"][1]["probability"], 0.5);
    let page = submit(&sandbox, "/dashboard/faults/clear", &[]).await;
    assert!(page.contains("No fault is set."), "{page}");
    for wrong in [
        [("operation", "nothing"), ("kind", "reset")],
        [("operation", "*"), ("kind", "drop")],
        [("operation", "*"), ("kind", "status")],
    ] {
        let refused = sandbox.post("/dashboard/faults", &wrong).await;
        assert_eq!(
            refused.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong:?}"
        );
    }
}

#[tokio::test]
async fn a_scenario_runs_and_a_wrong_one_says_where() {
    let sandbox = TestSandbox::start().await;
    let editor = sandbox.dashboard("/dashboard/scenarios", &[]).await;
    let (_, example) = editor.split_once("spellcheck=\"false\">").unwrap();
    let (example, _) = example.split_once("</textarea>").unwrap();
    // A browser ends lines so.
    let example = example.replace('\n', "\r\n");
    let ran = sandbox
        .post("/dashboard/scenarios", &[("scenario", &example)])
        .await;
    assert_eq!(ran.status(), StatusCode::OK);
    let page = ran.text().await.unwrap();
    assert!(page.contains("data-status=\"passed\">passed"), "{page}");
    assert!(page.contains("href=\"/dashboard/inquiries/inq_"), "{page}");
    let failing = "steps: [{create: {as: a}}, {expect: {inquiry: a, status: approved}}]";
    let ran = sandbox
        .post("/dashboard/scenarios", &[("scenario", failing)])
        .await;
    let page = ran.text().await.unwrap();
    assert!(page.contains("data-status=\"failed\">failed"), "{page}");
    let wrong = "steps:\n  - open: nobody\n";
    let refused = sandbox
        .post("/dashboard/scenarios", &[("scenario", wrong)])
        .await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("role=\"alert\"") && page.contains("line 2"),
        "{page}"
    );
    assert!(page.contains("open: nobody"), "the file is still there");
}

#[tokio::test]
async fn every_control_of_the_description_is_on_its_page() {
    let sandbox = TestSandbox::start().await;
    let page = sandbox.dashboard("/dashboard/controls", &[]).await;
    let description = control(&sandbox, "/_sandbox/openapi.json").await;
    let mut count = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(page.contains(&format!(" id=\"{id}\"")), "{path} {id}");
            count += 1;
        }
    }
    assert!(count > 20, "{count} controls");
    assert!(page.contains("late_commit") || page.contains("probability"));
    for elsewhere in ["src=\"http", "href=\"http", "url(http"] {
        assert!(!page.contains(elsewhere), "the page works offline");
    }
}

#[tokio::test]
async fn the_log_is_searched_and_a_call_is_copied_without_its_secrets() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_walker").await;
    sandbox.resume(&id).await;
    sandbox.api(Method::GET, "transactions").await;
    let rows = |page: &str| page.matches("<th scope=\"row\">").count();
    let log = |query: &'static [(&'static str, &'static str)]| {
        sandbox.dashboard("/dashboard/api-logs", query)
    };
    let all = log(&[]).await;
    assert_eq!(rows(&all), 3, "resume, sessions, transactions");
    for (query, count) in [
        (&[("operation", "inquiries.resume")][..], 1),
        (&[("status", "5")], 1),
        (&[("unmatched", "true")], 1),
        (&[("search", "USR_WALKER")], 1),
        (&[("search", "nothing")], 0),
    ] {
        assert_eq!(rows(&log(query).await), count, "{query:?}");
    }
    let resumed = log(&[("operation", "inquiries.resume")]).await;
    let (_, rest) = resumed.split_once("href=\"/dashboard/api-logs/").unwrap();
    let (request_id, _) = rest.split_once('"').unwrap();
    let call = format!("/dashboard/api-logs/{request_id}");
    let call = sandbox.dashboard(&call, &[]).await;
    let command = format!(
        "curl -X POST '{}/api/v1/inquiries/{id}/resume'",
        sandbox.base
    );
    assert!(call.contains(&command), "{call}");
    assert!(call.contains("Copy as curl"));
    assert!(call.contains("Bearer persona_sandbox_x"));
    assert!(!call.contains("persona_sandbox_test"), "the caller's key");
    assert!(!call.contains("eyJ"), "a session token");
}

#[tokio::test]
async fn an_open_inquiry_leads_to_its_flow() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, true).await;
    let page = format!("/dashboard/inquiries/{id}");
    let flow = format!("{page}/flow");
    for heading in ["Selfie", "Selfie"] {
        assert!(
            sandbox
                .dashboard(&page, &[])
                .await
                .contains("Open the flow")
        );
        let opened = sandbox.post(&flow, &[]).await;
        assert_eq!(opened.status(), StatusCode::SEE_OTHER);
        let link = header(opened.headers(), "location").to_owned();
        let screen = Screen::read(sandbox.get(&link, &[]).await).await;
        assert!(screen.has_heading(heading), "{}", screen.html);
        // An inquiry that has expired is resumed for it.
        sandbox.post(&format!("{page}/expire"), &[]).await;
    }
    sandbox.post(&format!("{page}/approve"), &[]).await;
    assert!(
        !sandbox
            .dashboard(&page, &[])
            .await
            .contains("Open the flow")
    );
    assert_eq!(
        sandbox.post(&flow, &[]).await.status(),
        StatusCode::CONFLICT
    );
}
