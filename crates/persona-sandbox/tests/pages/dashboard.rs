//! The dashboard: what it finds and shows, and whom it obeys.

use reqwest::header::{HOST, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TEMPLATE, TestSandbox, header};

#[tokio::test]
async fn the_root_leads_to_the_dashboard() {
    let sandbox = TestSandbox::start().await;
    let response = sandbox.get("/", &[]).await;
    assert!(response.status().is_redirection());
    assert_eq!(header(response.headers(), "location"), "/dashboard");
}

#[tokio::test]
async fn the_dashboard_finds_by_reference_id_and_escapes_what_it_shows() {
    let sandbox = TestSandbox::start().await;
    let (ours, _) = sandbox.create("usr_ABC123").await;
    let (other, _) = sandbox.create("<script>alert(1)</script>").await;
    let all = sandbox.dashboard("/dashboard", &[]).await;
    assert!(all.contains(&ours) && all.contains(&other));
    assert!(!all.contains("<script>alert"), "shown as text");

    let found = sandbox
        .dashboard("/dashboard", &[("search", "abc123")])
        .await;
    assert!(found.contains(&ours) && !found.contains(&other));
    let created = sandbox
        .dashboard("/dashboard", &[("status", "created")])
        .await;
    assert!(created.contains(&ours));
    let pending = sandbox
        .dashboard("/dashboard", &[("status", "pending")])
        .await;
    assert!(!pending.contains(&ours));
}

#[tokio::test]
async fn the_dashboard_shows_one_inquiry_in_full() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_ABC123").await;
    sandbox.step("government_id", &token, true).await;
    let left = sandbox
        .post("/widget/exit", &[("session-token", &token)])
        .await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    let page = sandbox
        .dashboard(&format!("/dashboard/inquiries/{id}"), &[])
        .await;
    for part in [
        "usr_ABC123",
        "Pending",
        "inquiry.created",
        "inquiry.started",
        "inquiry-session.canceled",
        "ALEXANDER J",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains(&token), "no token is shown");
    let unknown = sandbox.get("/dashboard/inquiries/inq_none", &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_that_is_up_to_date_is_not_sent_again() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let path = format!("/dashboard/inquiries/{id}");
    let page = sandbox.dashboard(&path, &[]).await;
    let version = page
        .split_once("data-live=\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    let version = version.expect("the page is live").0.to_owned();
    let ask = async || {
        let url = format!("{}{path}", sandbox.base);
        sandbox
            .client
            .get(url)
            .header("if-none-match", &version)
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(ask().await, StatusCode::NOT_MODIFIED);
    sandbox.post(&format!("{path}/approve"), &[]).await;
    assert_eq!(ask().await, StatusCode::OK);
}

#[tokio::test]
async fn actions_follow_the_lifecycle_and_other_sites_cannot_send_them() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let path = format!("/dashboard/inquiries/{id}");

    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "http://localhost:3000"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let url = format!("{}{path}/decline", sandbox.base);
        let request = sandbox
            .client
            .request(Method::POST, url)
            .header(name, value);
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::FORBIDDEN,
            "{name}"
        );
    }
    assert!(
        !sandbox
            .dashboard(&path, &[])
            .await
            .contains("inquiry.declined")
    );

    let url = format!("{}{path}/mark-for-review", sandbox.base);
    let own = sandbox
        .client
        .post(url)
        .header(ORIGIN, &sandbox.base)
        .send()
        .await
        .unwrap();
    assert_eq!(own.status(), StatusCode::SEE_OTHER);
    assert!(sandbox.dashboard(&path, &[]).await.contains("Needs review"));

    let expire = sandbox.post(&format!("{path}/expire"), &[]).await;
    assert_eq!(
        expire.status(),
        StatusCode::CONFLICT,
        "only open inquiries expire"
    );
    let unknown = sandbox.post(&format!("{path}/dance"), &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);

    let redact = sandbox.post(&format!("{path}/redact"), &[]).await;
    assert_eq!(redact.status(), StatusCode::SEE_OTHER);
    assert!(!sandbox.dashboard(&path, &[]).await.contains("Alexander"));
}

#[tokio::test]
async fn the_api_log_shows_calls_without_their_secrets() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let link = sandbox.one_time_link(&id).await;
    let code = link.split_once("code=").unwrap().1;
    let list = sandbox.dashboard("/dashboard/api-logs", &[]).await;
    assert!(list.contains("generate-one-time-link"));
    let path = list
        .split("href=\"")
        .find(|rest| rest.starts_with("/dashboard/api-logs/req_"));
    let path = path.unwrap().split_once('"').unwrap().0;
    let call = sandbox.dashboard(path, &[]).await;
    assert!(call.contains(&id));
    assert!(!call.contains(code), "the link is cut out");
    assert!(
        !call.contains("persona_sandbox_test"),
        "the key is not kept"
    );
    let unknown = sandbox.get("/dashboard/api-logs/req_none", &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn dashboard_pages_are_not_framed_and_name_themselves_a_sandbox() {
    let sandbox = TestSandbox::start().await;
    for path in [
        "/dashboard",
        "/dashboard/templates",
        "/dashboard/templates/itmpl_sandboxKYC",
        "/dashboard/templates/itmpl_sandboxKYC/settings/general",
        "/dashboard/templates/itmpl_sandboxKYC/settings/security",
        "/dashboard/api-logs",
        "/dashboard/environment",
    ] {
        let response = sandbox.get(path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(
            header(response.headers(), "x-frame-options"),
            "DENY",
            "{path}"
        );
        let html = response.text().await.unwrap();
        assert!(html.contains("Persona sandbox"), "{path}");
        assert!(html.contains("Not a product of Persona"), "{path}");
    }
}

#[tokio::test]
async fn a_name_that_was_pointed_at_this_machine_shows_nothing() {
    let sandbox = TestSandbox::start().await;
    sandbox.create("usr_1").await;
    let url = format!("{}/dashboard", sandbox.base);
    let rebound = sandbox
        .client
        .get(&url)
        .header(HOST, "evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
    assert!(!rebound.text().await.unwrap().contains("usr_1"));
    // A link from another page is just a link.
    let linked = sandbox
        .client
        .get(&url)
        .header("sec-fetch-site", "same-site")
        .send()
        .await;
    assert_eq!(linked.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_reset_leaves_the_built_in_template_alone() {
    let sandbox = TestSandbox::start().await;
    sandbox.create("usr_1").await;
    let reset = sandbox.post("/dashboard/reset", &[]).await;
    assert_eq!(reset.status(), StatusCode::SEE_OTHER);
    assert!(!sandbox.dashboard("/dashboard", &[]).await.contains("usr_1"));
    assert!(
        sandbox
            .dashboard("/dashboard/templates", &[])
            .await
            .contains("itmpl_sandboxKYC")
    );
}

#[tokio::test]
async fn the_dashboard_lists_the_operations_that_are_emulated() {
    let sandbox = TestSandbox::start().await;
    let page = sandbox.dashboard("/dashboard/operations", &[]).await;
    for part in [
        "inquiries.list",
        "GET /inquiries",
        "Lists inquiries, newest first.",
        "webhooks.rotate-secret",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[tokio::test]
async fn an_environment_is_chosen_and_shown_on_every_page_until_it_is_removed() {
    let sandbox = TestSandbox::start().await;
    let text = async |path: &str, cookie: Option<&str>| {
        let request = sandbox.client.get(format!("{}{path}", sandbox.base));
        let request = cookie
            .into_iter()
            .fold(request, |it, cookie| it.header("cookie", cookie));
        request.send().await.unwrap().text().await.unwrap()
    };
    let create = async |key: &str, reference_id: &str| {
        let attributes = json!({ "inquiry-template-id": TEMPLATE, "reference-id": reference_id });
        let request = sandbox
            .client
            .post(format!("{}/api/v1/inquiries", sandbox.base));
        let body = json!({ "data": { "attributes": attributes } });
        let answer = request.bearer_auth(key).json(&body).send().await.unwrap();
        let created: Value = answer.json().await.unwrap();
        created["data"]["id"].as_str().unwrap().to_owned()
    };
    create("persona_sandbox_x", "usr_default").await;
    let id = create("persona_sandbox_env_test-1", "usr_named").await;

    let page = text("/dashboard/environment", None).await;
    assert!(page.contains("Show test-1"), "{page}");
    assert!(!page.contains("Remove…"), "the default environment stays");
    let chosen = sandbox
        .post("/dashboard/environment", &[("environment", "test-1")])
        .await;
    assert_eq!(chosen.status(), StatusCode::SEE_OTHER);
    let cookie = chosen.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let list = text("/dashboard", Some(&cookie)).await;
    assert!(
        list.contains("usr_named") && !list.contains("usr_default"),
        "{list}"
    );
    assert!(list.contains("<code>test-1</code>"), "the header names it");
    let list = text("/dashboard", None).await;
    assert!(
        list.contains("usr_default") && !list.contains("usr_named"),
        "{list}"
    );
    let values = text("/dashboard/environment", Some(&cookie)).await;
    assert!(values.contains("persona_sandbox_env_test-1") && values.contains("env_test-1"));

    // A form changes what it shows.
    let approve = format!("{}/dashboard/inquiries/{id}/approve", sandbox.base);
    let approve = sandbox.client.post(approve).header("cookie", &cookie);
    assert_eq!(
        approve.send().await.unwrap().status(),
        StatusCode::SEE_OTHER
    );
    let refused = sandbox
        .post("/dashboard/environment", &[("environment", "a b")])
        .await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let removed = sandbox
        .post(
            "/dashboard/environment/remove",
            &[("environment", "test-1")],
        )
        .await;
    assert_eq!(removed.status(), StatusCode::SEE_OTHER);
    let list = text("/dashboard", Some(&cookie)).await;
    assert!(
        list.contains("usr_default"),
        "the default one is shown again"
    );
}
