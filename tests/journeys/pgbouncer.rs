//! Behind PgBouncer: with a session for each connection everything works, otherwise nothing starts.
//!
//! About connections to Postgres, so it runs whatever the other journeys run on. PgBouncer is
//! installed by `script/setup test`.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use persona_onboarding::{
    base::Clock,
    store::{Cipher, DataKey, OpenError, Store},
};
use reqwest::{Method, StatusCode};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

use crate::{
    accounts::ana,
    ports::free_port,
    postgres,
    schema::{DATA_KEY, program, said},
    support::TestApp,
    webhook_sender::{event, send_and_settle},
};

/// How long it may take to come up.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// A PgBouncer that ends when this is dropped.
struct Pooler {
    url: String,
    child: Child,
    _folder: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Pooler {
    /// Starts one in front of the database at `url`.
    async fn start(url: &str, mode: &str, more: &str) -> Self {
        let (server, database) = url
            .strip_prefix("postgres://postgres@127.0.0.1:")
            .and_then(|rest| rest.split_once('/'))
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let configuration = format!(
            "[databases]\n\
             {database} = host=127.0.0.1 port={server} dbname={database} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n\
             unix_socket_dir =\npool_mode = {mode}\n{more}\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new(pgbouncer());
        if let Some(user) = postgres::other_user() {
            // It refuses to run as root.
            let owned = Command::new("chown")
                .args(["-R", user])
                .arg(folder.path())
                .status();
            assert!(owned.unwrap().success(), "chown {user}");
            command.args(["-u", user]);
        }
        let child = command
            .arg("-q")
            .arg(&file)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pooler = Self {
            url: format!("postgres://postgres@127.0.0.1:{port}/{database}"),
            child,
            _folder: folder,
        };
        pooler.comes_up().await;
        pooler
    }

    async fn comes_up(&self) {
        let started = Instant::now();
        loop {
            match PgConnection::connect(&self.url).await {
                // A word of its own is an answer.
                Ok(_) | Err(sqlx::Error::Database(_)) => return,
                Err(error) => assert!(started.elapsed() < WAIT_TIMEOUT, "PgBouncer: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where programs are is no setting of ours"
)]
fn pgbouncer() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join("pgbouncer"))
        .find(|file| file.is_file())
        .expect("PgBouncer is not installed: run script/setup test (Debian: apt install pgbouncer)")
}

const IGNORE: &str = "ignore_startup_parameters = extra_float_digits";

#[tokio::test]
async fn with_a_session_for_each_connection_everything_works() {
    let url = postgres::fresh_database().await;
    let pooler = Pooler::start(&url, "session", IGNORE).await;
    let app = TestApp::start_with(&[("DATABASE_URL", &pooler.url)]).await;
    let mut changes = app.store.changes();
    let cookie = ana(&app).await;
    app.sign_in().await;
    let (status, answer) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    send_and_settle(&app, &event("evt_1", "inquiry.created", "inq_1", 1)).await;
    // Notices come through, too.
    let notice = tokio::time::timeout(WAIT_TIMEOUT, changes.recv()).await;
    notice.unwrap().unwrap();
    let answer = app.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn where_sessions_are_shared_the_start_and_doctor_say_so() {
    let url = postgres::fresh_database().await;
    for mode in ["transaction", "statement"] {
        let pooler = Pooler::start(&url, mode, IGNORE).await;
        let key = DataKey::parse(DATA_KEY).unwrap();
        let opened = Store::open(&pooler.url, Cipher::new(&key, &[]), Clock::system()).await;
        let error = opened.unwrap_err();
        assert!(matches!(error, OpenError::SharedSessions), "{error:?}");
        let folder = tempfile::tempdir().unwrap();
        let variables = [
            ("DATABASE_URL", pooler.url.as_str()),
            ("DATA_KEYS", DATA_KEY),
        ];
        for command in ["doctor", "migrate"] {
            let output = program(folder.path(), &variables, &[command]);
            let said = said(&output);
            assert!(!output.status.success(), "{said}");
            assert!(said.contains("pool_mode = session"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_pooler_that_was_changed_to_share_sessions_makes_the_process_not_ready() {
    let url = postgres::fresh_database().await;
    let pooler = Pooler::start(&url, "session", IGNORE).await;
    let variables = [("DATABASE_URL", pooler.url.as_str())];
    let app = TestApp::start_with(&variables).await;
    let file = pooler._folder.path().join("pgbouncer.ini");
    let configuration = std::fs::read_to_string(&file).unwrap();
    let shared = configuration.replace("pool_mode = session", "pool_mode = transaction");
    std::fs::write(&file, shared).unwrap();
    let pid = pooler.child.id().to_string();
    let reloaded = Command::new("kill").args(["-HUP", &pid]).status();
    assert!(reloaded.unwrap().success());
    // Connections that are there keep their sessions; the new ones do not.
    let mut admin = PgConnection::connect(&url).await.unwrap();
    sqlx::query(
        "SELECT COUNT(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut admin)
    .await
    .unwrap();
    let not_ready = async {
        let mut in_a_row = 0;
        while in_a_row < 3 {
            let answer = app.request(Method::GET, "/readyz").send().await.unwrap();
            let is_ready = answer.status() == StatusCode::OK;
            in_a_row = if is_ready { 0 } else { in_a_row + 1 };
            tokio::time::sleep(Duration::from_millis(1_100)).await;
        }
    };
    tokio::time::timeout(WAIT_TIMEOUT, not_ready).await.unwrap();
}

#[tokio::test]
async fn a_startup_parameter_that_is_refused_is_named_with_the_fix() {
    let url = postgres::fresh_database().await;
    let pooler = Pooler::start(&url, "session", "").await;
    let key = DataKey::parse(DATA_KEY).unwrap();
    let opened = Store::open(&pooler.url, Cipher::new(&key, &[]), Clock::system()).await;
    let error = opened.unwrap_err();
    assert!(matches!(error, OpenError::StartupParameter(_)), "{error:?}");
    assert!(error.to_string().contains("ignore_startup_parameters"));
}
