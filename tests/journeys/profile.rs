//! A person corrects the name and birthdate that Persona compares with the ID.

use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::support::TestApp;

/// The demo user with the first name corrected.
const CORRECTED: [(&str, &str); 3] = [
    ("first_name", "Alexandra"),
    ("last_name", "Sample"),
    ("birthdate", "1978-01-02"),
];

async fn correct(app: &TestApp, cookie: &str, form: &[(&str, &str)]) -> (StatusCode, String) {
    let request = app
        .request(Method::POST, "/account/profile")
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT, "text/html")
        .form(form);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

async fn page(app: &TestApp, cookie: &str, path: &str) -> String {
    let request = app.request(Method::GET, path);
    let answer = request.header(header::COOKIE, cookie).send().await;
    answer.unwrap().text().await.unwrap()
}

fn field<'a>(inquiry: &'a Value, name: &str) -> &'a Value {
    &inquiry["attributes"]["fields"][name]["value"]
}

async fn calls(app: &TestApp, operation: &str) -> i64 {
    app.calls().await[operation].as_i64().unwrap_or_default()
}

#[tokio::test]
async fn a_correction_is_shown_and_prefilled() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let onboarding = page(&app, &cookie, "/onboarding").await;
    assert!(onboarding.contains("href=\"/account/profile\""));
    let form = page(&app, &cookie, "/account/profile").await;
    assert!(form.contains("value=\"Alexander\""), "{form}");
    assert!(form.contains("value=\"1977-08-31\""), "{form}");

    let (status, body) = correct(&app, &cookie, &CORRECTED).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    let onboarding = page(&app, &cookie, "/onboarding").await;
    assert!(onboarding.contains("Alexandra Sample"), "{onboarding}");
    assert!(onboarding.contains("January 2, 1978"), "{onboarding}");

    app.click(&cookie).await;
    let inquiries = app.inquiries().await;
    assert_eq!(field(&inquiries[0], "name_first"), "Alexandra");
    assert_eq!(field(&inquiries[0], "birthdate"), "1978-01-02");
}

#[tokio::test]
async fn an_unfinished_inquiry_gets_the_new_data_and_no_second_one_begins() {
    for has_begun in [false, true] {
        let app = TestApp::start().await;
        let cookie = app.sign_in().await;
        let (_, first) = app.click(&cookie).await;
        if has_begun {
            app.begin(first["inquiry_id"].as_str().unwrap()).await;
        }
        let (status, body) = correct(&app, &cookie, &CORRECTED).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
        let inquiries = app.inquiries().await;
        assert_eq!(inquiries.len(), 1);
        assert_eq!(field(&inquiries[0], "name_first"), "Alexandra");
        assert_eq!(field(&inquiries[0], "birthdate"), "1978-01-02");

        let (status, second) = app.click(&cookie).await;
        assert_eq!(status, StatusCode::OK, "{second}");
        assert_eq!(second["inquiry_id"], first["inquiry_id"]);
        assert_eq!(app.inquiries().await.len(), 1);
        assert_eq!(
            calls(&app, "update").await,
            1,
            "the click has nothing to do"
        );
    }
}

#[tokio::test]
async fn a_click_repeats_the_update_that_failed_and_hands_out_nothing_before() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    app.click(&cookie).await;
    app.fault("update", "status:500", 100).await;
    let (status, body) = correct(&app, &cookie, &CORRECTED).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    let (status, answer) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{answer}");
    app.clear_faults().await;
    let (status, answer) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let inquiries = app.inquiries().await;
    assert_eq!(inquiries.len(), 1);
    assert_eq!(field(&inquiries[0], "name_first"), "Alexandra");
}

#[tokio::test]
async fn a_name_that_was_removed_is_removed_at_persona() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    app.click(&cookie).await;
    let form = [
        ("first_name", "Alexander"),
        ("last_name", ""),
        ("birthdate", "1977-08-31"),
    ];
    let (status, body) = correct(&app, &cookie, &form).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    assert!(field(&app.inquiries().await[0], "name_last").is_null());
}

#[tokio::test]
async fn what_was_checked_is_not_corrected() {
    for (actions, sentence) in [
        (
            &["start_inquiry", "complete_inquiry"][..],
            "is being checked",
        ),
        (
            &["start_inquiry", "complete_inquiry", "approve_inquiry"],
            "You're verified under this name",
        ),
    ] {
        let app = TestApp::start().await;
        let cookie = app.sign_in().await;
        let (_, answer) = app.click(&cookie).await;
        // No webhook tells it: the correction asks.
        app.simulate(answer["inquiry_id"].as_str().unwrap(), actions)
            .await;
        let (status, body) = correct(&app, &cookie, &CORRECTED).await;
        assert_eq!(status, StatusCode::CONFLICT, "{actions:?}");
        assert!(body.contains(sentence), "{actions:?}: {body}");
        // From now on the page says so before anything is typed.
        let refused = page(&app, &cookie, "/account/profile").await;
        assert!(refused.contains(sentence), "{actions:?}: {refused}");
        assert!(!refused.contains("name=\"first_name\""), "{refused}");
        let onboarding = page(&app, &cookie, "/onboarding").await;
        assert!(onboarding.contains("Alexander Sample"), "{onboarding}");
    }
}

#[tokio::test]
async fn a_failed_or_declined_attempt_may_be_corrected() {
    for end in ["fail_inquiry", "decline_inquiry", "expire_inquiry"] {
        let app = TestApp::start().await;
        let cookie = app.sign_in().await;
        let (_, answer) = app.click(&cookie).await;
        let id = answer["inquiry_id"].as_str().unwrap();
        app.simulate(id, &["start_inquiry", end]).await;
        let (status, body) = correct(&app, &cookie, &CORRECTED).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{end}: {body}");
    }
}

#[tokio::test]
async fn without_an_answer_of_personas_nothing_changes() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    app.click(&cookie).await;
    app.fault("retrieve", "status:500", 100).await;
    let (status, body) = correct(&app, &cookie, &CORRECTED).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(body.contains("Nothing has changed"), "{body}");
    assert!(body.contains("value=\"Alexandra\""), "the input is kept");
    let onboarding = page(&app, &cookie, "/onboarding").await;
    assert!(onboarding.contains("Alexander Sample"), "{onboarding}");
}

#[tokio::test]
async fn the_rules_of_sign_up_hold() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    for (name, value, sentence) in [
        ("first_name", "M4ya@", "Enter your first name using letters"),
        ("last_name", "O!", "Enter your last name using letters"),
        ("birthdate", "1977-13-31", "Enter a real date"),
        (
            "birthdate",
            "2999-01-01",
            "Your birthdate must be in the past",
        ),
    ] {
        let form = CORRECTED.map(|(field, old)| (field, if field == name { value } else { old }));
        let (status, body) = correct(&app, &cookie, &form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{value}");
        assert!(body.contains(sentence), "{value}: {body}");
    }
    let onboarding = page(&app, &cookie, "/onboarding").await;
    assert!(onboarding.contains("Alexander Sample"), "{onboarding}");
}

#[tokio::test]
async fn only_the_signed_in_person_corrects_from_our_own_page() {
    let app = TestApp::start().await;
    let (status, _) = correct(&app, "", &CORRECTED).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let cookie = app.sign_in().await;
    let request = app
        .request(Method::POST, "/account/profile")
        .header(header::COOKIE, &cookie)
        .header(header::ORIGIN, "https://evil.example")
        .form(&CORRECTED);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let onboarding = page(&app, &cookie, "/onboarding").await;
    assert!(onboarding.contains("Alexander Sample"), "{onboarding}");
}
