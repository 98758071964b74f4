//! What becomes of events once they are taken in.

use std::process::Command;

use persona_onboarding::{
    model::{InquiryId, ReferenceId},
    store::{Due, EventState, NewEvent},
};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use crate::{
    support::TestApp,
    webhook_sender::{SECRET, event, now, payload, post, send, send_and_settle, settled, sign},
};

async fn status(app: &TestApp, inquiry: &str) -> Option<String> {
    let id = InquiryId::parse(inquiry).unwrap();
    let row = app.store.find_inquiry(&id).await.unwrap();
    row.map(|row| row.status.as_str().to_owned())
}

async fn run(app: &TestApp, sql: &str) {
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
}

#[tokio::test]
async fn events_out_of_order_end_with_the_newest_status() {
    let app = TestApp::start().await;
    app.sign_in().await;
    for (id, name, second, expected, state) in [
        (
            "evt_3",
            "inquiry.completed",
            3,
            "completed",
            EventState::Applied,
        ),
        (
            "evt_1",
            "inquiry.created",
            1,
            "completed",
            EventState::Outdated,
        ),
        (
            "evt_5",
            "inquiry.approved",
            5,
            "approved",
            EventState::Applied,
        ),
        (
            "evt_4",
            "inquiry.declined",
            4,
            "approved",
            EventState::Outdated,
        ),
        (
            "evt_2",
            "inquiry.started",
            2,
            "approved",
            EventState::Outdated,
        ),
        (
            "evt_6",
            "inquiry.declined",
            6,
            "declined",
            EventState::Applied,
        ),
    ] {
        let row = send_and_settle(&app, &event(id, name, "inq_1", second)).await;
        assert_eq!(row.state, state, "{id}");
        assert_eq!(
            status(&app, "inq_1").await.as_deref(),
            Some(expected),
            "{id}"
        );
    }
}

#[tokio::test]
async fn an_event_before_the_response_to_the_create_is_applied() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    // The event arrives before the click has received the response to its create request.
    let (_, answer) = app.click(&cookie).await;
    let id = answer["inquiry_id"].as_str().unwrap().to_owned();
    run(&app, "DELETE FROM inquiries").await;
    app.begin(&id).await;
    let row = send_and_settle(&app, &event("evt_1", "inquiry.started", &id, 2)).await;
    assert_eq!(row.state, EventState::Applied);
    assert_eq!(status(&app, &id).await.as_deref(), Some("pending"));
    // The click after it agrees: one inquiry.
    let (_, answer) = app.click(&cookie).await;
    assert_eq!(answer["inquiry_id"], id.as_str());
    assert_eq!(app.inquiries().await.len(), 1);
}

#[tokio::test]
async fn ids_and_names_of_any_form_are_accepted() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let id = "0196d4f1-9a3c-7c11-8f6e-1d2c3b4a5f60";
    let row = send_and_settle(&app, &event(id, "inquiry.approved", "7f3e", 1)).await;
    assert_eq!((row.id.as_str(), row.state), (id, EventState::Applied));
    assert_eq!(status(&app, "7f3e").await.as_deref(), Some("approved"));

    let mut report = event("evt_report", "report/adverse-media.ready", "rep_1", 1);
    payload(&mut report)["type"] = json!("report/adverse-media");
    let row = send_and_settle(&app, &report).await;
    assert_eq!(row.state, EventState::Ignored);
    assert_eq!(row.name, "report/adverse-media.ready");
}

#[tokio::test]
async fn a_foreign_event_is_stored_and_changes_nothing() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let mut foreign_template = event("evt_template", "inquiry.created", "inq_1", 1);
    payload(&mut foreign_template)["relationships"]["inquiry-template"]["data"]["id"] =
        json!("itmpl_other");
    let mut foreign_user = event("evt_user", "inquiry.created", "inq_1", 1);
    payload(&mut foreign_user)["attributes"]["reference-id"] = json!("customer-7");
    let unknown = event("evt_unknown", "inquiry.celebrated", "inq_1", 1);
    let session = event("evt_session", "inquiry-session.started", "inq_1", 1);
    let mut case = event("evt_case", "case.created", "inq_1", 1);
    payload(&mut case)["type"] = json!("case");
    for (event, reason) in [
        (&foreign_template, "another template"),
        (&foreign_user, "reference ID"),
        (&unknown, "does not use events of this name"),
        (&session, "does not use events of this name"),
        (&case, "its subject is not an inquiry"),
    ] {
        let row = send_and_settle(&app, event).await;
        assert_eq!(row.state, EventState::Ignored, "{}", row.id);
        assert!(row.reason.unwrap().contains(reason), "{}", row.id);
    }
    assert_eq!(status(&app, "inq_1").await, None);

    // An inquiry that is known stays ours, whatever template is asked for today.
    send_and_settle(&app, &event("evt_1", "inquiry.created", "inq_1", 1)).await;
    let mut known = foreign_template.clone();
    known["data"]["id"] = json!("evt_2");
    known["data"]["attributes"]["created-at"] = json!("2026-01-05T11:00:00Z");
    payload(&mut known)["attributes"]["status"] = json!("paused");
    let row = send_and_settle(&app, &known).await;
    assert_eq!(row.state, EventState::Applied);
    assert_eq!(status(&app, "inq_1").await.as_deref(), Some("paused"));
}

#[tokio::test]
async fn an_event_of_a_deleted_user_is_parked_and_can_be_replayed() {
    let app = TestApp::start().await;
    app.sign_in().await;
    send_and_settle(&app, &event("evt_1", "inquiry.created", "inq_1", 1)).await;
    run(&app, "DELETE FROM users").await;
    let mut silent = event("evt_3", "inquiry.completed", "inq_1", 3);
    payload(&mut silent)["attributes"]["reference-id"] = json!(null);
    for (event, reason) in [
        (
            &event("evt_2", "inquiry.approved", "inq_1", 2),
            "no user has the reference ID",
        ),
        (&silent, "no reference ID that names the owner"),
    ] {
        let row = send_and_settle(&app, event).await;
        assert_eq!(row.state, EventState::Parked);
        assert!(row.reason.unwrap().contains(reason));
    }
    assert_eq!(status(&app, "inq_1").await, None);

    // The user is there again, under the same ID.
    app.sign_in().await;
    assert!(app.store.replay_event("evt_2").await.unwrap());
    assert_eq!(settled(&app, "evt_2").await.state, EventState::Applied);
    assert_eq!(status(&app, "inq_1").await.as_deref(), Some("approved"));
    assert!(!app.store.replay_event("evt_none").await.unwrap());
}

#[tokio::test]
async fn an_event_is_applied_with_its_arrival_unless_that_would_wait_for_a_lock() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let approved = event("evt_1", "inquiry.approved", "inq_1", 1);
    let stored = async || app.store.find_event("evt_1").await.unwrap().unwrap().state;
    if app.store.has_one_writer() {
        assert_eq!(send(&app, &approved).await, StatusCode::OK);
        assert_eq!(stored().await, EventState::Applied);
    } else {
        // Another process is writing an inquiry of the same user.
        let mut holder = app.store.begin_sync().await.unwrap();
        let alexander = ReferenceId::parse("usr_ABC123").unwrap();
        assert!(holder.lock_user(&alexander).await.unwrap());
        assert_eq!(send(&app, &approved).await, StatusCode::OK);
        assert_eq!(stored().await, EventState::Waiting);
        holder.rollback().await.unwrap();
        assert_eq!(settled(&app, "evt_1").await.state, EventState::Applied);
    }
    assert_eq!(status(&app, "inq_1").await.as_deref(), Some("approved"));
}

#[tokio::test]
async fn a_failed_event_is_retried_and_delays_no_other() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let is_postgres = app.database_url.starts_with("postgres:");
    if is_postgres {
        run(
            &app,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'no'; END $$",
        )
        .await;
        run(
            &app,
            "CREATE TRIGGER refusal BEFORE INSERT ON inquiries FOR EACH ROW \
             WHEN (NEW.id = 'inq_bad') EXECUTE FUNCTION refuse()",
        )
        .await;
    } else {
        run(
            &app,
            "CREATE TRIGGER refusal BEFORE INSERT ON inquiries WHEN NEW.id = 'inq_bad' \
             BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
        .await;
    }
    send(&app, &event("evt_bad", "inquiry.created", "inq_bad", 1)).await;
    for number in 0..10 {
        let event = event(
            &format!("evt_{number}"),
            "inquiry.created",
            &format!("inq_{number}"),
            1,
        );
        assert_eq!(
            send_and_settle(&app, &event).await.state,
            EventState::Applied
        );
    }
    let row = app.store.find_event("evt_bad").await.unwrap().unwrap();
    assert_eq!(row.state, EventState::Waiting);
    assert!(row.tries >= 1 && row.reason.is_some(), "{row:?}");
    let on = if is_postgres { " ON inquiries" } else { "" };
    run(&app, &format!("DROP TRIGGER refusal{on}")).await;
    assert_eq!(settled(&app, "evt_bad").await.state, EventState::Applied);
}

#[tokio::test]
async fn an_event_that_never_works_is_parked_in_the_end() {
    let app = TestApp::start().await;
    app.sign_in().await;
    // Nobody works on what is due tomorrow: these tries are the test's.
    send_and_settle(&app, &event("evt_1", "inquiry.created", "inq_1", 1)).await;
    run(
        &app,
        "UPDATE events SET state = 'waiting', settled_at = NULL, due_at = 9999999999999",
    )
    .await;
    for _ in 0..3 {
        let due_at = 9_999_999_999_999;
        let postponed = app.store.postpone_event("evt_1", "no luck", due_at, 3);
        postponed.await.unwrap();
    }
    let row = app.store.find_event("evt_1").await.unwrap().unwrap();
    assert_eq!((row.state, row.tries), (EventState::Parked, 3));
    assert_eq!(row.reason.as_deref(), Some("no luck"));
}

#[tokio::test]
async fn a_worker_that_crashes_in_the_middle_has_changed_nothing() {
    let app = TestApp::start().await;
    app.sign_in().await;
    send_and_settle(&app, &event("evt_1", "inquiry.created", "inq_1", 1)).await;
    // A worker takes it again and settles it, and never gets to the commit.
    let mut dying = app.store.begin_sync().await.unwrap();
    dying
        .settle_events(&["evt_1".to_owned()], EventState::Waiting, None)
        .await
        .unwrap();
    let taken = dying.claim_due_events(Due::One("evt_1")).await.unwrap();
    assert_eq!(taken.len(), 1);
    dying
        .settle_events(&["evt_1".to_owned()], EventState::Parked, Some("half done"))
        .await
        .unwrap();
    drop(dying);
    assert_eq!(settled(&app, "evt_1").await.state, EventState::Applied);
}

#[tokio::test]
async fn the_event_bodies_of_a_redacted_inquiry_are_erased() {
    let app = TestApp::start().await;
    app.sign_in().await;
    send_and_settle(&app, &event("evt_1", "inquiry.approved", "inq_1", 1)).await;
    let other = event("evt_2", "inquiry.approved", "inq_2", 1);
    send_and_settle(&app, &other).await;
    let mut redacted = event("evt_3", "inquiry.redacted", "inq_1", 3);
    payload(&mut redacted)["attributes"]["redacted-at"] = json!("2026-01-05T10:00:03.000Z");
    let row = send_and_settle(&app, &redacted).await;
    assert_eq!((row.state, row.has_body), (EventState::Applied, false));
    assert!(!settled(&app, "evt_1").await.has_body);
    assert!(settled(&app, "evt_2").await.has_body);
    // Also of one that comes late. The status stays what it was.
    let late = event("evt_4", "inquiry.started", "inq_1", 0);
    assert!(!send_and_settle(&app, &late).await.has_body);
    assert_eq!(status(&app, "inq_1").await.as_deref(), Some("approved"));
    assert!(!app.store.replay_event("evt_1").await.unwrap());
}

#[tokio::test]
async fn the_bodies_of_old_events_are_erased() {
    let app = TestApp::start().await;
    app.sign_in().await;
    send_and_settle(&app, &event("evt_1", "inquiry.approved", "inq_1", 1)).await;
    let received_at = settled(&app, "evt_1").await.received_at;
    assert_eq!(
        app.store
            .erase_event_bodies_before(received_at)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        app.store
            .erase_event_bodies_before(received_at + 1)
            .await
            .unwrap(),
        1
    );
    let row = settled(&app, "evt_1").await;
    assert_eq!((row.state, row.has_body), (EventState::Applied, false));
}

#[tokio::test]
async fn the_bodies_of_very_many_old_events_are_erased_in_batches() {
    let app = TestApp::start().await;
    let events: Vec<_> = (0..2_500)
        .map(|number| NewEvent {
            id: format!("evt_{number}"),
            name: "inquiry.created".to_owned(),
            inquiry_id: None,
            happened_at: None,
            body: b"{}".to_vec(),
            parked: Some("a test".to_owned()),
        })
        .collect();
    app.store.add_events(&events).await.unwrap();
    let erased = app
        .store
        .erase_event_bodies_before(app.store.now_ms() + 1)
        .await;
    assert_eq!(erased.unwrap(), 2_500);
    assert_eq!(app.store.count_events().await.unwrap().parked, 2_500);
}

/// Runs `persona-onboarding events …` on the app's database.
fn events(app: &TestApp, arguments: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_persona-onboarding"))
        .arg("events")
        .args(arguments)
        .current_dir(&folder)
        .env("DATABASE_URL", &app.database_url)
        .env("DATA_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn an_operator_finds_parked_events_and_replays_them() {
    let app = TestApp::start().await;
    let parked = event("evt_1", "inquiry.approved", "inq_1", 1);
    send_and_settle(&app, &parked).await;
    let body = b"Alexander is no JSON";
    post(&app, body, &sign(SECRET, now(), body)).await;
    app.sign_in().await;
    send_and_settle(&app, &event("evt_2", "inquiry.created", "inq_2", 1)).await;

    let (works, text) = events(&app, &["list", "--parked"]);
    assert!(works, "{text}");
    assert!(text.contains("evt_1") && text.contains("sha256:"), "{text}");
    assert!(
        text.contains("no user has the reference ID of its inquiry"),
        "{text}"
    );
    assert!(!text.contains("evt_2"), "{text}");
    assert!(events(&app, &["list"]).1.contains("evt_2"));

    let (works, text) = events(&app, &["show", "evt_1"]);
    assert!(works && text.contains("inquiry.approved"), "{text}");
    assert!(text.contains("inq_1") && text.contains("parked"), "{text}");
    assert!(!text.contains("Alexander"), "{text}");

    let (works, text) = events(&app, &["replay", "evt_1"]);
    assert!(works, "{text}");
    assert_eq!(settled(&app, "evt_1").await.state, EventState::Applied);
    assert_eq!(status(&app, "inq_1").await.as_deref(), Some("approved"));

    // What still cannot be read is parked again.
    let (works, text) = events(&app, &["replay", "--parked"]);
    assert!(works && text.contains("sha256:"), "{text}");
    for arguments in [["show", "evt_none"], ["replay", "evt_none"]] {
        let (works, text) = events(&app, &arguments);
        assert!(!works && text.contains("evt_none"), "{text}");
    }
    assert!(!events(&app, &["replay"]).0);
}
