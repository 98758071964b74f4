//! Signing up and in, and what stops it.
//!
//! Longer than 400 lines: sign-up and sign-in are tested by the same helpers, on one form each.

use jiff::SignedDuration;
use persona_onboarding::{
    app::commands::{self, UsersCommand},
    model::ReferenceId,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};

use crate::support::{MovedClock, Start, TestApp};

pub const PASSWORD: &str = "three dogs at the lake";
pub const ANA: [(&str, &str); 5] = [
    ("first_name", "Ana"),
    ("last_name", "Núñez"),
    ("birthdate", "1990-05-17"),
    ("email", "ana@example.com"),
    ("password", PASSWORD),
];

/// An app whose time can be moved on.
pub struct TimedApp {
    pub app: TestApp,
    time: MovedClock,
}

impl TimedApp {
    pub async fn start() -> Self {
        let time = MovedClock::default();
        let start = Start {
            clock: time.clock(),
            ..Start::default()
        };
        let app = TestApp::start_as(start).await;
        Self { app, time }
    }

    pub fn advance(&self, by: SignedDuration) {
        self.time.advance(by);
    }
}

pub fn form(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    app.request(Method::POST, path)
        .header(header::ACCEPT, "text/html")
        .form(fields)
}

pub async fn sign_up(app: &TestApp) -> Response {
    form(app, "/sign-up", &ANA).send().await.unwrap()
}

pub async fn sign_in(app: &TestApp, email: &str, password: &str) -> Response {
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

pub fn cookie(answer: &Response) -> String {
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Signs up as Ana, and returns the cookie.
pub async fn ana(app: &TestApp) -> String {
    let answer = sign_up(app).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    cookie(&answer)
}

pub async fn page(app: &TestApp, path: &str, cookie: &str) -> (StatusCode, String) {
    let request = app
        .request(Method::GET, path)
        .header(header::COOKIE, cookie);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

pub async fn is_signed_in(app: &TestApp, cookie: &str) -> bool {
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
        ("last_name", "42"),
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
        "Enter your first name using letters",
        "Enter your last name using letters",
        "Your birthdate must be in the past.",
        "Enter an e-mail address in the right format",
        "Your password must have at least 12 characters.",
        "href=\"#last_name\"",
        "aria-describedby=\"last_name-problem\"",
        "aria-describedby=\"password-problem password-hint\"",
        "aria-invalid=\"true\"",
        "role=\"alert\"",
    ] {
        assert!(page.contains(text), "{text} is missing");
    }
    assert!(!page.contains("short-one"), "the password is in the page");

    let fields = [
        ("first_name", "Ana"),
        ("last_name", "42"),
        ("password", "a walk along the canal"),
    ];
    let answer = form(&app, "/sign-up", &fields).send().await.unwrap();
    let page = answer.text().await.unwrap();
    assert!(page.contains("Enter your last name using letters"));
    assert!(!page.contains("your first name"));
    assert!(page.contains("Enter your password again"));
    assert!(!page.contains("a walk along the canal"));

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
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let password = format!("{PASSWORD} number {number}");
        let mut fields = ANA;
        fields[4].1 = &password;
        let request = form(&app, "/sign-up", &fields);
        tasks.spawn(async move { (request.send().await.unwrap().status(), password) });
    }
    let mut made = tasks.join_all().await;
    made.retain(|(status, _)| *status == StatusCode::SEE_OTHER);
    assert_eq!(made.len(), 1, "{made:?}");

    let mut fields = ANA;
    fields[3].1 = " ANA@Example.com";
    let answer = form(&app, "/sign-up", &fields).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().await.unwrap().contains("already an account"));
    let answer = sign_in(&app, "Ana@EXAMPLE.com ", &made[0].1).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_double_click_makes_one_account_and_signs_in() {
    let timed = TimedApp::start().await;
    let app = &timed.app;
    let mut answers = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let request = form(app, "/sign-up", &ANA);
        answers.spawn(async move { request.send().await.unwrap() });
    }
    let mut cookies = Vec::new();
    for answer in answers.join_all().await {
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()[header::LOCATION], "/onboarding");
        cookies.push(cookie(&answer));
    }
    // And once more a moment later, as after an answer that was lost.
    cookies.push(cookie(&sign_up(app).await));
    let mut inquiries = Vec::new();
    for cookie in &cookies {
        assert!(is_signed_in(app, cookie).await);
        inquiries.push(app.click(cookie).await.1["inquiry_id"].clone());
    }
    inquiries.dedup();
    assert_eq!(inquiries.len(), 1, "there is more than one account");

    // With any other combination the message is the same for everyone.
    for (index, other) in [
        (0, "Anna"),
        (1, ""),
        (2, "1990-05-18"),
        (4, "three cats at the lake"),
    ] {
        let mut fields = ANA;
        fields[index].1 = other;
        let answer = form(app, "/sign-up", &fields).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{other}");
        assert!(answer.text().await.unwrap().contains("already an account"));
    }
    // Later it is no double click.
    timed.advance(SignedDuration::from_mins(6));
    assert_eq!(
        sign_up(app).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn signing_up_again_is_no_second_way_to_guess_a_password() {
    let app = TestApp::start().await;
    ana(&app).await;
    for attempt in 0..10 {
        let guess = format!("three cats at the lake {attempt}");
        let mut fields = ANA;
        fields[4].1 = &guess;
        let answer = form(&app, "/sign-up", &fields).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = sign_in(&app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let answer = sign_up(&app).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

/// The cookie by which the browser is known again.
fn device_cookie(answer: &Response) -> String {
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
    let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap());
    let cookie = cookies.find(|it| it.starts_with("device=")).unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    for private in ["ana", "usr_"] {
        assert!(!cookie.to_lowercase().contains(private), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

async fn sign_in_from(app: &TestApp, device: &str, email: &str, password: &str) -> StatusCode {
    let fields = [("email", email), ("password", password)];
    let request = form(app, "/sign-in", &fields).header(header::COOKIE, device);
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_known_browser_can_sign_in_while_others_guess() {
    let app = TestApp::start().await;
    let device = device_cookie(&sign_up(&app).await);
    let wrong = "three cats at the lake";
    for _ in 0..11 {
        sign_in(&app, "ana@example.com", wrong).await;
    }
    let (paused, is_wrong, is_in) = (
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::SEE_OTHER,
    );
    let stranger = sign_in(&app, "ana@example.com", PASSWORD).await;
    assert_eq!(stranger.status(), paused);
    let from = |device: String, email: &'static str, password: &'static str| {
        let app = &app;
        async move { sign_in_from(app, &device, email, password).await }
    };
    assert_eq!(
        from(device.clone(), "Ana@example.com", PASSWORD).await,
        is_in
    );

    // It is worth nothing changed, and nothing for another e-mail.
    for _ in 0..10 {
        assert_eq!(
            from(device.clone(), "bob@example.com", wrong).await,
            is_wrong
        );
    }
    assert_eq!(from(device.clone(), "bob@example.com", wrong).await, paused);
    let mut forged = device.clone();
    forged.pop();
    for last in ["0", "1"] {
        let forged = format!("{forged}{last}");
        if forged != device {
            assert_eq!(from(forged, "ana@example.com", PASSWORD).await, paused);
        }
    }
    // A known browser has ten attempts of its own.
    for _ in 0..10 {
        assert_eq!(
            from(device.clone(), "ana@example.com", wrong).await,
            is_wrong
        );
    }
    assert_eq!(from(device, "ana@example.com", PASSWORD).await, paused);
}

#[tokio::test]
async fn a_pause_ends_although_others_go_on_guessing() {
    let timed = TimedApp::start().await;
    let app = &timed.app;
    ana(app).await;
    let wrong = "three cats at the lake";
    for _ in 0..10 {
        sign_in(app, "ana@example.com", wrong).await;
    }
    // One more guess an hour, also from the owner's own address.
    for _ in 0..3 {
        timed.advance(SignedDuration::from_hours(1));
        let guess = sign_in(app, "ana@example.com", wrong).await;
        assert_eq!(guess.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = sign_in(app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn guesses_from_one_address_pause_no_other() {
    let app = TestApp::start_with(&[("TRUSTED_PROXIES", "127.0.0.1, ::1")]).await;
    ana(&app).await;
    let from = |address: String, password: &'static str| {
        let fields = [("email", "ana@example.com"), ("password", password)];
        let request = form(&app, "/sign-in", &fields).header("x-forwarded-for", address);
        async move { request.send().await.unwrap().status() }
    };
    let wrong = "three cats at the lake";
    for _ in 0..12 {
        from("192.0.2.1".to_owned(), wrong).await;
    }
    let paused = StatusCode::TOO_MANY_REQUESTS;
    assert_eq!(from("192.0.2.1".to_owned(), PASSWORD).await, paused);
    let is_in = StatusCode::SEE_OTHER;
    assert_eq!(from("192.0.2.2".to_owned(), PASSWORD).await, is_in);
    // From many addresses there are a hundred guesses, and no more.
    for address in 1..=100 {
        from(format!("198.51.100.{address}"), wrong).await;
    }
    assert_eq!(from("192.0.2.3".to_owned(), PASSWORD).await, paused);
}

#[tokio::test]
async fn an_operator_finds_a_user_and_opens_their_sign_in_again() {
    let app = TestApp::start().await;
    ana(&app).await;
    for _ in 0..10 {
        sign_in(&app, "ana@example.com", "three cats at the lake").await;
    }
    let run = |command: UsersCommand| {
        let app = &app;
        async move {
            let mut output = Vec::new();
            let done = commands::users(&app.store, command, &mut output).await;
            done.map(|()| String::from_utf8(output).unwrap())
                .map_err(|error| format!("{error:#}"))
        }
    };
    let email = || " Ana@Example.com".to_owned();
    let found = run(UsersCommand::Find { email: email() }).await.unwrap();
    let id = found.strip_suffix('\n').unwrap();
    ReferenceId::parse(id).unwrap();

    let said = run(UsersCommand::Unlock { email: email() }).await.unwrap();
    assert_eq!(said, "sign-in with this e-mail is open again\n");
    let answer = sign_in(&app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let said = run(UsersCommand::Unlock { email: email() }).await.unwrap();
    assert_eq!(said, "sign-in with this e-mail was not paused\n");

    for (email, expected) in [
        ("bob@example.com", "no account has this e-mail"),
        ("bob", "this is no e-mail: use one like name@example.com"),
    ] {
        let email = email.to_owned();
        let error = run(UsersCommand::Find { email }).await.unwrap_err();
        assert_eq!(error, expected);
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_have_the_same_response() {
    let app = TestApp::start().await;
    ana(&app).await;
    let mut pages = Vec::new();
    for email in ["ana@example.com", "bob@example.com"] {
        let answer = sign_in(&app, email, "three cats at the lake").await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.headers().get(header::SET_COOKIE).is_none());
        let page = answer.text().await.unwrap();
        assert!(page.contains("Incorrect e-mail or password"));
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
async fn signing_in_redirects_with_a_new_session() {
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
        assert!(page.contains("Try again in 15 minutes"));
        pages.push(content(&page).replace(email, "…"));
    }
    assert_eq!(pages[0], pages[1]);

    timed.advance(SignedDuration::from_mins(15));
    let answer = sign_in(app, "ana@example.com", "three cats at the lake").await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let answer = sign_in(app, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Try again in 30 minutes"));

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
async fn ten_of_many_simultaneous_guesses_are_checked() {
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
async fn an_address_with_too_many_requests_has_to_wait() {
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
    assert!(answer.text().await.unwrap().contains("too many tries"));
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
