//! `DATA_KEYS` that are not those of the database, and the end of older ones.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use persona_onboarding::{
    base::Clock,
    store::{Cipher, DataKey, Error, OpenError, RetireOutcome, Store},
};
use reqwest::{Method, StatusCode};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use crate::{
    accounts::{ana, sign_up},
    ports::free_port,
    schema::{DATA_KEY, program, said},
    site::stub_site,
    support::TestApp,
};

const OTHER_KEY: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

async fn run(app: &TestApp, sql: &str) {
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    let sql = format!("SELECT COUNT(*) FROM {table}");
    let (count,) = sqlx::query_as(AssertSqlSafe(sql))
        .fetch_one(&mut connection)
        .await
        .unwrap();
    count
}

async fn open(app: &TestApp, keys: &[&str]) -> Result<Store, OpenError> {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| DataKey::parse(key).unwrap())
        .collect();
    Store::open(&app.database_url, Cipher::from_keys(&keys), Clock::system()).await
}

#[tokio::test]
async fn a_process_whose_keys_do_not_open_the_data_does_not_start() {
    let app = TestApp::start().await;
    ana(&app).await;
    for is_upgraded in [false, true] {
        if is_upgraded {
            // As a release leaves it that knew no canaries.
            run(&app, "DELETE FROM data_keys").await;
        }
        let error = open(&app, &[OTHER_KEY]).await.unwrap_err();
        assert!(matches!(error, OpenError::UnknownKey(_)), "{error:?}");
    }
    open(&app, &[DATA_KEY]).await.unwrap().close().await;

    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("DATABASE_URL", app.database_url.as_str()),
        ("DATA_KEYS", OTHER_KEY),
        ("SANDBOX_STATE", "memory"),
    ];
    let (site, sandbox) = (free_port(), free_port());
    let (site, sandbox) = (format!("127.0.0.1:{site}"), format!("127.0.0.1:{sandbox}"));
    let files = stub_site(folder.path());
    let serving = [
        ("LEPTOS_SITE_ROOT", files.to_str().unwrap()),
        variables[0],
        variables[1],
        variables[2],
        ("LEPTOS_SITE_ADDR", &site),
        ("SANDBOX_ADDR", &sandbox),
    ];
    for (variables, command) in [(&variables[..], "doctor"), (&serving[..], "serve")] {
        let output = program(folder.path(), variables, &[command]);
        let said = said(&output);
        assert!(!output.status.success(), "{command}: {said}");
        assert!(said.contains("DATA_KEYS"), "{command}: {said}");
        assert!(said.contains("add that key"), "{command}: {said}");
    }
}

#[tokio::test]
async fn where_no_key_opens_anything_the_process_is_not_ready_and_adds_no_account() {
    let app = TestApp::start().await;
    ana(&app).await;
    // As if the database had been exchanged under the running process.
    run(&app, "DELETE FROM email_digests").await;
    run(&app, "UPDATE data_keys SET key_id = '00000000'").await;
    let error = app.store.check().await.unwrap_err();
    assert!(matches!(error, Error::NoKeyOpens), "{error:?}");
    let answer = app.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let users = count(&app, "users").await;
    assert_eq!(
        sign_up(&app).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(count(&app, "users").await, users);
}

#[tokio::test]
async fn an_older_key_is_needed_until_no_process_seals_with_it() {
    let app = TestApp::start().await;
    ana(&app).await;
    let rotated = open(&app, &[OTHER_KEY, DATA_KEY]).await.unwrap();
    rotated.reseal_all().await.unwrap();
    let still = RetireOutcome::StillInUse(1);
    assert_eq!(rotated.retire_older_keys().await.unwrap(), still);
    // The other process still seals with the old key, so the old key is still needed.
    app.sign_up("bo@example.com").await;
    let error = open(&app, &[OTHER_KEY]).await.unwrap_err();
    assert!(matches!(error, OpenError::UnknownKey(_)), "{error:?}");

    app.store.close().await;
    assert_eq!(rotated.reseal_all().await.unwrap(), 1);
    let retired = rotated.retire_older_keys().await.unwrap();
    assert!(matches!(&retired, RetireOutcome::Retired(ids) if ids.len() == 1));
    open(&app, &[OTHER_KEY]).await.unwrap().close().await;
    // The way back: it is in use again.
    open(&app, &[DATA_KEY, OTHER_KEY]).await.unwrap();
    let error = open(&app, &[OTHER_KEY]).await.unwrap_err();
    assert!(matches!(error, OpenError::UnknownKey(_)), "{error:?}");
}

#[tokio::test]
async fn the_log_names_the_keys_that_are_needed_no_more_only_when_they_are() {
    let app = TestApp::start().await;
    ana(&app).await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let port = free_port();
    let mut rotated = Command::new(env!("CARGO_BIN_EXE_persona-onboarding"))
        .current_dir(folder.path())
        .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
        .env("LEPTOS_SITE_ROOT", stub_site(folder.path()))
        .env("DATABASE_URL", &app.database_url)
        .env("DATA_KEYS", format!("{OTHER_KEY},{DATA_KEY}"))
        .env("PERSONA_API_KEY", "persona_sandbox_test")
        .env("PERSONA_API_URL", &app.sandbox_url)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&log).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let says = async |text: &str| {
        for _ in 0..300 {
            if std::fs::read_to_string(&log).unwrap().contains(text) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    };
    let still_in_use = says("other processes still seal with another key").await;
    app.sign_up("bo@example.com").await;
    let too_early = std::fs::read_to_string(&log).unwrap();
    app.store.close().await;
    let retired = says("are no longer needed").await;
    rotated.kill().unwrap();
    rotated.wait().unwrap();
    assert!(still_in_use && !too_early.contains("no more") && retired);
    open(&app, &[OTHER_KEY]).await.unwrap();
}
