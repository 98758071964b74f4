//! The schema's age: an older program on a newer schema, and commands that change nothing.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use persona_onboarding::{
    base::Clock,
    store::{Cipher, DataKey, Error, Store},
};
use reqwest::{Method, StatusCode};
use sqlx::{AnyConnection, Connection as _};
use tempfile::TempDir;

use crate::{
    accounts::ana,
    data_at_rest::content_of_database,
    support::{Start, TestApp, database_in},
    webhook_sender::{event, send_and_settle},
};

pub const DATA_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

async fn run(url: &str, statements: &[&'static str]) {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    for sql in statements {
        sqlx::query(*sql).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// What a release of the future may do to a schema: expand it.
const FUTURE: [&str; 9] = [
    "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
     VALUES (9998, 'future', TRUE, '', 0), (9999, 'further future', TRUE, '', 0)",
    "ALTER TABLE users ADD COLUMN future TEXT",
    "ALTER TABLE sessions ADD COLUMN future TEXT DEFAULT 'x'",
    "ALTER TABLE attempts ADD COLUMN future TEXT",
    "ALTER TABLE inquiries ADD COLUMN future INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE events ADD COLUMN future TEXT",
    "ALTER TABLE changes ADD COLUMN future TEXT",
    "CREATE TABLE futures (id TEXT PRIMARY KEY NOT NULL)",
    "CREATE INDEX events_by_future ON events (future)",
];

#[tokio::test]
async fn a_program_serves_on_a_schema_of_a_newer_release() {
    let before = TestApp::start().await;
    run(&before.database_url, &FUTURE).await;
    let after = TestApp::start_as(Start {
        beside: Some(&before),
        ..Start::default()
    })
    .await;
    for (app, inquiry) in [(&before, "inq_1"), (&after, "inq_2")] {
        let answer = app.request(Method::GET, "/readyz").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let cookie = app.sign_in().await;
        let (status, answer) = app.click(&cookie).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        send_and_settle(app, &event(inquiry, "inquiry.created", inquiry, 1)).await;
    }
    ana(&after).await;
}

#[tokio::test]
async fn a_schema_without_one_of_our_migrations_is_not_ready() {
    let app = TestApp::start().await;
    // Also if there are newer ones.
    run(&app.database_url, &FUTURE[..1]).await;
    run(
        &app.database_url,
        &["DELETE FROM _sqlx_migrations WHERE version = 3"],
    )
    .await;
    let error = app.store.check().await.unwrap_err();
    assert!(
        matches!(&error, Error::Schema(age) if age.missing == [3] && age.newer == [9998, 9999]),
        "{error:?}"
    );
    let answer = app.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// Runs the program in a folder, with the built-in sandbox and these variables.
pub fn program(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_persona-onboarding"))
        .args(arguments)
        .current_dir(folder)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

pub fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8(text).unwrap()
}

/// All files under a folder, with what is in them.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// Files, and what is in the database.
async fn everything(folder: &TempDir, url: &str) -> (BTreeMap<PathBuf, Vec<u8>>, String) {
    let content = if url.starts_with("postgres") {
        content_of_database(url).await
    } else {
        String::new()
    };
    (files(folder.path()), content)
}

const COMMANDS_THAT_LOOK: [&[&str]; 4] = [
    &["doctor"],
    &["events", "list"],
    &["events", "show", "evt_1"],
    &["events", "replay", "--parked"],
];

#[tokio::test]
async fn commands_on_nothing_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let url = database_in(&folder).await;
    let before = everything(&folder, &url).await;
    for arguments in COMMANDS_THAT_LOOK {
        let output = program(folder.path(), &[("DATABASE_URL", &url)], arguments);
        let said = said(&output);
        assert!(!output.status.success(), "{arguments:?}: {said}");
        assert!(said.contains("migrate"), "{arguments:?}: {said}");
        assert!(everything(&folder, &url).await == before, "{arguments:?}");
    }
}

#[tokio::test]
async fn commands_leave_schema_keys_and_files_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let url = database_in(&folder).await;
    let variables = [("DATABASE_URL", url.as_str()), ("DATA_KEYS", DATA_KEY)];
    let output = program(folder.path(), &variables, &["migrate"]);
    assert!(output.status.success(), "{}", said(&output));
    let before = everything(&folder, &url).await;
    for arguments in COMMANDS_THAT_LOOK {
        let output = program(folder.path(), &variables, arguments);
        let is_there = arguments[1..] != ["show", "evt_1"];
        assert_eq!(output.status.success(), is_there, "{}", said(&output));
        let after = everything(&folder, &url).await;
        if arguments.contains(&"replay") {
            // This command changes events, and SQLite may checkpoint its file at the same time.
            assert!(after.0.keys().eq(before.0.keys()), "{arguments:?}");
            assert!(after.1 == before.1, "{arguments:?}");
        } else {
            assert!(after == before, "{arguments:?}");
        }
    }
}

#[tokio::test]
async fn doctor_reports_the_schema_version_and_does_not_change_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = database_in(&folder).await;
    let variables = [("DATABASE_URL", url.as_str()), ("DATA_KEYS", DATA_KEY)];
    let key = DataKey::parse(DATA_KEY).unwrap();
    let store = Store::open(&url, Cipher::new(&key, &[]), Clock::system());
    store.await.unwrap().close().await;
    let doctor = || {
        let output = program(folder.path(), &variables, &["doctor"]);
        (output.status.success(), said(&output))
    };
    let (is_well, said) = doctor();
    assert!(is_well, "{said}");
    assert!(said.contains("applied: 1, 2, 3, 4"), "{said}");
    assert!(said.contains("missing: none"), "{said}");

    run(&url, &FUTURE[..1]).await;
    let (is_well, said) = doctor();
    assert!(is_well, "{said}");
    assert!(said.contains("newer release: 9998, 9999"), "{said}");

    run(&url, &["DELETE FROM _sqlx_migrations WHERE version = 2"]).await;
    let before = everything(&folder, &url).await;
    let (is_well, said) = doctor();
    assert!(!is_well, "{said}");
    assert!(said.contains("missing: 2"), "{said}");
    assert!(everything(&folder, &url).await == before);
}
