//! A rolling restart: three processes on Postgres behind HAProxy without retries, one of them
//! restarted at a time, while people click and load pages. No request may fail.
//!
//! After the first round the test migrates the schema as a newer release would: from then on the
//! processes run on a newer schema, as an older release does beside a newer one. `CAMPAIGN_OLD_PROGRAM`
//! names the program of an older release, which two of the three processes then run.
//!
//! ```text
//! CAMPAIGN_ROUNDS=10 cargo test --test campaign rolling -- --nocapture
//! ```

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use persona_onboarding::domain::User;
use reqwest::{Client, Method, header};
use tokio::{sync::Mutex, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{
    CAMPAIGN_LOCK,
    app::{App, Database},
    balancer,
    sandbox::SandboxControl,
    setting,
};

const PROCESSES: usize = 3;
/// Twenty clicks and twenty page loads a second.
const REQUEST_INTERVAL: Duration = Duration::from_millis(50);
/// The time between two restarts, while all processes run.
const RESTART_INTERVAL: Duration = Duration::from_secs(1);

/// The number of requests for each outcome.
type Outcomes = Arc<Mutex<BTreeMap<String, u64>>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_fails_no_request() {
    let _lock = CAMPAIGN_LOCK.lock().await;
    let rounds: usize = setting("CAMPAIGN_ROUNDS", 1);
    let old_program: PathBuf = setting("CAMPAIGN_OLD_PROGRAM", PathBuf::new());
    let folder = tempfile::tempdir().unwrap();
    let sandbox = SandboxControl::start(persona_sandbox::Config::default());
    let app = App::prepare_with(
        folder.path(),
        Database::Postgres,
        PROCESSES,
        sandbox.url(),
        |number| (number > 0).then(|| old_program.clone()),
    )
    .await;
    User::demo().unwrap().ensure(&app.store).await.unwrap();
    for process in &app.processes {
        process.ensure_running().await;
    }
    let balancer = balancer::start(folder.path(), &app.processes).await;

    let http = crate::http()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let demo = format!("{}/api/session/demo", balancer.url);
    let response = http.post(demo).send().await.unwrap();
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();

    let stop = CancellationToken::new();
    let outcomes = Outcomes::default();
    let load = [
        (Method::POST, "/api/inquiries/get-or-create"),
        (Method::GET, "/onboarding"),
    ]
    .map(|(method, path)| {
        let url = format!("{}{path}", balancer.url);
        tokio::spawn(keep_sending(
            http.clone(),
            method,
            url,
            cookie.clone(),
            stop.clone(),
            outcomes.clone(),
        ))
    });

    for round in 0..rounds {
        for process in &app.processes {
            tokio::time::sleep(RESTART_INTERVAL).await;
            process.stop().await;
            process.ensure_running().await;
        }
        if round == 0 {
            migrate_as_a_newer_release(&app).await;
            // Once more, on the newer schema.
            for process in &app.processes {
                tokio::time::sleep(RESTART_INTERVAL).await;
                process.stop().await;
                process.ensure_running().await;
            }
        }
    }
    tokio::time::sleep(RESTART_INTERVAL).await;
    stop.cancel();
    for task in load {
        task.await.unwrap();
    }

    let outcomes = outcomes.lock().await;
    println!("rolling restart, {rounds} rounds: {outcomes:?}");
    let served: u64 = outcomes.values().sum();
    assert!(
        served > 200,
        "too few requests to prove anything: {outcomes:?}"
    );
    assert!(
        outcomes.keys().all(|outcome| outcome.ends_with(" 200")),
        "{outcomes:?}"
    );
}

/// Changes the schema as a newer release would: another table, another column, another migration.
async fn migrate_as_a_newer_release(app: &App) {
    for statement in [
        "CREATE TABLE of_a_newer_release (id BIGINT PRIMARY KEY)",
        "ALTER TABLE inquiries ADD COLUMN of_a_newer_release TEXT",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'of a newer release', TRUE, ''::bytea, 0)",
    ] {
        sqlx::query(statement).execute(&app.tables).await.unwrap();
    }
}

async fn keep_sending(
    http: Client,
    method: Method,
    url: String,
    cookie: String,
    stop: CancellationToken,
    outcomes: Outcomes,
) {
    let mut ticks = tokio::time::interval(REQUEST_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut requests = tokio::task::JoinSet::new();
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let request = http.request(method.clone(), &url);
        let request = request.header(header::COOKIE, &cookie);
        let (method, outcomes) = (method.clone(), outcomes.clone());
        requests.spawn(async move {
            let result = match request.send().await {
                Ok(response) => response.status().as_u16().to_string(),
                Err(error) => format!("no response: {error:?}"),
            };
            *outcomes
                .lock()
                .await
                .entry(format!("{method} {result}"))
                .or_default() += 1;
        });
    }
    requests.join_all().await;
}
