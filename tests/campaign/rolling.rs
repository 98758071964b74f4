//! A rolling restart: three processes on Postgres behind HAProxy without retries, one of them
//! restarted at a time, while people click and load pages. Nothing may fail.
//!
//! In the middle a newer release has migrated: from then on the processes run on a schema that they
//! do not know, as an older release does beside a newer one. `CAMPAIGN_OLD_PROGRAM` names the program
//! of an older release, which two of the three processes then run.
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
    TURN,
    app::{App, Database},
    balancer,
    sandbox::SandboxControl,
    setting,
};

const PROCESSES: usize = 3;
/// Twenty a second, of clicks and of page loads each.
const PERIOD: Duration = Duration::from_millis(50);
/// How long all run between two restarts.
const PAUSE: Duration = Duration::from_secs(1);

/// How requests ended, and how often.
type Ends = Arc<Mutex<BTreeMap<String, u64>>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_fails_no_request() {
    let _turn = TURN.lock().await;
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
        process.must_run().await;
    }
    let balancer = balancer::start(folder.path(), &app.processes).await;

    let http = crate::http()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let demo = format!("{}/api/session/demo", balancer.url);
    let signed_in = http.post(demo).send().await.unwrap();
    let cookie = signed_in.headers()[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();

    let end = CancellationToken::new();
    let ends = Ends::default();
    let load = [
        (Method::POST, "/api/inquiries/get-or-create"),
        (Method::GET, "/onboarding"),
    ]
    .map(|(method, path)| {
        let url = format!("{}{path}", balancer.url);
        tokio::spawn(keep_asking(
            http.clone(),
            method,
            url,
            cookie.clone(),
            end.clone(),
            ends.clone(),
        ))
    });

    for round in 0..rounds {
        for process in &app.processes {
            tokio::time::sleep(PAUSE).await;
            process.stop().await;
            process.must_run().await;
        }
        if round == 0 {
            migrate_as_a_newer_release(&app).await;
            // Once more, on the newer schema.
            for process in &app.processes {
                tokio::time::sleep(PAUSE).await;
                process.stop().await;
                process.must_run().await;
            }
        }
    }
    tokio::time::sleep(PAUSE).await;
    end.cancel();
    for asking in load {
        asking.await.unwrap();
    }

    let ends = ends.lock().await;
    println!("rolling restart, {rounds} rounds: {ends:?}");
    let served: u64 = ends.values().sum();
    assert!(
        served > 200,
        "too little was asked to prove anything: {ends:?}"
    );
    assert!(ends.keys().all(|end| end.ends_with(" 200")), "{ends:?}");
}

/// What a release of tomorrow would do: another table, another column, another migration.
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

async fn keep_asking(
    http: Client,
    method: Method,
    url: String,
    cookie: String,
    end: CancellationToken,
    ends: Ends,
) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asked = tokio::task::JoinSet::new();
    while end.run_until_cancelled(ticks.tick()).await.is_some() {
        let request = http.request(method.clone(), &url);
        let request = request.header(header::COOKIE, &cookie);
        let (method, ends) = (method.clone(), ends.clone());
        asked.spawn(async move {
            let how = match request.send().await {
                Ok(response) => response.status().as_u16().to_string(),
                Err(error) => format!("no answer: {error:?}"),
            };
            *ends
                .lock()
                .await
                .entry(format!("{method} {how}"))
                .or_default() += 1;
        });
    }
    asked.join_all().await;
}
