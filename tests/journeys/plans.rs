//! No statement of the app reads the whole of a table that grows: the database's plan for each is
//! looked at.
//!
//! A tour makes the app run its statements in a process of its own, because those of other tests, some
//! of which the tests make themselves, could not be told apart.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    process::Command,
    sync::{Arc, Mutex},
};

use persona_onboarding::{app, base::Clock, domain::Reconciler, model::ReferenceId};
use reqwest::{Method, header};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{EnvFilter, Layer, layer::Context, prelude::*};

use crate::{
    support::{Start, TestApp},
    webhook_sender::{event, send_and_settle},
};

const TEST: &str = "plans::no_statement_reads_the_whole_of_a_table_that_grows";
/// Set in the process of the tour.
const TOUR: &str = "PLANS_TOUR";
const OPERATOR: &str = "ops@example.com";

/// Tables that have few rows, whatever the number of users.
const SMALL: [&str; 5] = [
    "background_pace",
    "data_keys",
    "processes",
    "_sqlx_migrations",
    "sqlite_master",
];
/// Statements by their beginning, and the index that must find their rows: another one would find those
/// of a month.
const EXPECTED: [(&str, &str); 1] = [(
    "WITH due AS MATERIALIZED (SELECT id FROM inquiries",
    "inquiries_due",
)];
/// Fewer statements than this, and the tour or the collection is broken.
const FEWEST: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "which process this is")]
async fn no_statement_reads_the_whole_of_a_table_that_grows() {
    if std::env::var_os(TOUR).is_none() {
        let run = || {
            let program = std::env::current_exe().unwrap();
            Command::new(program)
                .args([TEST, "--exact", "--nocapture"])
                .env(TOUR, "1")
                .env_remove("TEST_LOG")
                .output()
                .unwrap()
        };
        let done = tokio::task::spawn_blocking(run).await.unwrap();
        let output = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{output}");
        assert!(output.contains("1 passed"), "{output}");
        return;
    }
    let statements = Statements::default();
    let filter = "off,sqlx::query=debug,persona_onboarding::store::lookup=trace,\
        persona_onboarding::store::local_writer=trace";
    tracing_subscriber::registry()
        .with(EnvFilter::new(filter))
        .with(statements.clone())
        .init();
    let app = tour().await;
    let seen = std::mem::take(&mut *statements.0.lock().unwrap());
    assert!(seen.len() >= FEWEST, "only {} statements seen", seen.len());

    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    let is_postgres = app.database_url.starts_with("postgres");
    let mut found = Vec::new();
    for sql in &seen {
        let plan = match is_postgres {
            true => plan_of_postgres(&mut connection, sql).await,
            false => plan_of_sqlite(&mut connection, sql).await,
        };
        if let Some((_, index)) = EXPECTED.iter().find(|(start, _)| sql.starts_with(start)) {
            let is_used = plan.iter().any(|line| line.contains(index));
            assert!(is_used, "without {index}: {plan:#?}\n    {sql}");
        }
        if stops_early(sql, &plan) {
            continue;
        }
        found.extend(
            plan.into_iter()
                .filter(|line| reads_a_growing_table(line))
                .map(|line| format!("{line}\n    {sql}")),
        );
    }
    assert!(found.is_empty(), "whole tables:\n{}", found.join("\n"));
    for (start, _) in EXPECTED {
        assert!(
            seen.iter().any(|sql| sql.starts_with(start)),
            "not seen: {start}"
        );
    }
}

#[test]
fn a_scan_is_noticed() {
    for line in [
        "SCAN events",
        "Seq Scan on events  (cost=10000000000.00..1.00 rows=1 width=8)",
    ] {
        assert!(reads_a_growing_table(line), "{line}");
    }
    for line in [
        "SEARCH events USING INDEX events_due (state=? AND due_at<?)",
        "SCAN events USING INDEX events_received",
        "SCAN CONSTANT ROW",
        "SCAN old",
        "Seq Scan on processes  (cost=0.00..1.00 rows=1 width=8)",
        "Index Scan using users_pkey on users",
    ] {
        assert!(!reads_a_growing_table(line), "{line}");
    }
}

/// Whether the statement takes the first rows of a table in the order of its key, which SQLite calls a
/// scan, too.
fn stops_early(sql: &str, plan: &[String]) -> bool {
    let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE"));
    sql.contains(" LIMIT ") && !sql.contains(" WHERE ") && !sorts
}

/// Whether a line of a plan reads all rows of a table. To read an index in its order until there are
/// enough rows is no scan in this sense.
fn reads_a_growing_table(line: &str) -> bool {
    const GROWING: [&str; 14] = [
        "users",
        "credentials",
        "email_digests",
        "sessions",
        "attempts",
        "inquiries",
        "events",
        "changes",
        "activity",
        "audit",
        "login_throttles",
        "funnel_people",
        "funnel_days",
        "failure_days",
    ];
    let line = line.trim().trim_start_matches("->").trim();
    let table = match (line.strip_prefix("SCAN "), line.split_once("Seq Scan on ")) {
        (Some(_), _) if line.contains(" USING ") => return false,
        (Some(table), _) | (None, Some((_, table))) => table,
        (None, None) => return false,
    };
    let table = table.split_whitespace().next().unwrap_or_default();
    !SMALL.contains(&table) && GROWING.contains(&table)
}

async fn plan_of_sqlite(connection: &mut AnyConnection, sql: &str) -> Vec<String> {
    let explain = format!("EXPLAIN QUERY PLAN {sql}");
    let rows = sqlx::query(AssertSqlSafe(explain))
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    rows.iter().map(|row| row.get("detail")).collect()
}

/// The plan that Postgres makes once for all values, and if it may scan only where it must.
async fn plan_of_postgres(connection: &mut AnyConnection, sql: &str) -> Vec<String> {
    let count = (1..)
        .take_while(|number| sql.contains(&format!("${number}")))
        .count();
    let list = |what: &str| match count {
        0 => String::new(),
        count => format!("({})", vec![what; count].join(", ")),
    };
    for setting in [
        "SET enable_seqscan = off",
        "SET plan_cache_mode = force_generic_plan",
    ] {
        sqlx::raw_sql(setting)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    // Where Postgres cannot tell the types of the parameters, all of them are times.
    let mut prepared = None;
    for types in [String::new(), list("bigint")] {
        let sql = format!("DEALLOCATE ALL; PREPARE looked_at {types} AS {sql}");
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection);
        prepared = Some(done.await);
        if prepared.as_ref().is_some_and(Result::is_ok) {
            break;
        }
    }
    if let Some(Err(error)) = prepared {
        panic!("{error}: {sql}");
    }
    let values = list("NULL");
    let explain = format!("EXPLAIN EXECUTE looked_at {values}");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain))
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// Collects the statements that read or change rows.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        // sqlx logs a short statement as the summary only.
        let sql = match text.statement.trim() {
            "" => text.summary.trim(),
            statement => statement,
        };
        let verb = sql.split_whitespace().next().unwrap_or_default();
        if ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&verb) {
            self.0.lock().unwrap().insert(sql.to_owned());
        }
    }
}

#[derive(Default)]
struct Text {
    statement: String,
    summary: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "db.statement" => value.clone_into(&mut self.statement),
            "summary" => value.clone_into(&mut self.summary),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// What people, Persona, operators and the periodic work make the app do.
async fn tour() -> TestApp {
    let before = TestApp::start().await;
    before.sign_up(OPERATOR).await;
    let account = before.store.find_credentials(OPERATOR).await.unwrap();
    let operator_id = account.unwrap().user_id;
    let app = TestApp::start_as(Start {
        variables: &[("OPERATORS", &operator_id.to_string())],
        beside: Some(&before),
        ..Start::default()
    })
    .await;
    let operator = sign_in(&app, OPERATOR, "three cats at the lake").await;
    sign_in(&app, OPERATOR, "not the password").await;

    let walker = app.sign_in().await;
    let (_, answer) = app.click(&walker).await;
    let inquiry = answer["inquiry_id"].as_str().unwrap().to_owned();
    app.begin(&inquiry).await;
    app.click(&walker).await;
    let list = get(&app, "/api/inquiries", &walker).await;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let result = list["inquiries"][0]["result_id"]
        .as_str()
        .unwrap()
        .to_owned();
    for event_name in ["", "ready", "complete"] {
        let form = [("inquiry_id", inquiry.as_str()), ("event", event_name)];
        post(&app, "/api/inquiries/refresh", &walker, &form).await;
    }
    app.click(&walker).await;
    let profile = [
        ("first_name", "Alex"),
        ("last_name", "Sample"),
        ("birthdate", "1977-08-31"),
    ];
    post(&app, "/account/profile", &walker, &profile).await;
    for (number, name) in [
        "inquiry.started",
        "inquiry.completed",
        "inquiry.approved",
        "inquiry.redacted",
    ]
    .into_iter()
    .enumerate()
    {
        let (id, second) = (format!("evt_plans{number}"), u8::try_from(number).unwrap());
        send_and_settle(&app, &event(&id, name, &inquiry, second)).await;
    }
    for path in [
        "/onboarding".to_owned(),
        "/results".to_owned(),
        format!("/results/{result}"),
        "/account/sessions".to_owned(),
        "/account/profile".to_owned(),
    ] {
        get(&app, &path, &walker).await;
    }
    post(&app, "/account/sessions/revoke-others", &walker, &[]).await;

    for path in [
        "/admin",
        "/admin/audit",
        "/admin/users/usr_ABC123",
        "/admin/events/evt_plans1",
    ] {
        get(&app, path, &operator).await;
    }
    for term in ["usr_ABC123", &inquiry, "evt_plans1", OPERATOR] {
        post(&app, "/admin/search", &operator, &[("term", term)]).await;
    }
    post(&app, "/admin/refresh", &operator, &[("inquiry", &inquiry)]).await;
    post(&app, "/sign-out", &operator, &[]).await;

    Reconciler::new(&app.persona, app.store.clone())
        .round()
        .await
        .unwrap();
    app::delete_old_rows(&app.store, &Clock::system()).await;
    let user = ReferenceId::parse("usr_ABC123").unwrap();
    app.store.list_activity(&user, 10).await.unwrap();
    app.store.count_events().await.unwrap();
    app.store.check().await.unwrap();
    // The activity log is written within this time.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    app
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> String {
    let form = [("email", email), ("password", password)];
    let request = app.request(Method::POST, "/sign-in").form(&form);
    let answer = request.send().await.unwrap();
    let cookie = answer.headers().get(header::SET_COOKIE);
    let cookie = cookie.map_or("", |cookie| cookie.to_str().unwrap());
    cookie.split(';').next().unwrap().to_owned()
}

async fn get(app: &TestApp, path: &str, cookie: &str) -> String {
    let request = app
        .request(Method::GET, path)
        .header(header::COOKIE, cookie);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.text().await.unwrap()
}

async fn post(app: &TestApp, path: &str, cookie: &str, form: &[(&str, &str)]) {
    let request = app
        .request(Method::POST, path)
        .header(header::COOKIE, cookie);
    let answer = request.form(form).send().await.unwrap();
    let status = answer.status();
    assert!(
        status.is_success() || status.is_redirection(),
        "{path}: {status}"
    );
}
