//! The app's database fails: the response says to try again, and the app sends no create request that it
//! has not stored before.

use std::time::Instant;

use reqwest::StatusCode;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use crate::support::TestApp;

async fn connect(app: &TestApp) -> AnyConnection {
    AnyConnection::connect(&app.database_url).await.unwrap()
}

async fn run(connection: &mut AnyConnection, sql: &str) {
    sqlx::query(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap();
}

fn is_postgres(app: &TestApp) -> bool {
    app.database_url.starts_with("postgres:")
}

async fn must_ask_to_try_again(app: &TestApp, cookie: &str) {
    let started = Instant::now();
    let (status, answer) = app.click(cookie).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    assert_eq!(answer["error"]["code"], "try_again");
    assert!(started.elapsed().as_secs() < 15);
    assert_eq!(app.calls().await["create"], 0);
}

async fn must_open(app: &TestApp, cookie: &str) {
    let (status, answer) = app.click(cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(app.inquiries().await.len(), 1);
}

#[tokio::test]
async fn while_the_attempts_are_locked_nothing_is_created() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut holder = connect(&app).await;
    if is_postgres(&app) {
        run(&mut holder, "BEGIN").await;
        run(&mut holder, "LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE").await;
    } else {
        run(&mut holder, "BEGIN IMMEDIATE").await;
    }
    must_ask_to_try_again(&app, &cookie).await;
    run(&mut holder, "ROLLBACK").await;
    must_open(&app, &cookie).await;
}

#[tokio::test]
async fn when_the_attempts_are_gone_nothing_is_created() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut other = connect(&app).await;
    run(
        &mut other,
        "ALTER TABLE attempts RENAME TO attempts_elsewhere",
    )
    .await;
    must_ask_to_try_again(&app, &cookie).await;
    run(
        &mut other,
        "ALTER TABLE attempts_elsewhere RENAME TO attempts",
    )
    .await;
    must_open(&app, &cookie).await;
}

#[tokio::test]
async fn when_no_row_can_be_written_nothing_is_created() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut other = connect(&app).await;
    // As a full disk or a replica does: what is there can be read.
    if is_postgres(&app) {
        run(
            &mut other,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
        )
        .await;
        run(
            &mut other,
            "CREATE TRIGGER full_disk BEFORE INSERT ON attempts EXECUTE FUNCTION refuse()",
        )
        .await;
    } else {
        run(
            &mut other,
            "CREATE TRIGGER full_disk BEFORE INSERT ON attempts \
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        )
        .await;
    }
    must_ask_to_try_again(&app, &cookie).await;
    let on = if is_postgres(&app) {
        " ON attempts"
    } else {
        ""
    };
    run(&mut other, &format!("DROP TRIGGER full_disk{on}")).await;
    must_open(&app, &cookie).await;
}

#[tokio::test]
async fn a_deleted_user_is_signed_out() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    run(&mut connect(&app).await, "DELETE FROM users").await;
    let (status, answer) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["error"]["code"], "signed_out");
    assert_eq!(app.calls().await["list"], 0);
}
