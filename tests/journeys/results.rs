//! The results pages: complete without script, and visible to the owner alone.

use reqwest::{Method, StatusCode, header};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

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

/// Where the result of an inquiry is.
async fn path_of(app: &TestApp, inquiry: &str) -> String {
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    let (id,): (String,) = sqlx::query_as("SELECT result_id FROM inquiries WHERE id = $1")
        .bind(inquiry)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    format!("/results/{id}")
}

async fn execute(app: &TestApp, sql: &str) {
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// Stores a change of an inquiry some minutes after its creation, with its event.
async fn store_change(app: &TestApp, id: &str, event: &str, status: &str, minutes: i64) {
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
async fn signed_out_visitors_are_redirected_to_sign_in_and_back() {
    let app = TestApp::start().await;
    for path in ["/results", "/results/res_1"] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert_eq!(
            answer.headers()[header::LOCATION],
            format!("/sign-in?next={path}")
        );
    }
}

#[tokio::test]
async fn a_user_without_inquiries_sees_where_to_start() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (status, page) = page(&app, "/results", &cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("You haven't started"));
    assert!(page.contains("href=\"/onboarding\""));
}

#[tokio::test]
async fn a_click_appears_in_the_results() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (_, answer) = app.click(&cookie).await;
    let id = answer["inquiry_id"].as_str().unwrap();
    let (_, list) = page(&app, "/results", &cookie).await;
    let path = path_of(&app, id).await;
    assert!(list.contains(&format!("href=\"{path}\"")));
    let (status, page) = page(&app, &path, &cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("You haven't started yet"));
}

#[tokio::test]
async fn a_result_shows_its_whole_history_in_order() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    keep(&app, "inq_1", "created").await;
    store_change(&app, "inq_1", "inquiry.started", "pending", 1).await;
    store_change(&app, "inq_1", "inquiry.completed", "completed", 2).await;
    store_change(&app, "inq_1", "inquiry.approved", "approved", 3).await;

    let (status, list) = page(&app, "/results", &cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert!(list.contains("Verified"));

    let path = path_of(&app, "inq_1").await;
    let (status, page) = page(&app, &path, &cookie).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("You're verified"));
    assert!(page.contains("<code>inq_1</code>"));
    let story = page.split(">History<").nth(1).unwrap();
    let mut after = 0;
    for text in [
        "Created",
        "datetime=\"2026-01-05T10:00:00Z\" data-local=\"time\">January 5, 2026, 10:00 UTC</time>",
        "Started",
        "Photos sent",
        "datetime=\"2026-01-05T10:03:00Z\" data-local=\"time\">January 5, 2026, 10:03 UTC</time>",
    ] {
        let place = story[after..].find(text);
        after += place.unwrap_or_else(|| panic!("{text} is missing, or too early"));
    }
}

#[tokio::test]
async fn another_users_result_and_an_invalid_id_are_404() {
    let app = TestApp::start().await;
    app.sign_in().await;
    keep(&app, "inq_1", "approved").await;
    let other = app.sign_up("bo@example.com").await;
    let anothers = path_of(&app, "inq_1").await;
    for path in [
        anothers.as_str(),
        "/results/res_2",
        "/results/nonsense",
        "/results/inq_1",
    ] {
        let (status, page) = page(&app, path, &other).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.contains("Page not found"), "{path}");
        assert!(!page.contains("You're verified"), "{path}");
    }
    let (_, list) = page(&app, "/results", &other).await;
    assert!(list.contains("You haven't started"));
}

/// Every value of an attribute in the page.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    let values = page.split(&opening).skip(1);
    values
        .map(|rest| rest.split('"').next().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn an_inquirys_id_is_on_the_page_and_in_no_address() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (_, answer) = app.click(&cookie).await;
    let id = answer["inquiry_id"].as_str().unwrap();
    let result = path_of(&app, id).await;
    assert!(!result.contains(id.trim_start_matches("inq_")), "{result}");
    for path in ["/onboarding", "/results", &result] {
        let (status, page) = page(&app, path, &cookie).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        for name in ["href", "action", "src"] {
            for address in attributes(&page, name) {
                assert!(!address.contains(id), "{path}: {name}={address}");
            }
        }
    }
    // Script links to the result by the list and the stream.
    let (_, list) = page(&app, "/api/inquiries", &cookie).await;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let listed = list["inquiries"][0]["result_id"].as_str().unwrap();
    assert_eq!(format!("/results/{listed}"), result);
}

#[tokio::test]
async fn old_urls_redirect_without_the_inquiry_id() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    keep(&app, "inq_1", "approved").await;
    for cookie in ["", &cookie] {
        let get = |path: &str| {
            app.request(Method::GET, path)
                .header(header::COOKIE, cookie)
                .send()
        };
        let answer = get("/inquiries").await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()[header::LOCATION], "/results");
        for path in ["/inquiries/inq_1", "/inquiries/inq_1/", "/inquiries/a/b"] {
            let answer = get(path).await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            assert!(!answer.headers().contains_key(header::LOCATION), "{path}");
            let page = answer.text().await.unwrap();
            assert!(!page.contains("inq_1"), "{path}");
        }
        let answer = app
            .request(Method::POST, "/api/inquiries/inq_1/refresh")
            .header(header::COOKIE, cookie);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn each_inquiry_has_a_result_id_of_its_own_whatever_release_wrote_it() {
    let app = TestApp::start().await;
    app.sign_in().await;
    // As a release does that does not know the column.
    keep(&app, "inq_1", "approved").await;
    keep(&app, "inq_2", "created").await;
    let first = path_of(&app, "inq_1").await;
    let second = path_of(&app, "inq_2").await;
    assert_ne!(first, second);
    for path in [&first, &second] {
        let id = path.trim_start_matches("/results/res_");
        assert!(id.len() == 32 && id.bytes().all(|it| it.is_ascii_hexdigit()));
    }
}

#[tokio::test]
async fn the_list_begins_with_where_one_stands() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    for (minutes, status, heading, action) in [
        (
            1,
            "failed",
            "We couldn't verify you this time",
            Some("Try again"),
        ),
        (2, "approved", "You're verified", None),
        // What was begun later takes no approval back.
        (3, "pending", "You're verified", None),
    ] {
        let id = format!("inq_{minutes}");
        keep(&app, &id, "created").await;
        store_change(&app, &id, "inquiry.transitioned", status, minutes).await;
        let (_, list) = page(&app, "/results", &cookie).await;
        let overall = list.split("class=\"overall").nth(1).unwrap();
        let (overall, _) = overall.split_once("<ul").unwrap();
        assert!(overall.contains(heading), "{status}: {overall}");
        let has_link = overall.contains("href=\"/onboarding\"");
        assert_eq!(has_link, action.is_some(), "{status}: {overall}");
        if let Some(action) = action {
            assert!(overall.contains(action), "{status}: {overall}");
        }
    }
}

#[tokio::test]
async fn a_decision_that_replaces_another_says_so() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    keep(&app, "inq_1", "created").await;
    store_change(&app, "inq_1", "inquiry.approved", "approved", 1).await;
    store_change(&app, "inq_1", "inquiry.declined", "declined", 2).await;
    let (_, page) = page(&app, &path_of(&app, "inq_1").await, &cookie).await;
    let history = page.split(">History<").nth(1).unwrap();
    assert!(history.contains(">Verified<"), "{history}");
    assert!(history.contains(">Changed to: Not verified<"), "{history}");
}
