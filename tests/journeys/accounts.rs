//! Signing up and in, what stops it, and how it ends.

use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use sqlx::{AnyConnection, Connection as _};

use crate::support::{MovedClock, Start, TestApp};

const PASSWORD: &str = "three dogs at the lake";
const ANA: [(&str, &str); 5] = [
    ("first_name", "Ana"),
    ("last_name", "Núñez"),
    ("birthdate", "1990-05-17"),
    ("email", "ana@example.com"),
    ("password", PASSWORD),
];

/// An app whose time can be moved on.
struct TimedApp {
    app: TestApp,
    time: MovedClock,
}

impl TimedApp {
    async fn start() -> Self {
        let time = MovedClock::default();
        let start = Start {
            clock: time.clock(),
            ..Start::default()
        };
        let app = TestApp::start_as(start).await;
        Self { app, time }
    }

    fn advance(&self, by: SignedDuration) {
        self.time.advance(by);
    }
}

fn form(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    app.request(Method::POST, path)
        .header(header::ACCEPT, "text/html")
        .form(fields)
}

async fn sign_up(app: &TestApp) -> Response {
    form(app, "/sign-up", &ANA).send().await.unwrap()
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Response {
    let fields = [("email", email), ("password", password)];
    form(app, "/sign-in", &fields).send().await.unwrap()
}

/// Sends all requests at the same moment.
async fn at_once(requests: impl Iterator<Item = RequestBuilder>) -> Vec<StatusCode> {
    let mut tasks = tokio::task::JoinSet::new();
    for request in requests {
        tasks.spawn(async move { request.send().await.unwrap().status() });
    }
    tasks.join_all().await
}

fn cookie(answer: &Response) -> String {
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Signs up as Ana, and returns the cookie.
async fn ana(app: &TestApp) -> String {
    let answer = sign_up(app).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    cookie(&answer)
}

async fn page(app: &TestApp, path: &str, cookie: &str) -> (StatusCode, String) {
    let request = app
        .request(Method::GET, path)
        .header(header::COOKIE, cookie);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

async fn is_signed_in(app: &TestApp, cookie: &str) -> bool {
    page(app, "/onboarding", cookie).await.0 == StatusCode::OK
}

#[tokio::test]
async fn a_new_walker_signs_up_and_is_verified_by_their_own_data() {
    let app = TestApp::start().await;
    let answer = sign_up(&app).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/onboarding");

    let cookie = cookie(&answer);
    let (_, page) = page(&app, "/onboarding", &cookie).await;
    for text in ["Welcome, Ana 🐕", "Ana Núñez", "May 17, 1990"] {
        assert!(page.contains(text), "{text} is missing");
    }
    let (status, click) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK);
    let id = click["inquiry_id"].as_str().unwrap();
    let path = format!("/api/v1/inquiries/{id}");
    let inquiry = app.sandbox(Method::GET, &path, None).await;
    let attributes = &inquiry["data"]["attributes"];
    assert!(
        attributes["reference-id"]
            .as_str()
            .unwrap()
            .starts_with("usr_")
    );
    assert_eq!(attributes["fields"]["name_first"]["value"], "Ana");
    assert_eq!(attributes["fields"]["name_last"]["value"], "Núñez");
    assert_eq!(attributes["fields"]["birthdate"]["value"], "1990-05-17");
}

#[tokio::test]
async fn a_form_comes_back_with_what_was_typed_and_what_is_wrong() {
    let app = TestApp::start().await;
    let fields = [
        ("first_name", "Ana <b>"),
        ("last_name", ""),
        ("birthdate", "2999-01-01"),
        ("email", "ana@nowhere"),
        ("password", "short-one"),
    ];
    let answer = form(&app, "/sign-up", &fields).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert!(answer.headers().get(header::SET_COOKIE).is_none());
    let page = answer.text().await.unwrap();
    for text in [
        "value=\"Ana &lt;b&gt;\"",
        "value=\"2999-01-01\"",
        "value=\"ana@nowhere\"",
        "Enter your last name.",
        "Enter a birthdate in the past.",
        "Enter an e-mail like name@example.com.",
        "Use 12 characters or more.",
        "href=\"#last_name\"",
        "aria-describedby=\"last_name-problem\"",
        "aria-describedby=\"password-problem password-hint\"",
        "aria-invalid=\"true\"",
        "role=\"alert\"",
    ] {
        assert!(page.contains(text), "{text} is missing");
    }
    assert!(!page.contains("Enter your first name"));
    assert!(!page.contains("short-one"), "the password is in the page");

    let answer = form(&app, "/sign-up", &[]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let answer = app
        .request(Method::POST, "/sign-up")
        .json(&["no form"])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn the_minimum_age_is_the_configured_one() {
    let app = TestApp::start_with(&[("MINIMUM_AGE", "60")]).await;
    let answer = sign_up(&app).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert!(page.contains("You must be 60 or older"));
}

#[tokio::test]
async fn an_email_has_one_account_however_it_is_written_and_raced_for() {
    let app = TestApp::start().await;
    let statuses = at_once((0..8).map(|_| form(&app, "/sign-up", &ANA))).await;
    let made = statuses.iter().filter(|it| **it == StatusCode::SEE_OTHER);
    assert_eq!(made.count(), 1, "{statuses:?}");

    let mut fields = ANA;
    fields[3].1 = " ANA@Example.com";
    let answer = form(&app, "/sign-up", &fields).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().await.unwrap().contains("has an account"));
    let answer = sign_in(&app, "Ana@EXAMPLE.com ", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_are_told_alike() {
    let app = TestApp::start().await;
    ana(&app).await;
    let mut pages = Vec::new();
    for email in ["ana@example.com", "bob@example.com"] {
        let answer = sign_in(&app, email, "three cats at the lake").await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.headers().get(header::SET_COOKIE).is_none());
        let page = answer.text().await.unwrap();
        assert!(page.contains("do not belong together"));
        assert!(page.contains(&format!("value=\"{email}\"")));
        assert!(!page.contains("three cats"));
        pages.push(content(&page).replace(email, "…"));
    }
    assert_eq!(pages[0], pages[1]);
}

/// What a page says, without the head, whose nonces differ each time.
fn content(page: &str) -> &str {
    let start = page.find("<main").unwrap();
    &page[start..page.find("</main>").unwrap()]
}

#[tokio::test]
async fn signing_in_leads_on_with_a_new_session() {
    let app = TestApp::start().await;
    let first = ana(&app).await;
    let fields = [
        ("email", "ana@example.com"),
        ("password", PASSWORD),
        ("next", "/account/sessions"),
    ];
    let answer = form(&app, "/sign-in", &fields)
        .header(header::COOKIE, &first)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/account/sessions");
    let second = cookie(&answer);
    assert_ne!(first, second);
    assert!(is_signed_in(&app, &second).await);
    assert!(!is_signed_in(&app, &first).await, "the old ID still works");

    let fields = [
        ("email", "ana@example.com"),
        ("password", PASSWORD),
        ("next", "https://evil.example/"),
    ];
    let answer = form(&app, "/sign-in", &fields).send().await.unwrap();
    assert_eq!(answer.headers()[header::LOCATION], "/onboarding");
}

#[tokio::test]
async fn no_other_site_signs_anyone_in_or_up() {
    let app = TestApp::start().await;
    for path in ["/sign-in", "/sign-up", "/account/sessions/revoke-others"] {
        let answer = form(&app, path, &ANA)
            .header(header::ORIGIN, "https://evil.example")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn ten_wrong_passwords_pause_an_email_with_an_account_or_without() {
    let timed = TimedApp::start().await;
    let app = &timed.app;
    ana(app).await;
    let mut pages = Vec::new();
    for email in ["ana@example.com", "bob@example.com"] {
        for _ in 0..10 {
            let answer = sign_in(app, email, "three cats at the lake").await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        }
        // Even the right one is not looked at.
        let answer = sign_in(app, email, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait = answer.headers()[header::RETRY_AFTER].to_str().unwrap();
        assert!(
            (880..=900).contains(&wait.parse::<u32>().unwrap()),
            "{wait}"
        );
        let page = answer.text().await.unwrap();
        assert!(page.contains("try again in 15 minutes"));
        pages.push(content(&page).replace(email, "…"));
    }
    assert_eq!(pages[0], pages[1]);

    timed.advance(SignedDuration::from_mins(15));
    let answer = sign_in(app, "ana@example.com", "three cats at the lake").await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let answer = sign_in(app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let page = answer.text().await.unwrap();
    assert!(page.contains("try again in 30 minutes"));

    timed.advance(SignedDuration::from_mins(30));
    let answer = sign_in(app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    // A right password starts the count anew.
    for _ in 0..9 {
        sign_in(app, "ana@example.com", "three cats at the lake").await;
    }
    let answer = sign_in(app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn of_many_guesses_at_the_same_moment_ten_are_looked_at() {
    let app = TestApp::start().await;
    ana(&app).await;
    let guess = [("email", "ana@example.com"), ("password", "three cats")];
    let statuses = at_once((0..25).map(|_| form(&app, "/sign-in", &guess))).await;
    let looked_at = statuses
        .iter()
        .filter(|it| **it == StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(looked_at.count(), 10, "{statuses:?}");
}

#[tokio::test]
async fn a_user_sees_and_ends_their_sessions_and_nobody_elses() {
    let app = TestApp::start().await;
    let here = ana(&app).await;
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    let answer = form(&app, "/sign-in", &fields)
        .header(
            header::USER_AGENT,
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        )
        .send()
        .await
        .unwrap();
    let there = cookie(&answer);

    let (_, list) = page(&app, "/account/sessions", &here).await;
    assert!(list.contains("Firefox on Linux") && list.contains("This one"));
    let public_id = public_id(&list);

    // Another user names it, and nothing happens.
    let stranger = app.sign_in().await;
    revoke(&app, &stranger, &public_id).await;
    assert!(is_signed_in(&app, &there).await);
    revoke(&app, &here, &public_id).await;
    assert!(!is_signed_in(&app, &there).await);
    assert_eq!(app.click(&there).await.0, StatusCode::UNAUTHORIZED);
    assert!(is_signed_in(&app, &here).await);

    let others = [
        cookie(&sign_in(&app, "ana@example.com", PASSWORD).await),
        cookie(&sign_in(&app, "ana@example.com", PASSWORD).await),
    ];
    let answer = form(&app, "/account/sessions/revoke-others", &[])
        .header(header::COOKIE, &here)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    for other in others {
        assert!(!is_signed_in(&app, &other).await);
    }
    assert!(is_signed_in(&app, &here).await);
    assert!(is_signed_in(&app, &stranger).await);
}

/// The first session in the list that can be ended.
fn public_id(list: &str) -> String {
    let field = list.split("name=\"session\" value=\"").nth(1).unwrap();
    field.split('"').next().unwrap().to_owned()
}

async fn revoke(app: &TestApp, cookie: &str, public_id: &str) {
    let answer = form(app, "/account/sessions/revoke", &[("session", public_id)])
        .header(header::COOKIE, cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_sessions_page_is_for_the_signed_in_alone() {
    let app = TestApp::start().await;
    let answer = app
        .request(Method::GET, "/account/sessions")
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.headers()[header::LOCATION],
        "/sign-in?next=/account/sessions"
    );
}

#[tokio::test]
async fn a_session_ends_unused_after_a_week_and_in_any_case_after_a_month() {
    let timed = TimedApp::start().await;
    let app = &timed.app;
    let unused = ana(app).await;
    timed.advance(SignedDuration::from_hours(7 * 24 + 1));
    assert!(!is_signed_in(app, &unused).await);

    let used = cookie(&sign_in(app, "ana@example.com", PASSWORD).await);
    for _ in 0..5 {
        timed.advance(SignedDuration::from_hours(5 * 24 + 20));
        assert!(is_signed_in(app, &used).await);
    }
    timed.advance(SignedDuration::from_hours(24));
    assert!(!is_signed_in(app, &used).await);
}

#[tokio::test]
async fn the_cookie_of_a_deleted_user_signs_nobody_in() {
    let app = TestApp::start().await;
    let cookie = ana(&app).await;
    let mut database = AnyConnection::connect(&app.database_url).await.unwrap();
    // The session outlives the user, as if the database had let it.
    for statement in ["UPDATE sessions SET user_id = NULL", "DELETE FROM users"] {
        assert!(is_signed_in(&app, &cookie).await);
        sqlx::query(statement).execute(&mut database).await.unwrap();
    }
    assert!(!is_signed_in(&app, &cookie).await);
    assert_eq!(app.click(&cookie).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nothing_personal_can_be_read_in_the_database() {
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
async fn content_of_database(url: &str) -> String {
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
        let rows: Vec<(String,)> = sqlx::query_as(&sql).fetch_all(&mut database).await.unwrap();
        text.extend(rows.into_iter().map(|(row,)| row));
    }
    text
}

#[tokio::test]
async fn data_keys_rotate_and_nobody_notices() {
    let old = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let new = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";
    let first = TestApp::start_with(&[("DATA_KEYS", old)]).await;
    let app_with = async |keys: &str| {
        let start = Start {
            variables: &[("DATA_KEYS", keys)],
            beside: Some(&first),
            ..Start::default()
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
    let moved = app.store.move_to_newest_key().await.unwrap();
    assert_eq!(moved, 1);
    assert_eq!(app.store.move_to_newest_key().await.unwrap(), 0);

    let app = app_with(new).await;
    let answer = sign_in(&app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(is_signed_in(&app, &cookie(&answer)).await);
    assert_eq!(
        sign_up(&app).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );

    // A user who was only met is sealed with the newest key, too.
    let third = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
    let app = app_with(&format!("{third},{new}")).await;
    assert!(is_signed_in(&app, &cookie(&answer)).await);
    assert_eq!(app.store.move_to_newest_key().await.unwrap(), 0);
    let app = app_with(third).await;
    assert!(is_signed_in(&app, &cookie(&answer)).await);
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_told_to_wait() {
    let app = TestApp::start_with(&[
        ("RATE_LIMIT_SIGN_IN_PER_MINUTE", "2"),
        ("TRUSTED_PROXIES", "127.0.0.1, ::1"),
    ])
    .await;
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    let from = |address: &str| form(&app, "/sign-in", &fields).header("x-forwarded-for", address);
    for _ in 0..2 {
        let answer = from("192.0.2.1").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = from("192.0.2.1").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    assert!(answer.text().await.unwrap().contains("Too many tries"));
    let answer = from("192.0.2.2").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);

    let app = TestApp::start_with(&[("RATE_LIMIT_PER_MINUTE", "2")]).await;
    for _ in 0..2 {
        assert_eq!(app.click("").await.0, StatusCode::UNAUTHORIZED);
    }
    let (status, answer) = app.click("").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer["error"]["code"], "rate_limited");
    // Who asks for the process's health is not counted.
    let answer = app.request(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn very_many_ended_sessions_are_removed_bit_by_bit() {
    let app = TestApp::start().await;
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    sqlx::query(
        "WITH RECURSIVE counted (number) AS \
         (SELECT 1 UNION ALL SELECT number + 1 FROM counted WHERE number < 1500) \
         INSERT INTO sessions (id_digest, public_id, data, created_at, last_seen_at, expires_at) \
         SELECT CAST(number AS TEXT), CAST(number AS TEXT), '{}', 0, 0, 0 FROM counted",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    for removed in [1_000, 500, 0] {
        let longest = SignedDuration::from_hours(12);
        let done = app.store.delete_ended_sessions(longest).await;
        assert_eq!(done.unwrap(), removed);
    }
}
