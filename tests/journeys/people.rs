//! Sign-ups with one name, with pasted names, and with any birthdate.

use jiff::Timestamp;
use persona_onboarding::base::Clock;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;

use crate::{
    accounts::{ANA, cookie, form, page, sign_in},
    support::{Start, TestApp},
};

/// Signs up as Ana, but for these fields.
async fn sign_up_but(app: &TestApp, changed: &[(&str, &str)]) -> Response {
    let fields = ANA.map(|(name, value)| {
        let change = changed.iter().find(|(it, _)| *it == name);
        (name, change.map_or(value, |(_, value)| value))
    });
    form(app, "/sign-up", &fields).send().await.unwrap()
}

/// The fields of the inquiry that a click creates.
async fn prefill(app: &TestApp, cookie: &str) -> Value {
    let (status, click) = app.click(cookie).await;
    assert_eq!(status, StatusCode::OK, "{click}");
    let id = click["inquiry_id"].as_str().unwrap();
    let path = format!("/api/v1/inquiries/{id}");
    let inquiry = app.sandbox(Method::GET, &path, None).await;
    inquiry["data"]["attributes"]["fields"].clone()
}

#[tokio::test]
async fn one_name_is_enough_and_the_prefill_has_no_other() {
    let app = TestApp::start().await;
    for (first, last, has, has_not, email) in [
        ("Suharto", "", "name_first", "name_last", "a@example.com"),
        (
            " \u{200f}",
            "Suharto",
            "name_last",
            "name_first",
            "b@example.com",
        ),
    ] {
        let fields = [("first_name", first), ("last_name", last), ("email", email)];
        let answer = sign_up_but(&app, &fields).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{has} alone");
        let cookie = cookie(&answer);
        let (_, shown) = page(&app, "/onboarding", &cookie).await;
        assert!(shown.contains("Welcome, Suharto 🐕"), "{has} alone");
        assert!(shown.contains("<dd>Suharto</dd>"), "{has} alone");
        let prefill = prefill(&app, &cookie).await;
        assert_eq!(prefill[has]["value"], "Suharto");
        assert_eq!(prefill[has_not]["value"], Value::Null, "{prefill}");
    }
}

#[tokio::test]
async fn with_no_name_at_all_the_form_comes_back() {
    let app = TestApp::start().await;
    let answer = sign_up_but(&app, &[("first_name", " "), ("last_name", "\u{feff}")]).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Enter your name: one of the two is enough."));
    assert!(page.contains("href=\"#first_name\""));
    assert!(!page.contains("href=\"#last_name\""));
}

#[tokio::test]
async fn invisible_characters_of_a_pasted_name_are_removed() {
    let app = TestApp::start().await;
    let answer = sign_up_but(
        &app,
        &[
            ("first_name", "\u{feff}Ana\tMaría\u{200e}"),
            ("last_name", "\u{200f}Núñez\u{2069}"),
            ("birthdate", "\u{200e}1990-\u{200e}05-17\u{feff}"),
            ("email", "\u{200b}ana@example.com\u{200f}"),
        ],
    )
    .await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let prefill = prefill(&app, &cookie(&answer)).await;
    assert_eq!(prefill["name_first"]["value"], "Ana María");
    assert_eq!(prefill["name_last"]["value"], "Núñez");
    assert_eq!(prefill["birthdate"]["value"], "1990-05-17");
    let password = ANA[4].1;
    for email in ["ana@example.com", "\u{2068}ana@example.com\u{2069}\t"] {
        let answer = sign_in(&app, email, password).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{email:?}");
    }
}

#[tokio::test]
async fn a_bidirectional_mark_in_a_name_is_refused_with_advice() {
    let app = TestApp::start().await;
    let answer = sign_up_but(&app, &[("first_name", "A\u{202e}na")]).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Type your first name instead of pasting it"));
}

/// An app at that time of day.
async fn app_at(time: &str, minimum_age: &str) -> TestApp {
    let time: Timestamp = time.parse().unwrap();
    TestApp::start_as(Start {
        variables: &[("MINIMUM_AGE", minimum_age)],
        clock: Clock::from_fn(move || time),
        ..Start::default()
    })
    .await
}

#[tokio::test]
async fn age_is_counted_in_calendar_years_where_the_day_is_latest() {
    for (now, birthdate, expected) in [
        // Born on February 29: a year older on March 1, where there is no such day.
        (
            "2027-02-28T09:59:59Z",
            "2008-02-29",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        // It is March 1 on the first island.
        ("2027-02-28T10:00:00Z", "2008-02-29", StatusCode::SEE_OTHER),
        ("2027-02-27T10:00:00Z", "2008-02-28", StatusCode::SEE_OTHER),
        (
            "2027-06-30T09:59:59Z",
            "2008-07-01",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("2027-06-30T10:00:00Z", "2008-07-01", StatusCode::SEE_OTHER),
    ] {
        let app = app_at(now, "19").await;
        let answer = sign_up_but(&app, &[("birthdate", birthdate)]).await;
        assert_eq!(answer.status(), expected, "{birthdate} at {now}");
    }
}

#[tokio::test]
async fn a_path_means_the_same_with_a_slash_at_its_end() {
    let app = TestApp::start().await;
    let signed_in = app.sign_in().await;
    let see_other = |to: &'static str| (StatusCode::SEE_OTHER, Some(to));
    let is_found = (StatusCode::OK, None);
    let is_not = (StatusCode::NOT_FOUND, None);
    for (cookie, path, expected) in [
        (signed_in.as_str(), "/sign-in/", see_other("/onboarding")),
        (&signed_in, "/sign-up/", see_other("/onboarding")),
        (&signed_in, "/onboarding/", is_found),
        (&signed_in, "/sign-in//", see_other("/onboarding")),
        ("", "/sign-in/", is_found),
        ("", "/onboarding/", see_other("/sign-in?next=/onboarding")),
        (
            "",
            "/results/res_1/",
            see_other("/sign-in?next=/results/res_1"),
        ),
        (
            "",
            "/account/sessions/",
            see_other("/sign-in?next=/account/sessions"),
        ),
        ("", "/admin/", see_other("/sign-in?next=/admin")),
        (&signed_in, "/admin/", is_not),
        // A path that matches no route is 404 for every user.
        (&signed_in, "/sign%2Din", is_not),
        (&signed_in, "/sign-i%6e", is_not),
        (&signed_in, "/Sign-In", is_not),
        (&signed_in, "/account//sessions", is_not),
        (&signed_in, "//sign-in", is_not),
        ("", "/%6fnboarding", is_not),
        ("", "/Onboarding", is_not),
        ("", "/account//sessions", is_not),
        ("", "/%61dmin", is_not),
        (&signed_in, "/%61dmin/audit", is_not),
    ] {
        let answer = app
            .request(Method::GET, path)
            .header(header::COOKIE, cookie)
            .send()
            .await
            .unwrap();
        let location = answer.headers().get(header::LOCATION);
        let location = location.map(|it| it.to_str().unwrap().to_owned());
        let who = if cookie.is_empty() {
            "nobody"
        } else {
            "a person"
        };
        assert_eq!(
            (answer.status(), location.as_deref()),
            expected,
            "{path}, {who}"
        );
    }
    // A form is sent to its own address, and to no other that looks like it.
    let answer = form(&app, "/sign%2Din", &[("email", "ana@example.com")]);
    assert_eq!(answer.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
