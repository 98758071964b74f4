//! The activity log of clicks and of calls to Persona, which never makes a click fail.

use std::time::Duration;

use persona_onboarding::{
    model::ReferenceId,
    store::{ActivityKind, ActivityRow},
};
use reqwest::StatusCode;
use sqlx::{AnyConnection, Connection as _};

use crate::support::TestApp;

/// The demo user's activity, the oldest first, once there are this many rows.
async fn activity(app: &TestApp, count: usize) -> Vec<ActivityRow> {
    let user = ReferenceId::parse("usr_ABC123").unwrap();
    let rows = async {
        loop {
            let mut rows = app.store.list_activity(&user, 100).await.unwrap();
            if rows.len() >= count {
                rows.sort_by_key(|row| (row.at, row.kind == ActivityKind::Call));
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), rows)
        .await
        .unwrap()
}

fn names(rows: &[ActivityRow]) -> Vec<&str> {
    rows.iter().map(|row| row.what.as_str()).collect()
}

#[tokio::test]
async fn a_click_is_recorded_with_its_calls_and_their_request_ids() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (_, answer) = app.click(&cookie).await;
    let rows = activity(&app, 3).await;
    assert_eq!(
        names(&rows),
        ["get or create", "list inquiries", "create inquiry"]
    );
    for row in &rows {
        let id = row.inquiry_id.as_ref().unwrap().as_str();
        assert_eq!(id, answer["inquiry_id"].as_str().unwrap());
        assert_eq!(row.failure, None);
    }
    assert_eq!(rows[0].kind, ActivityKind::Click);
    for call in &rows[1..] {
        assert_eq!(call.kind, ActivityKind::Call);
        assert!(call.request_id.as_ref().unwrap().starts_with("req"));
    }
    assert_eq!(rows[2].http_status, Some(201));
}

#[tokio::test]
async fn a_failed_click_names_the_request_that_failed_it() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    app.fault("list", "status:500", 10).await;
    let (status, _) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    let rows = activity(&app, 2).await;
    assert_eq!(rows[0].kind, ActivityKind::Click);
    assert_eq!(rows[0].failure.as_deref(), Some("unavailable"));
    assert_eq!(rows[0].inquiry_id, None);
    let last = rows.last().unwrap();
    assert_eq!(last.http_status, Some(500));
    assert_eq!(rows[0].request_id, last.request_id);
    let failed = app.store.list_failed_clicks(10).await.unwrap();
    assert_eq!(failed, rows[..1]);
}

#[tokio::test]
async fn a_click_succeeds_when_its_activity_cannot_be_stored() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    sqlx::query("DROP TABLE activity")
        .execute(&mut connection)
        .await
        .unwrap();
    for _ in 0..2 {
        let (status, _) = app.click(&cookie).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn old_activity_is_deleted_and_new_is_kept() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    app.click(&cookie).await;
    let rows = activity(&app, 3).await;
    let before = rows[0].at;
    assert_eq!(app.store.delete_activity_before(before).await.unwrap(), 0);
    let after = rows[2].at + 1;
    assert_eq!(app.store.delete_activity_before(after).await.unwrap(), 3);
}
