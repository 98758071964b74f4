//! The dashboard's pages on webhooks: what they show, hide and change.

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{TestSandbox, header};

/// Nothing listens there.
const FOREIGN_REFERENCE_ID: &str = "http://127.0.0.1:9/hook";

/// Makes a webhook by the form, and gives the path of its page.
async fn webhook(sandbox: &TestSandbox) -> String {
    let form = [("url", FOREIGN_REFERENCE_ID), ("name", "Mirror")];
    let created = sandbox.post("/dashboard/webhooks", &form).await;
    assert_eq!(created.status(), StatusCode::SEE_OTHER);
    header(created.headers(), "location").to_owned()
}

#[tokio::test]
async fn a_webhook_is_made_listed_disabled_and_archived() {
    let sandbox = TestSandbox::start().await;
    let empty = sandbox.dashboard("/dashboard/webhooks", &[]).await;
    assert!(empty.contains("No webhook yet."));
    let path = webhook(&sandbox).await;
    let list = sandbox.dashboard("/dashboard/webhooks", &[]).await;
    assert!(
        list.contains("Mirror") && list.contains(FOREIGN_REFERENCE_ID) && list.contains("enabled")
    );

    sandbox.post(&format!("{path}/disable"), &[]).await;
    let page = sandbox.dashboard(&path, &[]).await;
    assert!(page.contains("data-status=\"disabled\"") && page.contains("Enable"));
    sandbox.post(&format!("{path}/archive"), &[]).await;
    let list = sandbox.dashboard("/dashboard/webhooks", &[]).await;
    assert!(!list.contains("Mirror"));
    let again = sandbox.post(&format!("{path}/enable"), &[]).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    let unknown = sandbox.get("/dashboard/webhooks/wbh_none", &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn secrets_are_shown_only_when_asked_for_and_rotate() {
    let sandbox = TestSandbox::start().await;
    let path = webhook(&sandbox).await;
    let secrets = async || {
        let page = sandbox.post(&format!("{path}/secrets"), &[]).await;
        assert_eq!(header(page.headers(), "cache-control"), "no-store");
        let html = page.text().await.unwrap();
        html.matches("data-copy=\"wbhsec_").count()
    };
    let page = sandbox.dashboard(&path, &[]).await;
    assert!(!page.contains("wbhsec_"));
    assert_eq!(secrets().await, 1);
    let form = [("overlap", "3600")];
    sandbox.post(&format!("{path}/rotate-secret"), &form).await;
    assert_eq!(secrets().await, 2);
    let wrong = sandbox
        .post(&format!("{path}/rotate-secret"), &[("overlap", "soon")])
        .await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn settings_are_saved_and_wrong_ones_refused() {
    let sandbox = TestSandbox::start().await;
    let path = webhook(&sandbox).await;
    let settings = format!("{path}/settings");
    let form = [
        ("url", FOREIGN_REFERENCE_ID),
        ("name", "<b>Mirror</b>"),
        ("event", "inquiry.approved"),
        ("key-inflection", "camel"),
        ("api-version", "2025-10-27"),
        ("attribute-blocklist", "/data/attributes/fields"),
    ];
    let saved = sandbox.post(&settings, &form).await;
    assert_eq!(header(saved.headers(), "location"), format!("{path}?saved"));
    let page = sandbox.dashboard(&path, &[]).await;
    assert!(!page.contains("<b>Mirror"), "shown as text");
    assert!(page.contains("/data/attributes/fields"));
    assert!(page.contains("value=\"inquiry.approved\" checked"));
    assert!(!page.contains("value=\"inquiry.failed\" checked"));
    let wrong = sandbox.post(&settings, &[("url", "nowhere")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_attempts_and_resent() {
    let sandbox = TestSandbox::start().await;
    let path = webhook(&sandbox).await;
    let (id, _) = sandbox.create("usr_ABC123").await;
    sandbox
        .post(&format!("/dashboard/inquiries/{id}/approve"), &[])
        .await;
    let delivery = format!("{path}/deliveries/0");
    let attempted = async |attempts: usize| {
        let began = std::time::Instant::now();
        loop {
            let page = sandbox.dashboard(&delivery, &[]).await;
            if page.matches("Attempt ").count() >= attempts {
                return page;
            }
            assert!(
                began.elapsed() < std::time::Duration::from_secs(10),
                "{page}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let page = attempted(1).await;
    for part in [
        "inquiry.approved",
        "persona-signature: t=",
        "persona-webhook-attempts-left: 7",
        "usr_ABC123",
        "nobody there",
        "pending",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("wbhsec_"));
    let log = sandbox.dashboard(&path, &[]).await;
    assert!(log.contains(&delivery) && log.contains(&id));

    let resent = sandbox.post(&format!("{delivery}/resend"), &[]).await;
    assert_eq!(header(resent.headers(), "location"), delivery);
    attempted(2).await;
    sandbox.post(&format!("{path}/disable"), &[]).await;
    let refused = sandbox.post(&format!("{delivery}/resend"), &[]).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let elsewhere = sandbox.get(&format!("{path}/deliveries/99"), &[]).await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_site_changes_no_webhook() {
    let sandbox = TestSandbox::start().await;
    let path = webhook(&sandbox).await;
    for action in ["disable", "archive", "secrets", "rotate-secret", "settings"] {
        let url = format!("{}{path}/{action}", sandbox.base);
        let request = sandbox
            .client
            .post(url)
            .header("origin", "https://evil.example")
            .json(&json!({}));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{action}");
    }
}
