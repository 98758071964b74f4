//! Deletion of old rows: sign-ins never delete them, and all of them are deleted in the end.

use persona_onboarding::{
    app,
    base::Clock,
    model::{InquiryId, ReferenceId},
};
use reqwest::StatusCode;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use crate::{
    accounts::{PASSWORD, ana, sign_in},
    support::TestApp,
};

/// More than one portion.
const OLD_ROWS: i64 = 2_500;

async fn connect(app: &TestApp) -> AnyConnection {
    AnyConnection::connect(&app.database_url).await.unwrap()
}

async fn run(connection: &mut AnyConnection, sql: &str) {
    sqlx::query(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap();
}

async fn count(connection: &mut AnyConnection, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    let (count,) = sqlx::query_as(AssertSqlSafe(sql))
        .fetch_one(connection)
        .await
        .unwrap();
    count
}

/// A sequence of numbers that both databases can make.
fn numbers(count: i64) -> String {
    format!(
        "WITH RECURSIVE numbers (n) AS \
         (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
    )
}

/// As an attack leaves them that is over for two days.
async fn add_old_rows(connection: &mut AnyConnection) {
    let numbers = numbers(OLD_ROWS);
    for sql in [
        "INSERT INTO sign_in_failures (email_digest, failures, last_failed_at, paused_until) \
         {numbers} SELECT 'old-' || n, 10, 1000 + n, 0 FROM numbers",
        "INSERT INTO login_throttles \
         (email_digest, scope, failures, last_failed_at, paused_until) \
         {numbers} SELECT 'old-' || n, '', 10, 1000 + n, 0 FROM numbers",
        "INSERT INTO sessions \
         (id_digest, public_id, data, created_at, last_seen_at, expires_at) \
         {numbers} SELECT 'old-' || n, 'old-' || n, '{}', 1000, 1000, 2000 + n FROM numbers",
        "INSERT INTO activity (user_id, at, kind, what, elapsed_ms) \
         {numbers} SELECT 'usr_1', 1000 + n, 'click', 'get or create', 1 FROM numbers",
    ] {
        run(connection, &sql.replace("{numbers}", &numbers)).await;
    }
}

#[tokio::test]
async fn a_sign_in_needs_nothing_to_be_deleted() {
    let app = TestApp::start().await;
    ana(&app).await;
    let mut connection = connect(&app).await;
    add_old_rows(&mut connection).await;
    if app.database_url.starts_with("postgres") {
        run(
            &mut connection,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'no deletion'; END $$",
        )
        .await;
    }
    for table in ["login_throttles", "sign_in_failures", "sessions"] {
        let action = if app.database_url.starts_with("postgres") {
            "FOR EACH ROW EXECUTE FUNCTION refuse()"
        } else {
            "BEGIN SELECT RAISE(ABORT, 'no deletion'); END"
        };
        let trigger = format!("CREATE TRIGGER no_{table} BEFORE DELETE ON {table} {action}");
        run(&mut connection, &trigger).await;
    }
    let answer = sign_in(&app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    // Wrong ones are answered as ever, too.
    let answer = sign_in(&app, "ana@example.com", "three cats at the lake").await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // What cannot be deleted does not stop the rest.
    app::delete_old_rows(&app.store, &Clock::system()).await;
    assert_eq!(count(&mut connection, "activity").await, 0);
}

#[tokio::test]
async fn all_old_rows_are_deleted_and_no_others() {
    let app = TestApp::start().await;
    let cookie = ana(&app).await;
    sign_in(&app, "ana@example.com", "three cats at the lake").await;
    let mut connection = connect(&app).await;
    let sessions = count(&mut connection, "sessions").await;
    add_old_rows(&mut connection).await;
    app::delete_old_rows(&app.store, &Clock::system()).await;
    assert_eq!(count(&mut connection, "sign_in_failures").await, 0);
    // The one that is under way: of its origin, and of all strangers.
    assert_eq!(count(&mut connection, "login_throttles").await, 2);
    assert_eq!(count(&mut connection, "sessions").await, sessions);
    assert_eq!(count(&mut connection, "activity").await, 0);
    let (status, answer) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[tokio::test]
async fn a_long_history_keeps_its_newest_entries() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (_, answer) = app.click(&cookie).await;
    let id = answer["inquiry_id"].as_str().unwrap();
    let mut connection = connect(&app).await;
    let numbers = numbers(300);
    for sql in [
        "INSERT INTO changes \
         (inquiry_id, user_id, status, happened_at, noticed_at, source) \
         {numbers} SELECT '{id}', 'usr_ABC123', 'pending', n, n, 'event' FROM numbers",
        "INSERT INTO events \
         (id, name, inquiry_id, happened_at, received_at, state, tries, due_at) \
         {numbers} SELECT 'evt_' || n, 'inquiry.started', '{id}', n, n, 'applied', 0, 0 \
         FROM numbers",
    ] {
        let sql = sql.replace("{numbers}", &numbers).replace("{id}", id);
        run(&mut connection, &sql).await;
    }
    let user = ReferenceId::parse("usr_ABC123").unwrap();
    let id = InquiryId::parse(id).unwrap();
    let newest: Vec<i64> = (101..=300).collect();
    let changes = app.store.list_changes(&user, &id).await.unwrap();
    let changes: Vec<_> = changes.iter().map(|change| change.happened_at).collect();
    assert_eq!(changes, newest);
    let events = app.store.list_event_names(&user, &id).await.unwrap();
    let events: Vec<_> = events.iter().map(|event| event.happened_at).collect();
    assert_eq!(events, newest);
}
