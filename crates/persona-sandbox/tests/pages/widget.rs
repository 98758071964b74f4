//! The widget: who may frame it, who may open an inquiry in it, what each step changes.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use serde_json::Value;

use crate::support::{APP, Screen, TEMPLATE, TestSandbox, header};

#[tokio::test]
async fn the_widget_is_framed_only_by_the_pages_it_was_opened_for() {
    let sandbox = TestSandbox::start().await;
    let outer = ("frame-ancestors[0]", "https://outer.example");
    let screen = sandbox
        .widget(&[("inquiry-template-id", TEMPLATE), outer])
        .await;
    assert_eq!(screen.status, StatusCode::OK);
    let policy = screen.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains(&format!("frame-ancestors {APP} https://outer.example;")),
        "{policy}"
    );
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(header(&screen.headers, "cache-control"), "no-store");
    assert_eq!(header(&screen.headers, "referrer-policy"), "no-referrer");
    assert!(header(&screen.headers, "permissions-policy").contains("camera=(self)"));
    assert!(screen.headers.get(SET_COOKIE).is_none());
}

#[tokio::test]
async fn the_widget_refuses_an_origin_that_is_none() {
    let sandbox = TestSandbox::start().await;
    for origin in ["*", "null", "http://localhost:3000/page"] {
        let query = [("inquiry-template-id", TEMPLATE), ("iframe-origin", origin)];
        let screen = Screen::read(sandbox.get("/widget", &query).await).await;
        assert_eq!(screen.status, StatusCode::BAD_REQUEST, "{origin}");
        assert_eq!(
            header(&screen.headers, "x-frame-options"),
            "DENY",
            "{origin}"
        );
    }
}

#[tokio::test]
async fn the_widget_opens_by_itself_and_nobody_may_frame_it_then() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let query = [
        ("inquiry-id", id.as_str()),
        ("environment-id", "env_sandbox"),
    ];
    let screen = Screen::read(sandbox.get("/widget", &query).await).await;
    assert_eq!(screen.status, StatusCode::OK);
    assert!(screen.has_heading("Verify your identity"));
    assert_eq!(header(&screen.headers, "x-frame-options"), "DENY");
    let policy = header(&screen.headers, "content-security-policy");
    assert!(policy.contains("frame-ancestors 'none';"), "{policy}");
    assert!(
        screen.html.contains("&quot;target&quot;:null"),
        "nobody gets messages"
    );
}

#[tokio::test]
async fn the_allowed_domains_of_a_template_are_honoured() {
    let sandbox = TestSandbox::start().await;
    let security = format!("/dashboard/templates/{TEMPLATE}/settings/security");
    let list = [("embedded-flow-domain-allowlist", "app.example")];
    assert_eq!(
        sandbox.post(&security, &list).await.status(),
        StatusCode::SEE_OTHER
    );
    let screen = sandbox.widget(&[("inquiry-template-id", TEMPLATE)]).await;
    assert_eq!(screen.status, StatusCode::FORBIDDEN);
    assert_eq!(header(&screen.headers, "x-frame-options"), "DENY");
}

#[tokio::test]
async fn opening_changes_nothing_and_each_step_what_is_documented() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_ABC123").await;

    let opened = sandbox.widget(&[("inquiry-id", &id)]).await;
    assert!(opened.has_heading("Verify your identity"));
    assert_eq!(opened.text("status"), "created");
    let begun = sandbox.step("start", &token, true).await;
    assert!(begun.has_heading("Government ID"));
    assert_eq!(begun.text("status"), "created");

    let pending = sandbox.step("government_id", &token, true).await;
    assert!(pending.has_heading("Selfie"));
    assert_eq!(pending.text("status"), "pending");

    let completed = sandbox.step("selfie", &token, true).await;
    assert!(completed.has_heading("Success"));
    assert_eq!(completed.text("status"), "completed");
    let first_name = &completed.data["fields"]["name_first"];
    assert_eq!(first_name["value"], "ALEXANDER J");
    assert_eq!(first_name["type"], "string");
}

#[tokio::test]
async fn a_pending_inquiry_needs_its_token() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, true).await;

    for given in ["", "null"] {
        let refused = sandbox
            .widget(&[("inquiry-id", &id), ("session-token", given)])
            .await;
        assert_eq!(refused.data["error"]["code"], "unauthenticated");
        assert_eq!(refused.data["error"]["status"], 409);
        assert!(refused.has_heading("Session expired"));
    }
    let (_, foreign) = sandbox.create("usr_2").await;
    let refused = sandbox
        .widget(&[("inquiry-id", &id), ("session-token", &foreign)])
        .await;
    assert_eq!(refused.data["error"]["code"], "unauthenticated");

    let resumed = sandbox
        .widget(&[("inquiry-id", &id), ("session-token", &token)])
        .await;
    assert!(resumed.has_heading("Selfie"));
    assert_eq!(resumed.data["error"], Value::Null);
}

#[tokio::test]
async fn the_switch_is_at_first_as_the_settings_say() {
    let sandbox = TestSandbox::start().await;
    for pass in [true, false] {
        let change = serde_json::json!({ "pass_verifications": pass });
        sandbox.settings(change).await;
        let (id, token) = sandbox.create("usr_1").await;
        for query in [
            vec![("inquiry-id", id.as_str()), ("session-token", &token)],
            vec![("inquiry-template-id", TEMPLATE)],
        ] {
            let screen = sandbox.widget(&query).await;
            let is_on = screen.html.contains("value=\"on\" checked");
            assert_eq!(is_on, pass, "{query:?}");
        }
    }
}

#[tokio::test]
async fn the_switch_off_makes_the_inquiry_fail() {
    let sandbox = TestSandbox::start().await;
    let (_, token) = sandbox.create("usr_1").await;
    let selfie = sandbox.step("government_id", &token, false).await;
    assert!(selfie.has_heading("Selfie"));
    assert!(
        !selfie.html.contains("value=\"on\" checked"),
        "the switch stays off"
    );
    let failed = sandbox.step("selfie", &token, false).await;
    assert!(failed.has_heading("Verification failed"));
    assert_eq!(failed.text("status"), "failed");
}

#[tokio::test]
async fn another_attempt_is_offered_as_long_as_the_template_allows() {
    let sandbox = TestSandbox::start().await;
    let general = format!("/dashboard/templates/{TEMPLATE}/settings/general");
    let settings = [
        ("active", "on"),
        ("attempts", "2"),
        ("decide-after-ms", "0"),
        ("expire-after-create", "60"),
        ("expire-after-resume", "60"),
        ("one-time-link-seconds", "60"),
    ];
    assert_eq!(
        sandbox.post(&general, &settings).await.status(),
        StatusCode::SEE_OTHER
    );
    let (id, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, false).await;
    let retry = sandbox.step("selfie", &token, false).await;
    assert!(retry.has_heading("Verification failed"));
    assert!(retry.html.contains("Try again"));
    assert_eq!(retry.text("status"), "pending");
    let page = [
        ("inquiry-id", id.as_str()),
        ("session-token", &token),
        ("step", "retry"),
    ];
    let hosted = Screen::read(sandbox.get("/verify", &page).await).await;
    assert!(hosted.html.contains("Try again"));

    assert!(
        sandbox
            .step("retry", &token, true)
            .await
            .has_heading("Government ID")
    );
    sandbox.step("government_id", &token, true).await;
    assert!(
        sandbox
            .step("selfie", &token, true)
            .await
            .has_heading("Success")
    );
}

#[tokio::test]
async fn expired_and_finished_inquiries_are_screens_and_not_errors() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    sandbox
        .post(&format!("/dashboard/inquiries/{id}/expire"), &[])
        .await;
    let expired = sandbox.widget(&[("inquiry-id", &id)]).await;
    assert!(expired.has_heading("Inquiry expired"));
    assert_eq!(expired.data["error"], Value::Null);

    let (id, _) = sandbox.create("usr_2").await;
    sandbox
        .post(&format!("/dashboard/inquiries/{id}/approve"), &[])
        .await;
    let finished = sandbox.widget(&[("inquiry-id", &id)]).await;
    assert!(finished.has_heading("Already finished"));
    assert_eq!(finished.data["error"], Value::Null);
}

#[tokio::test]
async fn blocking_client_side_creation_refuses_templates_and_opens_inquiries() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let security = format!("/dashboard/templates/{TEMPLATE}/settings/security");
    let blocked = [("block-client-side-creation", "on")];
    assert_eq!(
        sandbox.post(&security, &blocked).await.status(),
        StatusCode::SEE_OTHER
    );

    let by_template = [("inquiry-template-id", TEMPLATE)];
    let start = Screen::read(sandbox.post("/widget/start", &by_template).await).await;
    assert_eq!(start.data["error"]["code"], "invalid_config");
    assert_eq!(start.data["inquiryId"], Value::Null);
    let hosted = Screen::read(sandbox.get("/verify", &by_template).await).await;
    assert_eq!(hosted.status, StatusCode::BAD_REQUEST);

    let opened = sandbox.widget(&[("inquiry-id", &id)]).await;
    assert!(opened.has_heading("Verify your identity"));
}

#[tokio::test]
async fn the_flow_speaks_the_language_that_is_asked_for() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    for (language, direction, heading) in [
        ("ar-EG", "rtl", "التحقق من هويتك"),
        ("de", "ltr", "Bestätigen Sie Ihre Identität"),
        ("en-US", "ltr", "Verify your identity"),
        ("es-MX", "ltr", "Verifique su identidad"),
        ("fr", "ltr", "Vérifiez votre identité"),
        ("pt-BR", "ltr", "Verifique sua identidade"),
    ] {
        let query = [
            ("inquiry-id", id.as_str()),
            ("language", language),
            ("style-variant", "dark"),
        ];
        let embedded = sandbox.widget(&query).await;
        let hosted = Screen::read(sandbox.get("/verify", &query).await).await;
        for screen in [embedded, hosted] {
            assert!(screen.has_heading(heading), "{language}: {}", screen.html);
            let document = format!(r#"lang="{language}" dir="{direction}" data-variant="dark""#);
            assert!(
                screen.html.contains(&document),
                "{language}: {}",
                screen.html
            );
        }
    }
}

#[tokio::test]
async fn what_is_preloaded_exists_and_is_asked_for_again_only_when_it_changed() {
    let sandbox = TestSandbox::start().await;
    let page = sandbox.get("/preload", &[]).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(
        page.headers().get("x-frame-options").is_none(),
        "any page may preload"
    );
    let html = page.text().await.unwrap();
    let paths: Vec<&str> = html
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0))
        .collect();
    assert_eq!(paths.len(), 4);
    for path in paths {
        let asset = sandbox.get(path, &[]).await;
        assert_eq!(asset.status(), StatusCode::OK, "{path}");
        let tag = asset.headers()["etag"].clone();
        let url = format!("{}{path}", sandbox.base);
        let again = sandbox
            .client
            .get(url)
            .header("if-none-match", tag)
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[tokio::test]
async fn a_new_inquiry_is_made_in_this_environment_only() {
    let sandbox = TestSandbox::start().await;
    for (name, value, made) in [
        ("environment-id", "env_sandbox", true),
        ("environment-id", "env_other", false),
        ("environment", "sandbox", true),
        ("environment", "production", false),
    ] {
        let form = [("inquiry-template-id", TEMPLATE), (name, value)];
        let screen = Screen::read(sandbox.post("/widget/start", &form).await).await;
        assert_eq!(screen.data["inquiryId"].is_string(), made, "{name}={value}");
    }
}
