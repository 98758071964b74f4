//! Readiness proves a write, and a database that does not commit is not filled with connections.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, PgConnection};

use crate::{
    accounts::{PASSWORD, form},
    postgres,
    support::TestApp,
};

/// How long anything may take until it shows.
const MAX_WAIT: Duration = Duration::from_secs(30);

async fn readiness(app: &TestApp) -> StatusCode {
    let answer = app.request(Method::GET, "/readyz").send().await.unwrap();
    answer.status()
}

async fn becomes(app: &TestApp, status: StatusCode) {
    let waiting = async {
        while readiness(app).await != status {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let waited = tokio::time::timeout(MAX_WAIT, waiting).await;
    assert!(waited.is_ok(), "/readyz does not become {status}");
}

async fn run(connection: &mut AnyConnection, sql: &str) {
    sqlx::query(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap();
}

/// Lets a setting of the test's database take effect on all connections.
async fn reconnect(connection: &mut AnyConnection) {
    let end = "SELECT COUNT(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    run(connection, end).await;
}

fn database_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_database_that_takes_no_write_is_not_ready() {
    let app = TestApp::start().await;
    assert_eq!(readiness(&app).await, StatusCode::OK);
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    if app.database_url.starts_with("postgres") {
        let name = database_of(&app.database_url);
        let read_only = "SET default_transaction_read_only = on";
        run(
            &mut connection,
            &format!("ALTER DATABASE {name} {read_only}"),
        )
        .await;
        reconnect(&mut connection).await;
        becomes(&app, StatusCode::SERVICE_UNAVAILABLE).await;
        let writable = "RESET default_transaction_read_only";
        run(
            &mut connection,
            &format!("ALTER DATABASE {name} {writable}"),
        )
        .await;
        reconnect(&mut connection).await;
    } else {
        // Reading goes on in SQLite while somebody else writes, and does not stop.
        run(&mut connection, "BEGIN IMMEDIATE").await;
        becomes(&app, StatusCode::SERVICE_UNAVAILABLE).await;
        run(&mut connection, "ROLLBACK").await;
    }
    becomes(&app, StatusCode::OK).await;
}

/// As long as no standby answers, each commit waits, also when nobody waits for it any more.
#[tokio::test]
async fn commits_that_wait_for_a_standby_do_not_fill_the_server() {
    const POOL_SIZE: i64 = 6;
    let url = postgres::fresh_database().await;
    let size = POOL_SIZE.to_string();
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("DATABASE_POOL_SIZE", &size),
    ];
    let app = TestApp::start_with(&variables).await;
    let mut observer = PgConnection::connect(&url).await.unwrap();
    let mut admin = AnyConnection::connect(&url).await.unwrap();
    let name = database_of(&url);
    // The tests' Postgres has no standby: with this setting each commit waits for one.
    run(
        &mut admin,
        &format!("ALTER DATABASE {name} SET synchronous_commit = on"),
    )
    .await;
    reconnect(&mut admin).await;
    // The observer's was ended, too.
    drop(observer);
    observer = PgConnection::connect(&url).await.unwrap();

    let mut largest = 0;
    let mut stuck = 0;
    for number in 0..60 {
        // Each leaves before it has an answer, as behind a proxy with little patience.
        let email = format!("user{number}@example.com");
        let request = form(
            &app,
            "/sign-in",
            &[("email", &email), ("password", PASSWORD)],
        );
        tokio::spawn(request.timeout(Duration::from_millis(700)).send());
        tokio::time::sleep(Duration::from_millis(200)).await;
        let (all, waiting): (i64, i64) = sqlx::query_as(
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE wait_event = 'SyncRep') FROM pg_stat_activity \
             WHERE datname = current_database() AND backend_type = 'client backend'",
        )
        .fetch_one(&mut observer)
        .await
        .unwrap();
        // Two are this test's.
        largest = largest.max(all - 2);
        stuck = stuck.max(waiting);
    }
    assert!(stuck > 1, "no commit waited");
    assert!(largest <= POOL_SIZE, "{largest} connections");
    becomes(&app, StatusCode::SERVICE_UNAVAILABLE).await;

    run(
        &mut admin,
        &format!("ALTER DATABASE {name} RESET synchronous_commit"),
    )
    .await;
    drop(observer);
    reconnect(&mut admin).await;
    becomes(&app, StatusCode::OK).await;
}
