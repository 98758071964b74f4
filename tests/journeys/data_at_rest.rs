//! What a thief of the database would read, and the keys that are between.

use jiff::SignedDuration;
use persona_onboarding::store::RetireOutcome;
use reqwest::StatusCode;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use crate::{
    accounts::{PASSWORD, ana, cookie, is_signed_in, sign_in, sign_up},
    support::{MovedClock, Start, TestApp},
};

#[tokio::test]
async fn the_database_contains_no_personal_data_in_plain_text() {
    let app = TestApp::start().await;
    let cookie = ana(&app).await;
    app.sign_in().await;
    app.click(&cookie).await;
    sign_in(&app, "bob@example.com", "three cats at the lake").await;
    let text = content_of_database(&app.database_url).await;
    // What is there is found, so what is not found is not there.
    assert!(text.contains("usr_") && text.contains("argon2id"));
    for personal in [
        "Núñez",
        "1990-05-17",
        "example.com",
        "Alexander",
        "Sample",
        "1977-08-31",
        PASSWORD,
    ] {
        assert!(!text.contains(personal), "{personal} can be read");
    }
}

/// All that a thief of the database would read.
pub async fn content_of_database(url: &str) -> String {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let files = ["", "-wal"].map(|suffix| std::fs::read(format!("{path}{suffix}")).unwrap());
        return String::from_utf8_lossy(&files.concat()).into_owned();
    }
    let mut database = AnyConnection::connect(url).await.unwrap();
    sqlx::query("SET bytea_output = 'escape'")
        .execute(&mut database)
        .await
        .unwrap();
    let tables: Vec<(String,)> = sqlx::query_as(
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
         WHERE table_schema = 'public'",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    let mut text = String::new();
    for (table,) in tables {
        let sql = format!("SELECT CAST(t AS TEXT) FROM {table} t");
        let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_all(&mut database)
            .await
            .unwrap();
        text.extend(rows.into_iter().map(|(row,)| row));
    }
    text
}

#[tokio::test]
async fn data_keys_rotate_without_an_interruption() {
    let old = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let new = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";
    let first = TestApp::start_with(&[("DATA_KEYS", old)]).await;
    let retired = async |app: &TestApp| {
        let retired = app.store.retire_older_keys().await.unwrap();
        matches!(retired, RetireOutcome::Retired(ids) if !ids.is_empty())
    };
    // An hour later: the same form a moment later would be a double click.
    let later = MovedClock::default();
    later.advance(SignedDuration::from_hours(1));
    let app_with = async |keys: &str| {
        let start = Start {
            variables: &[("DATA_KEYS", keys)],
            clock: later.clock(),
            beside: Some(&first),
        };
        TestApp::start_as(start).await
    };
    ana(&first).await;

    // Both are known: the account is found by the old one, and cannot be made twice.
    let app = app_with(&format!("{new},{old}")).await;
    assert_eq!(
        sign_up(&app).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let moved = app.store.reseal_all().await.unwrap();
    assert_eq!(moved, 1);
    assert_eq!(app.store.reseal_all().await.unwrap(), 0);
    first.store.close().await;
    assert!(retired(&app).await);
    app.store.close().await;

    let app = app_with(new).await;
    let answer = sign_in(&app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(is_signed_in(&app, &cookie(&answer)).await);
    assert_eq!(
        sign_up(&app).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );

    // A user who was only met is sealed with the newest key, too.
    app.store.close().await;
    let third = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
    let app = app_with(&format!("{third},{new}")).await;
    assert!(is_signed_in(&app, &cookie(&answer)).await);
    assert_eq!(app.store.reseal_all().await.unwrap(), 0);
    assert!(retired(&app).await);
    let app = app_with(third).await;
    assert!(is_signed_in(&app, &cookie(&answer)).await);
}
