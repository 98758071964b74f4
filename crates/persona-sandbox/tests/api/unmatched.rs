//! Requests that the sandbox has no operation for: the key first, then an answer that cannot be
//! taken for missing data, and a trace in the log.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::{Answer, TestSandbox, new_inquiry};

async fn without_key(sandbox: &TestSandbox, method: Method, path: &str) -> Answer {
    let url = format!("{}/api/v1{path}", sandbox.base);
    TestSandbox::send(sandbox.client.request(method, url)).await
}

async fn requests(sandbox: &TestSandbox, query: &str) -> Vec<Value> {
    let path = format!("requests?{query}");
    let list = sandbox.control(Method::GET, &path, Value::Null).await;
    list["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn what_is_not_emulated_says_so_by_name_once_the_key_is_checked() {
    let sandbox = TestSandbox::start().await;
    for (method, path, name) in [
        (Method::PATCH, "/theme-sets/thst_x", "update-a-theme-set"),
        (Method::POST, "/graph-queries", "create-a-graph-query"),
        (Method::GET, "/lists", "list-all-lists"),
        (Method::PATCH, "/transactions/txn_1", "transaction"),
        (
            Method::GET,
            "/inquiry-templates/itmpl_sandboxKYC/translations",
            "translations",
        ),
    ] {
        let stranger = without_key(&sandbox, method.clone(), path).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{path}");
        let answer = TestSandbox::send(sandbox.api(method.clone(), path)).await;
        assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED, "{path}");
        assert!(
            answer.title().starts_with("Not emulated"),
            "{}",
            answer.title()
        );
        for part in [name, method.as_str()] {
            assert!(answer.title().contains(part), "{}", answer.title());
        }
    }
}

#[tokio::test]
async fn a_path_that_persona_does_not_have_is_not_a_missing_record() {
    let sandbox = TestSandbox::start().await;
    for path in ["/kennels", "/accounts/act_1/walks", ""] {
        let stranger = without_key(&sandbox, Method::GET, path).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{path}");
        let answer = sandbox.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.title()),
            (404, "No such endpoint"),
            "{path}"
        );
    }
    let put = TestSandbox::send(sandbox.api(Method::PUT, "/accounts/act_1")).await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(put.header("allow"), "DELETE, GET, PATCH");
}

#[tokio::test]
async fn whatever_is_refused_is_in_the_log_under_its_request_id() {
    let sandbox = TestSandbox::start().await;
    let large = "x".repeat(2 * 1024 * 1024);
    let stranger = sandbox
        .client
        .get(format!("{}/api/v1/inquiries", sandbox.base));
    for (request, status, unmatched) in [
        (stranger, 401, false),
        (
            sandbox
                .client
                .get(format!("{}/api/v1/inquiries", sandbox.base))
                .bearer_auth("persona_production_1"),
            403,
            false,
        ),
        (
            sandbox.api(Method::POST, "/inquiries").body(large),
            413,
            false,
        ),
        (sandbox.api(Method::PUT, "/inquiries"), 405, true),
        (sandbox.api(Method::GET, "/kennels"), 404, true),
        (sandbox.api(Method::GET, "/lists"), 501, true),
    ] {
        let answer = TestSandbox::send(request).await;
        assert_eq!(answer.status.as_u16(), status);
        let logged = &requests(&sandbox, "limit=1").await[0];
        assert_eq!(logged["request_id"], answer.header("request-id"));
        assert_eq!(logged["status"], status);
        assert_eq!(logged["unmatched"], unmatched, "{status}");
        let page = format!(
            "{}/dashboard/api-logs/{}",
            sandbox.base,
            answer.header("request-id")
        );
        let page = sandbox.client.get(page).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{status}");
    }
    let unmatched = requests(&sandbox, "unmatched=true").await;
    let statuses: Vec<_> = unmatched.iter().map(|request| &request["status"]).collect();
    assert_eq!(statuses, [501, 404, 405]);
    assert_eq!(unmatched[0]["operation"], "list-all-lists");
    assert_eq!(unmatched[0]["path"], "/api/v1/lists");
}

#[tokio::test]
async fn logged_requests_are_found_by_operation_and_status_and_hold_no_secret() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    let token = sandbox.resume(&id).await;
    sandbox.get("/inquiries/inq_unknown").await;
    let found = requests(&sandbox, "operation=create&unmatched=false").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["request"], new_inquiry("usr_1"));
    assert_eq!(found[0]["response"]["data"]["id"], id.as_str());
    assert_eq!(requests(&sandbox, "status=404").await.len(), 1);
    let resumed = requests(&sandbox, "operation=resume").await;
    assert!(!Value::from(resumed).to_string().contains(&token));
}
