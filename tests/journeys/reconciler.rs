//! When no webhook comes: the reconciler asks Persona, seldom and about many at once.

use jiff::SignedDuration;
use persona_onboarding::{
    clock::Clock,
    domain::{
        Reconciler, Round,
        mirror::{self, Observation, Source},
    },
    model::{InquiryId, InquiryStatus, ReferenceId},
    persona::{Client, Connection, InquiryTimes},
};
use reqwest::Method;
use serde_json::json;

use crate::support::{MovedClock, Start, TestApp};

async fn start(ahead: &MovedClock) -> TestApp {
    TestApp::start_as(Start {
        clock: ahead.clock(),
        ..Start::default()
    })
    .await
}

fn reconciler(app: &TestApp) -> Reconciler {
    let client = Client::new(&Connection {
        base_url: format!("{}/api/v1", app.sandbox_url).parse().unwrap(),
        api_key: "persona_sandbox_test".to_owned().into(),
        version: "2025-10-27".to_owned(),
    })
    .unwrap();
    Reconciler::new(&client, app.store.clone())
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
    asked: 0,
    drifted: 0,
    unknown: 0,
};

#[tokio::test]
async fn what_no_webhook_told_is_known_after_a_minute_of_silence() {
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
        "heard of just now"
    );
    assert_eq!(status(&app, &id).await, "created");

    ahead.advance(SignedDuration::from_mins(2));
    let round = reconciler.round().await.unwrap();
    assert_eq!((round.asked, round.drifted), (1, 1));
    assert_eq!(status(&app, &id).await, "approved");
    let kept = app.store.find_inquiry(&id).await.unwrap().unwrap();
    assert!(kept.completed_at.is_some() && kept.decided_at.is_some());
}

#[tokio::test]
async fn the_older_the_word_the_seldomer_the_question() {
    let ahead = MovedClock::default();
    let app = start(&ahead).await;
    let reconciler = reconciler(&app);
    click(&app).await;
    let mut questions = Vec::new();
    for minute in 1..=24 * 60 {
        ahead.advance(SignedDuration::from_mins(1));
        if reconciler.round().await.unwrap().asked > 0 {
            questions.push(minute);
        }
    }
    assert!(questions[0] <= 2, "{questions:?}");
    // 1, 2, 4, 8, … and then hourly.
    assert!((25..=35).contains(&questions.len()), "{questions:?}");
    assert_eq!(reconciler.round().await.unwrap(), NOTHING);
}

#[tokio::test]
async fn an_inquiry_that_persona_does_not_know_is_asked_about_no_oftener_than_others() {
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
async fn a_question_that_fails_is_asked_again_in_the_next_round() {
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
        let known = Observation {
            inquiry_id: InquiryId::parse(id).unwrap(),
            owner: Some(ReferenceId::parse("usr_ABC123").unwrap()),
            status: InquiryStatus::Created,
            at: Some(Clock::system().now()),
            source: Source::Click,
            template_version_id: None,
            times: InquiryTimes::default(),
        };
        mirror::apply(&app.store, &known).await.unwrap();
    }
    let before = app.calls().await["list"].as_u64().unwrap();

    ahead.advance(SignedDuration::from_mins(10));
    let (one, other) = (reconciler(&app), reconciler(&app));
    let (one, other) = tokio::join!(one.round(), other.round());
    assert_eq!(one.unwrap().asked + other.unwrap().asked, 250);
    let calls = app.calls().await["list"].as_u64().unwrap() - before;
    assert!((3..=4).contains(&calls), "{calls} calls");
}
