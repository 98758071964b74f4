//! Creating when things go wrong: whatever happens between the click and Persona, the user ends
//! with one inquiry.
//!
//! What takes a lease's time to happen is in `domain::get_or_create::attempt::simulation`, without
//! waiting for it; a few tests here see it in real time.
//!
//! Longer than 400 lines: every failure between a click and Persona, in one list.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::SignedDuration;
use persona_onboarding::{
    base::Clock,
    model::ReferenceId,
    store::{AttemptRow, AttemptWrite, FirstSend},
};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{MovedClock, Start, TestApp};

fn demo_user() -> ReferenceId {
    ReferenceId::parse("usr_ABC123").unwrap()
}

async fn attempt(app: &TestApp) -> AttemptRow {
    app.store.find_attempt(&demo_user()).await.unwrap().unwrap()
}

/// The body of a create, for a person whose first name was once another.
fn body_for(first_name: &str) -> Vec<u8> {
    let body = json!({"data": {"attributes": {
        "inquiry-template-id": "itmpl_sandboxKYC",
        "reference-id": "usr_ABC123",
        "fields": {"name_first": first_name, "name_last": "Sample", "birthdate": "1977-08-31"},
    }}});
    serde_json::to_vec(&body).unwrap()
}

/// The beginning of an attempt at this time of the leases.
fn begin(app: &TestApp, key: &str, body: &[u8], now: i64) -> AttemptWrite {
    AttemptWrite::Begin(FirstSend {
        idempotency_key: key.to_owned(),
        key_since: app.store.now_ms(),
        body: body.to_vec(),
        lease_until: now + 5_000,
        sent_until: now + 11_000,
    })
}

/// Leaves an attempt as a writer does that ends right after it has written the row.
async fn leave_attempt(app: &TestApp, key: &str, body: &[u8], now: i64) {
    let (user, begin) = (demo_user(), begin(app, key, body, now));
    let begun = app.store.write_attempt(&user, None, &begin).await;
    assert_eq!(begun.unwrap(), Some(1));
}

/// What Persona answers when a key and a body are sent again.
async fn replay(app: &TestApp, key: &str, body: &[u8]) -> (StatusCode, Value) {
    let answer = app
        .http
        .post(format!("{}/api/v1/inquiries", app.sandbox_url))
        .bearer_auth("persona_sandbox_test")
        .header("persona-version", "2025-10-27")
        .header("key-inflection", "kebab")
        .header("idempotency-key", key)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.to_vec())
        .send()
        .await
        .unwrap();
    (answer.status(), answer.json().await.unwrap())
}

fn first_name(inquiry: &Value) -> &Value {
    &inquiry["attributes"]["fields"]["name_first"]["value"]
}

async fn creates(app: &TestApp) -> u64 {
    app.calls().await["create"].as_u64().unwrap()
}

/// Clicks, expects an inquiry, and gives its ID.
async fn must_open(app: &TestApp, cookie: &str) -> String {
    let (status, answer) = app.click(cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["inquiry_id"].as_str().unwrap().to_owned()
}

/// Clicks in many tabs at the same time, and expects everybody to get the one inquiry there is.
async fn click_at_once(apps: &[Arc<TestApp>], clicks: usize) {
    let cookie = apps[0].sign_in().await;
    let mut tabs = JoinSet::new();
    for app in apps.iter().cycle().take(clicks) {
        let (app, cookie) = (app.clone(), cookie.clone());
        tabs.spawn(async move { must_open(&app, &cookie).await });
    }
    let ids = tabs.join_all().await;
    let inquiries = apps[0].inquiries().await;
    assert_eq!(inquiries.len(), 1);
    assert_eq!(ids.len(), clicks);
    assert!(ids.iter().all(|id| inquiries[0]["id"] == **id), "{ids:?}");
}

#[tokio::test]
async fn fifty_clicks_at_once_give_one_inquiry_fifty_times() {
    let app = Arc::new(TestApp::start().await);
    click_at_once(&[app], 50).await;
}

#[tokio::test]
async fn two_servers_on_one_database_give_one_inquiry_to_all_tabs() {
    let first = Arc::new(TestApp::start().await);
    let beside = Start {
        beside: Some(&first),
        ..Start::default()
    };
    let second = Arc::new(TestApp::start_as(beside).await);
    click_at_once(&[first, second], 50).await;
}

#[tokio::test]
async fn a_lost_or_unreadable_response_makes_no_second_inquiry() {
    for kind in ["drop_answer", "reset", "truncate", "html"] {
        let app = TestApp::start().await;
        let cookie = app.sign_in().await;
        app.fault("create", kind, 2).await;
        let id = must_open(&app, &cookie).await;
        let inquiries = app.inquiries().await;
        assert_eq!(inquiries.len(), 1, "{kind}");
        assert_eq!(inquiries[0]["id"], *id, "{kind}");
        assert!(
            app.store
                .find_attempt(&demo_user())
                .await
                .unwrap()
                .unwrap()
                .body
                .is_none()
        );
    }
}

#[tokio::test]
async fn a_create_that_outlasts_its_timeout_is_the_same_inquiry() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let fault = json!({"operation": "create", "kind": "delay", "count": 1, "delay_ms": 11_000});
    app.sandbox(Method::POST, "/_sandbox/faults", Some(fault))
        .await;
    let id = must_open(&app, &cookie).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let inquiries = app.inquiries().await;
    assert_eq!(inquiries.len(), 1);
    assert_eq!(inquiries[0]["id"], *id);
}

#[tokio::test]
async fn a_stored_failure_delays_many_tabs_and_all_succeed() {
    let app = Arc::new(TestApp::start().await);
    app.fault("create", "status:500", 1).await;
    click_at_once(std::slice::from_ref(&app), 50).await;
    assert_eq!(creates(&app).await, 3);
    // Each looks at first, and again after 1, 3 and 7 seconds at most; the writer besides.
    let lists = app.calls().await["list"].as_u64().unwrap();
    assert!(lists <= 50 * 4 + 4, "Persona was asked {lists} times");
}

#[tokio::test]
async fn a_refusal_that_decides_nothing_keeps_the_key() {
    for (kind, code) in [
        ("status:429", "try_again"),
        ("status:401", "persona_failed"),
    ] {
        let app = TestApp::start().await;
        let cookie = app.sign_in().await;
        app.fault("create", kind, 100).await;
        let (_, answer) = app.click(&cookie).await;
        assert_eq!(answer["error"]["code"], code, "{kind}");
        let left = attempt(&app).await;
        let body = left.body.expect("an attempt that goes on");
        assert_eq!(
            (left.lease_until, left.sent_until),
            (0, 0),
            "nobody is at work"
        );
        app.clear_faults().await;

        let id = must_open(&app, &cookie).await;
        assert_eq!(attempt(&app).await.idempotency_key, left.idempotency_key);
        // Persona knows the inquiry by this key and this body: they were sent, and no others.
        let (status, answer) = replay(&app, &left.idempotency_key, &body).await;
        assert_eq!(
            (status, &answer["data"]["id"]),
            (StatusCode::CREATED, &id.into())
        );
        assert_eq!(app.inquiries().await.len(), 1);
    }
}

#[tokio::test]
async fn a_rejection_ends_the_attempt_and_the_next_click_makes_another() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    app.fault("create", "status:422", 1).await;
    let (status, _) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(attempt(&app).await.body.is_none());
    must_open(&app, &cookie).await;
    assert_eq!(app.inquiries().await.len(), 1);
}

#[tokio::test]
async fn an_attempt_that_crashed_before_its_send_continues_with_its_key_and_body() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let body = body_for("Alexandra");
    leave_attempt(&app, "key-of-the-dead", &body, Clock::system().now_ms()).await;
    let started = Instant::now();
    let id = must_open(&app, &cookie).await;
    let waited = started.elapsed();
    assert!(
        waited > Duration::from_secs(4),
        "took over a living lease after {waited:?}"
    );

    let inquiries = app.inquiries().await;
    assert_eq!(inquiries.len(), 1);
    // The user has changed name since; within one attempt what was written down counts.
    assert_eq!(first_name(&inquiries[0]), "Alexandra");
    let (_, answer) = replay(&app, "key-of-the-dead", &body).await;
    assert_eq!(answer["data"]["id"], *id);

    // The next attempt has the name of its day.
    app.simulate(&id, &["start_inquiry", "complete_inquiry"])
        .await;
    must_open(&app, &cookie).await;
    let inquiries = app.inquiries().await;
    assert_eq!(inquiries.len(), 2);
    assert_eq!(first_name(&inquiries[0]), "Alexander");
    assert_eq!(attempt(&app).await.number, 2);
}

/// An attempt left a minute ago by a writer whose request has reached Persona all the same; gives
/// the inquiry that it made.
async fn writer_died_after_it_sent(app: &TestApp) -> String {
    let body = body_for("Alexander");
    let a_minute_ago = Clock::system().now_ms() - 60_000;
    leave_attempt(app, "key-of-the-dead", &body, a_minute_ago).await;
    let (_, answer) = replay(app, "key-of-the-dead", &body).await;
    answer["data"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_attempt_that_crashed_after_its_send_continues_with_a_lookup() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let inquiry = writer_died_after_it_sent(&app).await;
    assert_eq!(must_open(&app, &cookie).await, inquiry);
    assert_eq!(creates(&app).await, 1);
    assert!(attempt(&app).await.body.is_none(), "settled");
}

#[tokio::test]
async fn a_repeated_response_about_a_finished_inquiry_is_not_trusted() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let ended = writer_died_after_it_sent(&app).await;
    app.simulate(&ended, &["start_inquiry", "complete_inquiry"])
        .await;
    // Persona's answer to the key still says "created".
    assert_ne!(must_open(&app, &cookie).await, ended);
    assert_eq!(app.inquiries().await.len(), 2);
}

#[tokio::test]
async fn a_key_older_than_a_day_is_dead() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let yesterday = MovedClock::default();
    yesterday.advance(SignedDuration::from_hours(-24));
    let past = TestApp::start_as(Start {
        clock: yesterday.clock(),
        beside: Some(&app),
        ..Start::default()
    })
    .await;
    let body = body_for("Alexandra");
    leave_attempt(&past, "key-of-yesterday", &body, yesterday.clock().now_ms()).await;

    must_open(&app, &cookie).await;
    assert_ne!(attempt(&app).await.idempotency_key, "key-of-yesterday");
    let inquiries = app.inquiries().await;
    assert_eq!(inquiries.len(), 1);
    assert_eq!(first_name(&inquiries[0]), "Alexander");
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_makes_no_second_inquiry() {
    let offset = MovedClock::default();
    let app = Arc::new(
        TestApp::start_as(Start {
            clock: offset.clock(),
            ..Start::default()
        })
        .await,
    );
    let cookie = app.sign_in().await;
    let fault = json!({"operation": "create", "kind": "delay", "count": 1, "delay_ms": 4_000});
    app.sandbox(Method::POST, "/_sandbox/faults", Some(fault))
        .await;
    let slow = tokio::spawn({
        let (app, cookie) = (app.clone(), cookie.clone());
        async move { must_open(&app, &cookie).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    offset.advance(SignedDuration::from_hours(30));
    let id = must_open(&app, &cookie).await;
    assert_eq!(slow.await.unwrap(), id);
    assert_eq!(app.inquiries().await.len(), 1);
}

#[tokio::test]
async fn after_a_reset_of_the_sandbox_a_new_inquiry_is_created() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let reset = async || app.sandbox(Method::POST, "/_sandbox/reset", None).await;

    // With an inquiry that we hold.
    let first = must_open(&app, &cookie).await;
    app.begin(&first).await;
    reset().await;
    let second = must_open(&app, &cookie).await;
    assert_ne!(second, first);

    // With an attempt that is not settled.
    app.simulate(&second, &["start_inquiry", "complete_inquiry"])
        .await;
    app.fault("create", "status:401", 100).await;
    let (status, _) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    reset().await;
    app.clear_faults().await;
    must_open(&app, &cookie).await;
    assert_eq!(app.inquiries().await.len(), 1);
}

#[tokio::test]
async fn an_unreadable_stored_key_is_abandoned_with_its_body() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let body = body_for("Alexandra");
    let a_minute_ago = Clock::system().now_ms() - 60_000;
    leave_attempt(&app, "a key with spaces", &body, a_minute_ago).await;
    let id = must_open(&app, &cookie).await;
    let inquiries = app.inquiries().await;
    assert_eq!(inquiries.len(), 1);
    assert_eq!(inquiries[0]["id"], *id);
    // Not the old body with a key that it was never written down with.
    assert_eq!(first_name(&inquiries[0]), "Alexander");
}

#[tokio::test]
async fn a_write_with_a_stale_version_does_nothing() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let user = demo_user();
    let write = async |version, write: &AttemptWrite| {
        let written = app.store.write_attempt(&user, version, write).await;
        written.unwrap()
    };
    let body = body_for("Alexander");
    let send = |key| match begin(&app, key, &body, 1_000) {
        AttemptWrite::Begin(first) => first,
        _ => unreachable!(),
    };
    let writes = [
        AttemptWrite::Begin(send("another")),
        AttemptWrite::RotateKey(send("another")),
        AttemptWrite::Resend {
            lease_until: 1,
            sent_until: 2,
        },
        AttemptWrite::RenewLease { lease_until: 1 },
        AttemptWrite::Complete { sent_until: 0 },
        AttemptWrite::Release { sent_until: 0 },
    ];
    // There is no row to go on with.
    for other in &writes[1..] {
        assert_eq!(write(Some(1), other).await, None);
        assert_eq!(write(None, other).await, None);
    }
    assert_eq!(
        write(None, &AttemptWrite::Begin(send("first"))).await,
        Some(1)
    );
    let renewed = AttemptWrite::RenewLease { lease_until: 7_000 };
    assert_eq!(write(Some(1), &renewed).await, Some(2));

    let held = attempt(&app).await;
    assert_eq!(
        (held.version, held.lease_until, held.sent_until),
        (2, 7_000, 12_000)
    );
    assert_eq!(held.body.as_ref(), Some(&body));
    for stale in [None, Some(0), Some(1), Some(3)] {
        for other in &writes {
            assert_eq!(write(stale, other).await, None, "{stale:?}");
        }
    }
    // Nor does another attempt begin beside one that is not complete.
    assert_eq!(write(Some(2), &writes[0]).await, None);
    assert!(attempt(&app).await == held);

    // A send of before may be under way for longer than the next one.
    assert_eq!(write(Some(2), &writes[2]).await, Some(3));
    let resent = attempt(&app).await;
    assert_eq!((resent.lease_until, resent.sent_until), (1, 12_000));
    assert_eq!(write(Some(3), &writes[1]).await, Some(4));
    assert_eq!(attempt(&app).await.idempotency_key, "another");
    assert_eq!(write(Some(4), &writes[4]).await, Some(5));
    let complete = attempt(&app).await;
    assert!(complete.body.is_none());
    assert_eq!((complete.lease_until, complete.sent_until), (0, 0));
    // What is complete is neither continued nor kept.
    for other in &writes[1..4] {
        assert_eq!(write(Some(5), other).await, None);
    }
    assert_eq!(write(Some(5), &writes[0]).await, Some(6));
    assert_eq!(attempt(&app).await.number, 2);
}
