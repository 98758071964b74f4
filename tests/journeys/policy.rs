//! The policy's decisions about finished inquiries, in the response to the next click.

use persona_onboarding::model::{InquiryId, InquiryStatus};
use reqwest::StatusCode;

use crate::support::TestApp;

async fn once() -> (TestApp, String) {
    let app = TestApp::start_with(&[("INQUIRY_POLICY", "once")]).await;
    let cookie = app.sign_in().await;
    (app, cookie)
}

/// Clicks, expects an inquiry, and lets this happen to it.
async fn click_then(app: &TestApp, cookie: &str, actions: &[&str]) -> String {
    let (status, answer) = app.click(cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let id = answer["inquiry_id"].as_str().unwrap();
    app.simulate(id, actions).await;
    id.to_owned()
}

async fn must_refuse(app: &TestApp, cookie: &str, code: &str, id: &str) {
    let (status, answer) = app.click(cookie).await;
    assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    assert_eq!(answer["error"]["code"], code);
    assert_eq!(answer["error"]["inquiry_id"], id);
    assert!(
        answer["error"]["message"]
            .as_str()
            .is_some_and(|it| !it.is_empty())
    );
}

#[tokio::test]
async fn once_a_decision_is_final_and_a_review_is_waited_for() {
    for (end, code) in [
        ("mark_for_review_inquiry", "waiting"),
        ("approve_inquiry", "approved"),
        ("decline_inquiry", "declined"),
    ] {
        let (app, cookie) = once().await;
        let id = click_then(&app, &cookie, &["start_inquiry", "complete_inquiry", end]).await;
        must_refuse(&app, &cookie, code, &id).await;
        assert_eq!(app.inquiries().await.len(), 1, "{end}");
    }
}

#[tokio::test]
async fn once_three_failures_are_too_many() {
    let (app, cookie) = once().await;
    let mut last = String::new();
    for _ in 0..3 {
        last = click_then(&app, &cookie, &["start_inquiry", "fail_inquiry"]).await;
    }
    must_refuse(&app, &cookie, "too_many_attempts", &last).await;
    assert_eq!(app.inquiries().await.len(), 3);
}

#[tokio::test]
async fn once_an_expired_inquiry_is_resumed() {
    let (app, cookie) = once().await;
    let id = click_then(&app, &cookie, &["start_inquiry", "expire_inquiry"]).await;
    let (status, answer) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["inquiry_id"], *id);
    assert!(
        answer["session_token"]
            .as_str()
            .is_some_and(|token| !token.is_empty())
    );
    assert_eq!(app.inquiries().await[0]["attributes"]["status"], "pending");
    // Persona sends no event about it, so the response to the resume updates the local copy.
    let id = InquiryId::parse(id).unwrap();
    let kept = app.store.find_inquiry(&id).await.unwrap().unwrap();
    assert_eq!(kept.status, InquiryStatus::Pending);
}

#[tokio::test]
async fn repeat_lets_everybody_try_again() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    for (count, end) in [
        "approve_inquiry",
        "decline_inquiry",
        "fail_inquiry",
        "expire_inquiry",
    ]
    .into_iter()
    .enumerate()
    {
        click_then(&app, &cookie, &["start_inquiry", end]).await;
        assert_eq!(app.inquiries().await.len(), count + 1, "{end}");
    }
}
