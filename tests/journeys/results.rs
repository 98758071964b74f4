//! The results pages: whole without script, and nobody's but the owner's.

use reqwest::{Method, StatusCode, header};
use sqlx::{AnyConnection, Connection as _};

use crate::support::TestApp;

const ALEXANDER: &str = "usr_ABC123";

async fn page(app: &TestApp, path: &str, cookie: &str) -> (StatusCode, String) {
    let request = app
        .request(Method::GET, path)
        .header(header::COOKIE, cookie);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// An inquiry of Alexander's, made on January 5, 2026, at 10:00.
const CREATED_AT: i64 = 1_767_607_200_000;
const MINUTE: i64 = 60_000;

async fn keep(app: &TestApp, id: &str, status: &str) {
    execute(
        app,
        &format!(
            "INSERT INTO inquiries (id, user_id, status, created_at, updated_at, seen_at) \
             VALUES ('{id}', '{ALEXANDER}', '{status}', {CREATED_AT}, {CREATED_AT}, {CREATED_AT})"
        ),
    )
    .await;
}

async fn execute(app: &TestApp, sql: &str) {
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A change of an inquiry, some minutes after it was made, told by an event.
async fn tell(app: &TestApp, id: &str, event: &str, status: &str, minutes: i64) {
    let at = CREATED_AT + minutes * MINUTE;
    execute(
        app,
        &format!(
            "INSERT INTO events (id, name, inquiry_id, happened_at, received_at, state, tries, \
             due_at) VALUES ('evt_{minutes}', '{event}', '{id}', {at}, {at}, 'applied', 1, 0)"
        ),
    )
    .await;
    execute(
        app,
        &format!(
            "INSERT INTO changes (inquiry_id, user_id, status, happened_at, noticed_at, source, \
             event_id) VALUES ('{id}', '{ALEXANDER}', '{status}', {at}, {at}, 'event', \
             'evt_{minutes}')"
        ),
    )
    .await;
    execute(
        app,
        &format!("UPDATE inquiries SET status = '{status}', status_at = {at} WHERE id = '{id}'"),
    )
    .await;
}

#[tokio::test]
async fn the_signed_out_are_led_to_sign_in_and_back() {
    let app = TestApp::start().await;
    for path in ["/inquiries", "/inquiries/inq_1"] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert_eq!(
            answer.headers()[header::LOCATION],
            format!("/sign-in?next={path}")
        );
    }
}

#[tokio::test]
async fn who_has_started_nothing_is_shown_where_to_start() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (status, page) = page(&app, "/inquiries", &cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("No verification yet"));
    assert!(page.contains("href=\"/onboarding\""));
}

#[tokio::test]
async fn a_click_is_found_among_the_results() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (_, answer) = app.click(&cookie).await;
    let id = answer["inquiry_id"].as_str().unwrap();
    let (_, list) = page(&app, "/inquiries", &cookie).await;
    assert!(list.contains(&format!("href=\"/inquiries/{id}\"")));
    let (status, page) = page(&app, &format!("/inquiries/{id}"), &cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Your verification is ready"));
}

#[tokio::test]
async fn a_result_tells_its_whole_story_in_order() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    keep(&app, "inq_1", "created").await;
    tell(&app, "inq_1", "inquiry.started", "pending", 1).await;
    tell(&app, "inq_1", "inquiry.completed", "completed", 2).await;
    tell(&app, "inq_1", "inquiry.approved", "approved", 3).await;

    let (status, list) = page(&app, "/inquiries", &cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert!(list.contains("Approved"));

    let (status, page) = page(&app, "/inquiries/inq_1", &cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("You are verified."));
    assert!(page.contains("<code>inq_1</code>"));
    let story = page.split("What happened").nth(1).unwrap();
    let mut after = 0;
    for text in [
        "Created",
        "datetime=\"2026-01-05T10:00:00Z\">January 5, 2026, 10:00 UTC</time>",
        "Pending",
        "inquiry.started",
        "Completed",
        "inquiry.completed",
        "datetime=\"2026-01-05T10:03:00Z\">January 5, 2026, 10:03 UTC</time>",
        "inquiry.approved",
    ] {
        let place = story[after..].find(text);
        after += place.unwrap_or_else(|| panic!("{text} is missing, or too early"));
    }
}

#[tokio::test]
async fn anothers_result_is_not_there_and_neither_is_nonsense() {
    let app = TestApp::start().await;
    app.sign_in().await;
    keep(&app, "inq_1", "approved").await;
    let other = app.sign_up("bo@example.com").await;
    for path in [
        "/inquiries/inq_1",
        "/inquiries/inq_2",
        "/inquiries/nonsense",
    ] {
        let (status, page) = page(&app, path, &other).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.contains("Page not found"), "{path}");
        assert!(!page.contains("verified"), "{path}");
    }
    let (_, list) = page(&app, "/inquiries", &other).await;
    assert!(list.contains("No verification yet"));
}
