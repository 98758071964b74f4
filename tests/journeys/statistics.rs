//! The statistics of the operators' page: everyone counts once a day in each stage, and every failure.

use std::time::Duration;

use jiff::SignedDuration;
use persona_onboarding::{app, model::ReferenceId, store::FunnelStage};
use reqwest::{Method, StatusCode, header};
use sqlx::{AnyConnection, Connection as _};

use crate::support::{MovedClock, Start, TestApp};

const OPERATOR: &str = "ops@example.com";
/// Until then an inquiry that was asked about is not asked about again.
const LATER: SignedDuration = SignedDuration::from_secs(6);

async fn start() -> (TestApp, MovedClock) {
    let time = MovedClock::default();
    let app = TestApp::start_as(Start {
        clock: time.clock(),
        ..Start::default()
    })
    .await;
    (app, time)
}

/// Waits until the funnel is this, in the order of the stages.
async fn expect_funnel(app: &TestApp, expected: [i64; 6]) {
    let funnel = async || {
        let rows = app.store.list_funnel_days(0).await.unwrap();
        FunnelStage::ALL.map(|stage| {
            let rows = rows.iter().filter(|row| row.stage == stage.name());
            rows.map(|row| row.people).sum::<i64>()
        })
    };
    let waiting = async {
        while funnel().await != expected {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert!(in_time.is_ok(), "{:?} is not {expected:?}", funnel().await);
}

async fn get(app: &TestApp, path: &str, cookie: &str) -> String {
    let request = app.request(Method::GET, path);
    let answer = request.header(header::COOKIE, cookie).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.unwrap()
}

/// What the page reports of the SDK.
async fn report(app: &TestApp, cookie: &str, inquiry: &str, name: &str) -> StatusCode {
    let form = [("inquiry_id", inquiry), ("event", name)];
    let request = app.request(Method::POST, "/api/inquiries/refresh");
    let request = request.header(header::COOKIE, cookie).form(&form);
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_person_counts_once_a_day_in_each_stage() {
    let (app, time) = start().await;
    let cookie = app.sign_in().await;
    for _ in 0..2 {
        get(&app, "/onboarding", &cookie).await;
    }
    expect_funnel(&app, [1, 0, 0, 0, 0, 0]).await;
    let (_, answer) = app.click(&cookie).await;
    app.click(&cookie).await;
    let inquiry = answer["inquiry_id"].as_str().unwrap().to_owned();
    expect_funnel(&app, [1, 1, 0, 0, 0, 0]).await;
    for _ in 0..2 {
        let status = report(&app, &cookie, &inquiry, "ready").await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    expect_funnel(&app, [1, 1, 1, 0, 0, 0]).await;
    report(&app, &cookie, &inquiry, "complete").await;
    expect_funnel(&app, [1, 1, 1, 1, 0, 0]).await;
    let actions = ["start_inquiry", "complete_inquiry", "approve_inquiry"];
    app.simulate(&inquiry, &actions).await;
    // Without an event it asks Persona.
    time.advance(LATER);
    report(&app, &cookie, &inquiry, "").await;
    // Completed on the way: a status implies the stages before it.
    expect_funnel(&app, [1, 1, 1, 1, 1, 1]).await;

    // Everything is in the language of the page that was seen.
    let rows = app.store.list_funnel_days(0).await.unwrap();
    assert!(rows.iter().all(|row| row.language == "en"), "{rows:?}");

    // Somebody else, to whom the inquiry does not belong, opens nothing.
    let other = app.sign_up("zoe@example.com").await;
    let status = report(&app, &other, &inquiry, "ready").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let request = app.request(Method::GET, "/onboarding");
    let request = request.header(header::ACCEPT_LANGUAGE, "es-MX");
    request.header(header::COOKIE, &other).send().await.unwrap();
    expect_funnel(&app, [2, 1, 1, 1, 1, 1]).await;
    let rows = app.store.list_funnel_days(0).await.unwrap();
    let spanish: Vec<_> = rows.iter().filter(|row| row.language == "es").collect();
    assert_eq!(spanish.len(), 1, "{rows:?}");
    assert_eq!(
        (spanish[0].stage.as_str(), spanish[0].people),
        ("viewed", 1)
    );
}

#[tokio::test]
async fn a_process_that_restarts_counts_nobody_again() {
    let app = TestApp::start().await;
    let user = ReferenceId::parse("usr_ABC123").unwrap();
    let now = app.store.now_ms();
    app.store
        .record_stage(&user, FunnelStage::Viewed, Some("es"), now);
    expect_funnel(&app, [1, 0, 0, 0, 0, 0]).await;
    let other = TestApp::start_as(Start {
        beside: Some(&app),
        ..Start::default()
    })
    .await;
    other
        .store
        .record_stage(&user, FunnelStage::Viewed, Some("es"), now);
    other
        .store
        .record_stage(&user, FunnelStage::Clicked, None, now);
    expect_funnel(&app, [1, 1, 0, 0, 0, 0]).await;
    let rows = app.store.list_funnel_days(0).await.unwrap();
    assert!(rows.iter().all(|row| row.language == "es"), "{rows:?}");
}

#[tokio::test]
async fn every_failure_counts_by_its_cause() {
    let (app, time) = start().await;
    let cookie = app.sign_in().await;
    app.fault("list", "status:422", 2).await;
    for _ in 0..2 {
        let (status, _) = app.click(&cookie).await;
        assert_eq!(status, StatusCode::BAD_GATEWAY);
    }
    let (_, answer) = app.click(&cookie).await;
    let inquiry = answer["inquiry_id"].as_str().unwrap();
    app.simulate(inquiry, &["start_inquiry", "fail_inquiry"])
        .await;
    time.advance(LATER);
    report(&app, &cookie, inquiry, "").await;
    let waiting = async {
        loop {
            let rows = app.store.list_failure_days(0).await.unwrap();
            let counts: Vec<_> = rows
                .iter()
                .map(|row| (row.cause.as_str(), row.failures))
                .collect();
            if counts.len() == 2 {
                assert!(counts.contains(&("inquiry failed", 1)), "{counts:?}");
                assert!(counts.contains(&("rejected", 2)), "{counts:?}");
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_page_shows_pictures_and_tables_and_old_days_go() {
    let time = MovedClock::default();
    let before = TestApp::start_as(Start {
        clock: time.clock(),
        ..Start::default()
    })
    .await;
    let operator = before.sign_up(OPERATOR).await;
    let account = before.store.find_credentials(OPERATOR).await.unwrap();
    let id = account.unwrap().user_id.to_string();
    let app = TestApp::start_as(Start {
        variables: &[("OPERATORS", &id)],
        clock: time.clock(),
        beside: Some(&before),
    })
    .await;
    let walker = app.sign_in().await;
    get(&app, "/onboarding", &walker).await;
    app.click(&walker).await;
    expect_funnel(&app, [1, 1, 0, 0, 0, 0]).await;
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    let now = app.store.now_ms();
    sqlx::query(
        "UPDATE inquiries SET completed_at = $1, decided_at = $2 WHERE user_id = 'usr_ABC123'",
    )
    .bind(now - 300_000)
    .bind(now)
    .execute(&mut connection)
    .await
    .unwrap();

    let page = get(&app, "/admin", &operator).await;
    for expected in [
        r#"role="img" aria-label="Bar chart: how many people reached each stage""#,
        r#"role="img" aria-label="Bar chart: how many people viewed, submitted and were decided, by language""#,
        r#"aria-label="Languages, as a table""#,
        r#"role="img" aria-label="Line chart: people who viewed, submitted and were decided, by day""#,
        "var(--chart-1)",
        "Time to a decision",
        r#"role="img" aria-label="Line chart: within which time half of each day's decisions came, and 95 of 100""#,
        "p95, minutes",
        r#"aria-label="Decisions, as a table""#,
        r#"role="img" aria-label="Bar chart: within which time half of each language's decisions came, and 95 of 100""#,
        "5 min",
        r#"aria-label="Funnel, as a table""#,
        "Nothing failed.",
        r#"<th scope="row">Viewed</th>"#,
        r#"href="/admin?days=90""#,
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    let languages = page.split("aria-label=\"Decisions by language, as a table\"");
    let (languages, _) = languages.last().unwrap().split_once("</table>").unwrap();
    let row = r#"<th scope="row">en</th><td>1</td><td>5 min</td><td>5 min</td>"#;
    assert!(languages.replace("<!>", "").contains(row), "{languages}");
    assert!(
        get(&app, "/admin?days=x", &operator)
            .await
            .contains("30 days")
    );

    // A failure, and the days on which there were none.
    app.fault("list", "status:422", 1).await;
    app.click(&walker).await;
    let page = async {
        loop {
            let page = get(&app, "/admin", &operator).await;
            if page.contains("Failures by day") {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let page = tokio::time::timeout(Duration::from_secs(10), page);
    let page = page.await.unwrap();
    let days = page.split("aria-label=\"Failures by day, as a table\"");
    let (days, _) = days.last().unwrap().split_once("</table>").unwrap();
    assert!(days.contains(r#"<th scope="col">Rejected</th>"#), "{days}");
    assert_eq!(days.matches(r#"<th scope="row">"#).count(), 1, "{days}");

    time.advance(SignedDuration::from_hours(24 * 88));
    app::delete_old_rows(&app.store, &time.clock()).await;
    expect_funnel(&app, [1, 1, 0, 0, 0, 0]).await;
    time.advance(SignedDuration::from_hours(24 * 4));
    app::delete_old_rows(&app.store, &time.clock()).await;
    expect_funnel(&app, [0; 6]).await;
}
