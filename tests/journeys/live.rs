//! The live stream of status changes: its events, its recipients, and its end.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use persona_api::InquiryTimes;
use persona_onboarding::{
    domain::sync::status_update::{self, Source, StatusUpdate},
    model::{EventId, InquiryId, ReferenceId},
};
use reqwest::{Method, StatusCode, header};
use serde_json::Value;
use sqlx::Connection as _;

use crate::{
    live_stream::{LiveStream, SILENCE, StreamEvent},
    postgres,
    support::TestApp,
};

const ALEXANDER: &str = "usr_ABC123";
/// Applies a status change of an inquiry.
async fn apply(app: &TestApp, user: &str, id: &str, status: &str, at: i64) {
    let update = StatusUpdate {
        inquiry_id: InquiryId::parse(id).unwrap(),
        owner: Some(ReferenceId::parse(user).unwrap()),
        status: status.to_owned().into(),
        at: Some(Timestamp::from_second(1_767_607_200 + at).unwrap()),
        source: Source::Event(EventId::parse(format!("evt_{id}_{at}")).unwrap()),
        template_version_id: None,
        times: InquiryTimes::default(),
    };
    status_update::apply(&app.store, &update).await.unwrap();
}

/// Signs up another user. Returns the cookie and the user ID.
async fn sign_up(app: &TestApp) -> (String, String) {
    let cookie = app.sign_up("bo@example.com").await;
    let mut connection = sqlx::AnyConnection::connect(&app.database_url)
        .await
        .unwrap();
    let (id,): (String,) = sqlx::query_as("SELECT id FROM users WHERE id <> $1")
        .bind(ALEXANDER)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    (cookie, id)
}

#[tokio::test]
async fn a_stream_sends_the_statuses_and_then_the_changes() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    apply(&app, ALEXANDER, "inq_a", "created", 1).await;
    apply(&app, ALEXANDER, "inq_b", "pending", 2).await;
    apply(&app, ALEXANDER, "inq_a", "pending", 3).await;

    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let (status, first) = stream.inquiry("inq_b").await;
    assert_eq!(status, "pending");
    let (status, second) = stream.inquiry("inq_a").await;
    assert_eq!(status, "pending");
    assert!(second > first, "{second} comes after {first}");
    stream.must_stay_silent().await;

    let applied = Instant::now();
    apply(&app, ALEXANDER, "inq_b", "approved", 4).await;
    let (status, third) = stream.inquiry("inq_b").await;
    assert_eq!(status, "approved");
    assert!(third > second);
    assert!(
        applied.elapsed() < Duration::from_secs(1),
        "{:?}",
        applied.elapsed()
    );
    stream.must_stay_silent().await;
}

#[tokio::test]
async fn a_reconnected_stream_sends_the_changes_since() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    apply(&app, ALEXANDER, "inq_a", "created", 1).await;
    apply(&app, ALEXANDER, "inq_b", "created", 1).await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    stream.inquiry("inq_a").await;
    let (_, seen) = stream.inquiry("inq_b").await;
    drop(stream);

    apply(&app, ALEXANDER, "inq_b", "pending", 2).await;
    apply(&app, ALEXANDER, "inq_b", "completed", 3).await;
    let mut stream = LiveStream::open(&app, &cookie, Some(seen)).await;
    let (status, number) = stream.inquiry("inq_b").await;
    assert_eq!(status, "completed");
    assert!(number > seen);
    stream.must_stay_silent().await;
    // A status that was not sent again is still followed.
    apply(&app, ALEXANDER, "inq_a", "expired", 4).await;
    assert_eq!(stream.inquiry("inq_a").await.0, "expired");

    // A number of another database says nothing.
    let mut stream = LiveStream::open(&app, &cookie, Some(1_000_000)).await;
    stream.inquiry("inq_b").await;
    stream.inquiry("inq_a").await;
}

#[tokio::test]
async fn the_signed_out_are_refused() {
    let app = TestApp::start().await;
    for path in ["/api/inquiries/live", "/api/inquiries"] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], "signed_out", "{path}");
    }
}

#[tokio::test]
async fn the_list_says_the_same() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    apply(&app, ALEXANDER, "inq_a", "created", 1).await;
    apply(&app, ALEXANDER, "inq_a", "approved", 2).await;
    let answer = app
        .request(Method::GET, "/api/inquiries")
        .header(header::COOKIE, &cookie);
    let answer: Value = answer.send().await.unwrap().json().await.unwrap();
    let list = answer["inquiries"].as_array().unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["inquiry_id"], "inq_a");
    assert_eq!(list[0]["status"], "approved");
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let (_, number) = stream.inquiry("inq_a").await;
    assert_eq!(list[0]["number"], number.to_string());
}

#[tokio::test]
async fn an_idle_stream_sends_a_heartbeat_every_fifteen_seconds() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    stream.must_stay_silent().await;
    for _ in 0..2 {
        pass(15).await;
        assert_eq!(stream.next().await, StreamEvent::Heartbeat);
    }
}

#[tokio::test]
async fn the_first_heartbeat_follows_the_first_statuses_at_once() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    // Also to who has no inquiry.
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    assert_eq!(stream.next_any().await, StreamEvent::Heartbeat);

    apply(&app, ALEXANDER, "inq_a", "created", 1).await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let said = stream.next_any().await;
    assert!(matches!(said, StreamEvent::Inquiry { .. }), "{said:?}");
    assert_eq!(stream.next_any().await, StreamEvent::Heartbeat);
    // Once: the next time is after fifteen seconds.
    let said = tokio::time::timeout(SILENCE, stream.read_any()).await;
    assert!(said.is_err(), "{said:?}");
}

#[tokio::test]
async fn a_program_that_is_no_browser_reads_inquiries_and_comments_alone() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut stream = LiveStream::open_as_program(&app, &cookie).await;
    stream.must_stay_silent().await;
    pass(15).await;
    assert_eq!(stream.next_any().await, StreamEvent::Comment);
    apply(&app, ALEXANDER, "inq_a", "created", 1).await;
    stream.inquiry("inq_a").await;
    post(&app, "/sign-out", &cookie).await;
    assert_eq!(stream.next_any().await, StreamEvent::End);
}

#[tokio::test]
async fn a_wake_up_without_news_does_not_delay_the_heartbeat() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    stream.must_stay_silent().await;
    pass(14).await;
    post(&app, "/account/sessions/revoke-others", &cookie).await;
    stream.must_stay_silent().await;
    pass(2).await;
    assert_eq!(stream.next().await, StreamEvent::Heartbeat);
}

/// Lets time pass.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// Submits a form that has nothing to fill in.
async fn post(app: &TestApp, path: &str, cookie: &str) {
    let request = app
        .request(Method::POST, path)
        .header(header::COOKIE, cookie);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn sign_out_ends_the_sessions_stream_and_no_other() {
    let app = TestApp::start().await;
    let (cookie, other_cookie) = (app.sign_in().await, app.sign_in().await);
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let mut other = LiveStream::open(&app, &other_cookie, None).await;
    post(&app, "/sign-out", &cookie).await;
    assert_eq!(stream.next().await, StreamEvent::SignedOut);
    assert_eq!(stream.next().await, StreamEvent::End);
    other.must_stay_silent().await;
    apply(&app, ALEXANDER, "inq_a", "created", 1).await;
    other.inquiry("inq_a").await;
}

#[tokio::test]
async fn a_session_that_is_ended_elsewhere_gets_no_more_events() {
    let app = TestApp::start().await;
    let (cookie, other_cookie) = (app.sign_in().await, app.sign_in().await);
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    post(&app, "/account/sessions/revoke-others", &other_cookie).await;
    assert_eq!(stream.next().await, StreamEvent::SignedOut);
    assert_eq!(stream.next().await, StreamEvent::End);

    // Another process changes it without a notice to this one: the next change reveals it.
    let mut stream = LiveStream::open(&app, &other_cookie, None).await;
    let mut connection = sqlx::AnyConnection::connect(&app.database_url)
        .await
        .unwrap();
    sqlx::query("DELETE FROM sessions")
        .execute(&mut connection)
        .await
        .unwrap();
    apply(&app, ALEXANDER, "inq_a", "approved", 1).await;
    assert_eq!(stream.next().await, StreamEvent::SignedOut);
    assert_eq!(stream.next().await, StreamEvent::End);
}

#[tokio::test]
async fn anothers_changes_are_never_seen() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (other_cookie, other_id) = sign_up(&app).await;
    apply(&app, ALEXANDER, "inq_a", "created", 1).await;
    let mut other = LiveStream::open(&app, &other_cookie, Some(0)).await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    stream.inquiry("inq_a").await;
    apply(&app, ALEXANDER, "inq_a", "approved", 2).await;
    stream.inquiry("inq_a").await;
    other.must_stay_silent().await;
    apply(&app, &other_id, "inq_b", "created", 3).await;
    other.inquiry("inq_b").await;
    stream.must_stay_silent().await;
}

#[tokio::test]
async fn two_browsers_of_a_user_get_the_same_events() {
    let app = TestApp::start().await;
    let (one, two) = (app.sign_in().await, app.sign_in().await);
    let mut one = LiveStream::open(&app, &one, None).await;
    let mut two = LiveStream::open(&app, &two, None).await;
    for (status, at) in [("created", 1), ("pending", 2), ("declined", 3)] {
        apply(&app, ALEXANDER, "inq_a", status, at).await;
        let event = one.inquiry("inq_a").await;
        assert_eq!(event.0, status);
        assert_eq!(two.inquiry("inq_a").await, event);
    }
}

#[tokio::test]
async fn a_change_in_one_process_reaches_another() {
    // Always on Postgres: SQLite has one process.
    let url = postgres::fresh_database().await;
    let variables = [("DATABASE_URL", url.as_str())];
    let app = TestApp::start_with(&variables).await;
    let beside = TestApp::start_with(&variables).await;
    let cookie = app.sign_in().await;
    let mut stream = LiveStream::open(&beside, &cookie, None).await;
    stream.must_stay_silent().await;
    apply(&app, ALEXANDER, "inq_a", "created", 1).await;
    assert_eq!(stream.inquiry("inq_a").await.0, "created");
}

#[tokio::test]
async fn the_streams_of_a_user_are_limited() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut streams = Vec::new();
    let refused = loop {
        let answer = app
            .request(Method::GET, "/api/inquiries/live")
            .header(header::COOKIE, &cookie)
            .send()
            .await
            .unwrap();
        if answer.status() != StatusCode::OK {
            break answer;
        }
        streams.push(answer);
        assert!(streams.len() < 100);
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    assert!(streams.len() > 5, "{}", streams.len());
}

#[tokio::test]
async fn the_shutdown_ends_streams_at_once() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let stopped = Instant::now();
    app.stop().await;
    assert_eq!(stream.next().await, StreamEvent::End);
    assert!(
        stopped.elapsed() < Duration::from_secs(1),
        "{:?}",
        stopped.elapsed()
    );
}
