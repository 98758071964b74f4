//! When no webhook comes: the reconciler asks Persona, seldom and about many at once.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Json, Router, http::StatusCode, response::IntoResponse as _};
use jiff::SignedDuration;
use persona_api::{Client, Connection, InquiryFilter, InquiryTimes};
use persona_onboarding::{
    base::Clock,
    domain::{
        Reconciler, Round,
        sync::status_update::{self, Source, StatusUpdate},
    },
    model::{InquiryId, InquiryStatus, ReferenceId},
};
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{MovedClock, Start, TestApp};

async fn start(ahead: &MovedClock) -> TestApp {
    TestApp::start_as(Start {
        clock: ahead.clock(),
        ..Start::default()
    })
    .await
}

fn client(persona_url: &str) -> Client {
    Client::new(&Connection {
        base_url: format!("{persona_url}/api/v1").parse().unwrap(),
        api_key: "persona_sandbox_test".to_owned().into(),
        version: "2025-10-27".to_owned(),
        user_agent: "journeys".to_owned(),
    })
    .unwrap()
}

fn reconciler(app: &TestApp) -> Reconciler {
    Reconciler::new(&client(&app.sandbox_url), app.store.clone())
}

async fn click(app: &TestApp) -> InquiryId {
    let cookie = app.sign_in().await;
    let (_, answer) = app.click(&cookie).await;
    InquiryId::parse(answer["inquiry_id"].as_str().unwrap()).unwrap()
}

async fn status(app: &TestApp, id: &InquiryId) -> String {
    let kept = app.store.find_inquiry(id).await.unwrap().unwrap();
    kept.status.as_str().to_owned()
}

const NOTHING: Round = Round {
    checked: 0,
    drifted: 0,
    unknown: 0,
};

#[tokio::test]
async fn a_change_without_a_webhook_is_found_after_a_minute() {
    let ahead = MovedClock::default();
    let app = start(&ahead).await;
    let reconciler = reconciler(&app);
    let id = click(&app).await;
    app.simulate(
        id.as_str(),
        &["start_inquiry", "complete_inquiry", "approve_inquiry"],
    )
    .await;

    assert_eq!(
        reconciler.round().await.unwrap(),
        NOTHING,
        "updated just now"
    );
    assert_eq!(status(&app, &id).await, "created");

    ahead.advance(SignedDuration::from_mins(2));
    let round = reconciler.round().await.unwrap();
    assert_eq!((round.checked, round.drifted), (1, 1));
    assert_eq!(status(&app, &id).await, "approved");
    let kept = app.store.find_inquiry(&id).await.unwrap().unwrap();
    assert!(kept.completed_at.is_some() && kept.decided_at.is_some());
}

#[tokio::test]
async fn older_statuses_are_fetched_less_often() {
    let ahead = MovedClock::default();
    let app = start(&ahead).await;
    let reconciler = reconciler(&app);
    click(&app).await;
    let mut questions = Vec::new();
    for minute in 1..=24 * 60 {
        ahead.advance(SignedDuration::from_mins(1));
        if reconciler.round().await.unwrap().checked > 0 {
            questions.push(minute);
        }
    }
    assert!(questions[0] <= 2, "{questions:?}");
    // 1, 2, 4, 8, … and then hourly.
    assert!((25..=35).contains(&questions.len()), "{questions:?}");
    assert_eq!(reconciler.round().await.unwrap(), NOTHING);
}

#[tokio::test]
async fn a_status_is_not_checked_after_thirty_days_except_once_after_a_downtime() {
    let ahead = MovedClock::default();
    let app = start(&ahead).await;
    let reconciler = reconciler(&app);
    click(&app).await;
    // Persona does not know it, so nothing moves its status.
    app.sandbox(Method::POST, "/_sandbox/reset", None).await;
    ahead.advance(SignedDuration::from_hours(31 * 24));
    assert_eq!(reconciler.round().await.unwrap().checked, 1, "overdue");
    for _ in 0..40 {
        ahead.advance(SignedDuration::from_hours(24));
        assert_eq!(reconciler.round().await.unwrap(), NOTHING);
    }
}

#[tokio::test]
async fn an_inquiry_unknown_to_persona_is_fetched_no_more_often_than_others() {
    let ahead = MovedClock::default();
    let app = start(&ahead).await;
    let reconciler = reconciler(&app);
    let id = click(&app).await;
    app.sandbox(Method::POST, "/_sandbox/reset", None).await;
    ahead.advance(SignedDuration::from_mins(10));
    assert_eq!(reconciler.round().await.unwrap().unknown, 1);
    assert_eq!(reconciler.round().await.unwrap(), NOTHING);
    assert_eq!(status(&app, &id).await, "created", "what was known stays");
}

#[tokio::test]
async fn a_failed_fetch_is_repeated_in_the_next_round() {
    let ahead = MovedClock::default();
    let app = start(&ahead).await;
    let reconciler = reconciler(&app);
    let id = click(&app).await;
    app.simulate(id.as_str(), &["start_inquiry"]).await;
    app.fault("list", "status:500", 100).await;
    ahead.advance(SignedDuration::from_mins(10));
    assert!(reconciler.round().await.is_err());
    app.clear_faults().await;
    assert_eq!(reconciler.round().await.unwrap().drifted, 1);
    assert_eq!(status(&app, &id).await, "pending");
}

#[tokio::test]
async fn two_processes_share_the_work_and_one_call_asks_about_a_hundred() {
    let ahead = MovedClock::default();
    let app = start(&ahead).await;
    click(&app).await;
    let mut ids = Vec::new();
    for _ in 0..249 {
        let attributes = json!({
            "inquiry-template-id": "itmpl_sandboxKYC", "reference-id": "usr_ABC123",
        });
        let body = json!({"data": {"attributes": attributes}});
        let created = app
            .sandbox(Method::POST, "/api/v1/inquiries", Some(body))
            .await;
        ids.push(created["data"]["id"].as_str().unwrap().to_owned());
    }
    for id in ids {
        let known = StatusUpdate {
            inquiry_id: InquiryId::parse(id).unwrap(),
            owner: Some(ReferenceId::parse("usr_ABC123").unwrap()),
            status: InquiryStatus::Created,
            at: Some(Clock::system().now()),
            source: Source::Click,
            template_version_id: None,
            times: InquiryTimes::default(),
        };
        status_update::apply(&app.store, &known).await.unwrap();
    }
    let before = app.calls().await["list"].as_u64().unwrap();

    ahead.advance(SignedDuration::from_mins(10));
    let (one, other) = (reconciler(&app), reconciler(&app));
    let (one, other) = tokio::join!(one.round(), other.round());
    assert_eq!(one.unwrap().checked + other.unwrap().checked, 250);
    let calls = app.calls().await["list"].as_u64().unwrap() - before;
    assert!((3..=4).contains(&calls), "{calls} calls");
}

/// A Persona with a limit of 120 calls a minute, which has no inquiry and responds with 429 while it is set
/// to; and when it was called.
async fn limited(is_exhausted: bool) -> (String, Arc<Mutex<Vec<Instant>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = calls.clone();
    let app = Router::new().fallback(move || {
        let seen = seen.clone();
        async move {
            seen.lock().unwrap().push(Instant::now());
            let figures = [
                ("ratelimit-limit", "120"),
                ("ratelimit-remaining", "119"),
                ("ratelimit-reset", "60"),
            ];
            if is_exhausted {
                let error = json!({"errors": [{"title": "Rate limit exceeded"}]});
                (StatusCode::TOO_MANY_REQUESTS, figures, Json(error)).into_response()
            } else {
                let nothing = json!({"data": [], "links": {"prev": null, "next": null}});
                (figures, Json(nothing)).into_response()
            }
        }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, calls)
}

/// Makes so many inquiries known that have been silent for ten minutes.
async fn backlog(app: &TestApp, ahead: &MovedClock, count: usize) {
    app.sign_in().await;
    for number in 0..count {
        let known = StatusUpdate {
            inquiry_id: InquiryId::parse(format!("inq_{number}")).unwrap(),
            owner: Some(ReferenceId::parse("usr_ABC123").unwrap()),
            status: InquiryStatus::Created,
            at: Some(Clock::system().now()),
            source: Source::Reconciler,
            template_version_id: None,
            times: InquiryTimes::default(),
        };
        status_update::apply(&app.store, &known).await.unwrap();
    }
    ahead.advance(SignedDuration::from_mins(10));
}

/// A person's call.
async fn call(client: &Client) -> bool {
    let deadline = tokio::time::Instant::now() + Duration::from_millis(500);
    let listed = client.list_inquiries(InquiryFilter::ALL, deadline).await;
    listed.is_ok()
}

#[tokio::test]
async fn the_background_of_all_processes_takes_a_quarter_of_the_limit_evenly_spread() {
    let ahead = MovedClock::default();
    let app = start(&ahead).await;
    backlog(&app, &ahead, 350).await;
    let (url, calls) = limited(false).await;
    let clients = [client(&url), client(&url)];
    for client in &clients {
        assert!(call(client).await, "the limit is known");
    }
    calls.lock().unwrap().clear();

    let [one, other] = clients.map(|client| Reconciler::new(&client, app.store.clone()));
    let (one, other) = tokio::join!(one.round(), other.round());
    assert_eq!(one.unwrap().checked + other.unwrap().checked, 350);
    let calls = calls.lock().unwrap();
    assert!((4..=5).contains(&calls.len()), "{} calls", calls.len());
    // A quarter of 120 a minute is one every two seconds.
    for (before, after) in calls.iter().zip(&calls[1..]) {
        let gap = after.duration_since(*before);
        assert!(gap > Duration::from_millis(1_800), "{gap:?}");
    }
}

#[tokio::test]
async fn the_background_yields_while_people_have_waited() {
    let ahead = MovedClock::default();
    let app = start(&ahead).await;
    backlog(&app, &ahead, 3).await;
    let (url, calls) = limited(true).await;
    let client = client(&url);
    assert!(!call(&client).await, "a click is refused for the limit");
    let before = calls.lock().unwrap().len();

    let reconciler = Reconciler::new(&client, app.store.clone());
    assert_eq!(reconciler.round().await.unwrap(), NOTHING);
    assert_eq!(calls.lock().unwrap().len(), before, "nothing was asked");
    // Neither does any other process.
    let soon = Duration::from_secs(20);
    let turn = app
        .store
        .reserve_background_slot(Duration::from_secs(1), soon);
    assert_eq!(turn.await.unwrap(), None);
    ahead.advance(SignedDuration::from_secs(30));
    let turn = app
        .store
        .reserve_background_slot(Duration::from_secs(1), soon);
    assert_eq!(turn.await.unwrap(), Some(Duration::ZERO));
}
