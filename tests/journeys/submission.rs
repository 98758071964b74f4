//! After the person has submitted everything, while no webhook arrives: the sandbox of the journeys
//! sends none.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::support::{MovedClock, Start, TestApp};

const WAITING: &str = "we have everything";

/// A person who has pressed the button.
struct Person {
    app: TestApp,
    time: MovedClock,
    cookie: String,
    id: String,
}

impl Person {
    async fn new(variables: &[(&str, &str)]) -> Self {
        let time = MovedClock::default();
        let app = TestApp::start_as(Start {
            variables,
            clock: time.clock(),
            ..Start::default()
        })
        .await;
        let cookie = app.sign_in().await;
        let (_, answer) = app.click(&cookie).await;
        let id = answer["inquiry_id"].as_str().unwrap().to_owned();
        Self {
            app,
            time,
            cookie,
            id,
        }
    }

    /// Lets this happen at Persona, and the page report the end of the window.
    async fn submit(&self, actions: &[&str]) {
        self.app.simulate(&self.id, actions).await;
        let status = self.report(&self.id, &self.cookie).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }

    async fn report(&self, id: &str, cookie: &str) -> StatusCode {
        let request = self
            .app
            .request(Method::POST, "/api/inquiries/refresh")
            .header(header::COOKIE, cookie)
            .form(&[("inquiry_id", id), ("event", "complete")]);
        request.send().await.unwrap().status()
    }

    async fn page(&self, path: &str) -> String {
        let request = self.app.request(Method::GET, path);
        let request = request.header(header::COOKIE, &self.cookie);
        request.send().await.unwrap().text().await.unwrap()
    }

    /// What the onboarding page says beside the button.
    async fn line(&self) -> String {
        let page = self.page("/onboarding").await;
        let (_, rest) = page.split_once("id=\"verify-line\"").unwrap();
        let (line, _) = rest.split_once("</p>").unwrap();
        line.split_once('>').unwrap().1.to_owned()
    }

    /// Comes back from the hosted flow. Its query may say anything.
    async fn come_back(&self) {
        let request = self
            .app
            .request(Method::GET, "/onboarding/return?status=completed");
        let answer = request
            .header(header::COOKIE, &self.cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()[header::LOCATION], "/onboarding");
    }

    async fn press(&self) -> (StatusCode, Value) {
        self.app.click(&self.cookie).await
    }

    async fn calls(&self, operation: &str) -> i64 {
        self.app.calls().await[operation].as_i64().unwrap()
    }
}

const COMPLETED: &[&str] = &["start_inquiry", "complete_inquiry"];

#[tokio::test]
async fn a_submission_survives_reloads() {
    let person = Person::new(&[]).await;
    assert!(person.line().await.contains("haven't started"));
    person.submit(COMPLETED).await;
    // The report alone asks Persona nothing: usually a webhook follows.
    assert_eq!(person.calls("retrieve").await, 0);
    for _ in 0..2 {
        let line = person.line().await;
        assert!(line.contains(WAITING), "{line}");
    }
    let results = person.page("/results").await;
    assert!(results.contains(WAITING), "{results}");
    assert!(!results.contains("haven't started"), "{results}");
}

#[tokio::test]
async fn a_reload_asks_persona_once_in_five_seconds() {
    let person = Person::new(&[]).await;
    person.submit(COMPLETED).await;
    person.time.advance(SignedDuration::from_secs(6));
    let line = person.line().await;
    assert!(line.contains("checking your documents"), "{line}");
    person
        .app
        .simulate(&person.id, &["mark_for_review_inquiry"])
        .await;
    person.line().await;
    assert_eq!(person.calls("retrieve").await, 1);
    person.time.advance(SignedDuration::from_secs(6));
    let line = person.line().await;
    assert!(line.contains("A person is taking a closer look"), "{line}");
}

#[tokio::test]
async fn a_press_while_the_result_is_awaited_starts_nothing_anew() {
    for (end, code) in [
        (None, "waiting"),
        (Some("mark_for_review_inquiry"), "waiting"),
        (Some("approve_inquiry"), "approved"),
        (Some("decline_inquiry"), "declined"),
    ] {
        let person = Person::new(&[("INQUIRY_POLICY", "repeat")]).await;
        let actions: Vec<_> = COMPLETED.iter().copied().chain(end).collect();
        person.submit(&actions).await;
        let (status, answer) = person.press().await;
        assert_eq!(status, StatusCode::CONFLICT, "{end:?}: {answer}");
        assert_eq!(answer["error"]["code"], code, "{end:?}");
        assert_eq!(answer["error"]["inquiry_id"], *person.id, "{end:?}");
        assert_eq!(person.app.inquiries().await.len(), 1, "{end:?}");
        assert_eq!(person.calls("create").await, 1, "{end:?}");

        // While it is undecided, each press asks again; once the decision is told, `repeat` counts.
        let (status, answer) = person.press().await;
        if code == "waiting" {
            assert_eq!(status, StatusCode::CONFLICT, "{end:?}: {answer}");
            assert_eq!(person.app.inquiries().await.len(), 1, "{end:?}");
        } else {
            assert_eq!(status, StatusCode::OK, "{end:?}: {answer}");
            assert_ne!(answer["inquiry_id"], *person.id, "{end:?}");
        }
    }
}

#[tokio::test]
async fn without_script_a_press_leads_back_to_the_page_and_not_to_another_inquiry() {
    let person = Person::new(&[]).await;
    person.submit(COMPLETED).await;
    let request = person.app.request(Method::POST, "/onboarding/start");
    let request = request
        .header(header::COOKIE, &person.cookie)
        .header(header::ACCEPT, "text/html");
    let answer = request.send().await.unwrap();
    assert_eq!(
        answer.headers()[header::LOCATION],
        "/onboarding?problem=waiting"
    );
    assert_eq!(person.app.inquiries().await.len(), 1);
}

#[tokio::test]
async fn a_failed_or_expired_attempt_is_followed_by_another() {
    for end in ["fail_inquiry", "expire_inquiry"] {
        let person = Person::new(&[]).await;
        person.submit(&["start_inquiry", end]).await;
        let (status, answer) = person.press().await;
        assert_eq!(status, StatusCode::OK, "{end}: {answer}");
        assert_ne!(answer["inquiry_id"], *person.id, "{end}");
    }
}

#[tokio::test]
async fn what_persona_calls_unfinished_is_continued() {
    for (actions, has_token) in [(&[][..], false), (&["start_inquiry"][..], true)] {
        let person = Person::new(&[]).await;
        person.submit(actions).await;
        assert!(person.line().await.contains(WAITING));
        let (status, answer) = person.press().await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["inquiry_id"], *person.id);
        assert_eq!(answer["session_token"].is_string(), has_token);
        let line = person.line().await;
        assert!(!line.contains(WAITING), "{line}");
        assert_eq!(person.calls("retrieve").await, 1);
        person.press().await;
        assert_eq!(person.calls("retrieve").await, 1, "the hint is gone");
    }
}

#[tokio::test]
async fn a_reload_believes_persona_when_a_minute_has_passed() {
    let person = Person::new(&[]).await;
    person.submit(&["start_inquiry"]).await;
    person.time.advance(SignedDuration::from_secs(6));
    assert!(
        person.line().await.contains(WAITING),
        "it may be processing"
    );
    person.time.advance(SignedDuration::from_secs(60));
    let line = person.line().await;
    assert!(line.contains("Continue where you left off"), "{line}");
}

#[tokio::test]
async fn without_an_answer_of_personas_a_press_creates_nothing() {
    let person = Person::new(&[]).await;
    person.submit(COMPLETED).await;
    person.app.fault("retrieve", "status:500", 20).await;
    let (status, answer) = person.press().await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{answer}");
    assert_eq!(answer["error"]["code"], "persona_failed");
    assert_eq!(person.app.inquiries().await.len(), 1);
    assert!(person.line().await.contains(WAITING));
}

#[tokio::test]
async fn a_report_counts_for_a_day() {
    let person = Person::new(&[]).await;
    person.submit(COMPLETED).await;
    person.time.advance(SignedDuration::from_hours(25));
    let person = Person {
        cookie: person.app.sign_in().await,
        ..person
    };
    assert!(person.line().await.contains("haven't started"));
    let (status, answer) = person.press().await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(person.calls("retrieve").await, 0);
}

#[tokio::test]
async fn nobody_reports_for_another() {
    let person = Person::new(&[]).await;
    let bo = person.app.sign_up("bo@example.com").await;
    for (id, cookie, expected) in [
        (person.id.as_str(), bo.as_str(), StatusCode::NOT_FOUND),
        ("inq_nobodys", &person.cookie, StatusCode::NOT_FOUND),
        (person.id.as_str(), "", StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(person.report(id, cookie).await, expected, "{id}");
    }
    assert!(person.line().await.contains("haven't started"));
}

#[tokio::test]
async fn a_report_approves_nobody() {
    let person = Person::new(&[("INQUIRY_POLICY", "once")]).await;
    person.submit(&[]).await;
    let line = person.line().await;
    assert!(!line.contains("You're verified"), "{line}");
    let (status, answer) = person.press().await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[tokio::test]
async fn coming_back_from_the_hosted_flow_asks_persona_there_and_then() {
    for (actions, expected) in [
        (COMPLETED, "checking your documents"),
        (
            &["start_inquiry", "complete_inquiry", "approve_inquiry"],
            "You're verified",
        ),
        (&["start_inquiry", "fail_inquiry"], "this time"),
        // Nobody has to finish to open this address.
        (&["start_inquiry"], "Continue where you left off"),
        (&[], "haven't started"),
    ] {
        let person = Person::new(&[]).await;
        person.app.simulate(&person.id, actions).await;
        person.come_back().await;
        let line = person.line().await;
        assert!(line.contains(expected), "{actions:?}: {line}");
        assert_eq!(person.calls("retrieve").await, 1, "{actions:?}");
    }
}

#[tokio::test]
async fn coming_back_while_persona_does_not_answer_waits_for_the_result() {
    for kind in ["status:500", "delay"] {
        let person = Person::new(&[]).await;
        person.app.simulate(&person.id, COMPLETED).await;
        person.app.fault("retrieve", kind, 20).await;
        let started = Instant::now();
        person.come_back().await;
        assert!(started.elapsed() < Duration::from_secs(6), "{kind}");
        let line = person.line().await;
        assert!(line.contains(WAITING), "{kind}: {line}");
        let page = person.page("/onboarding").await;
        assert!(page.contains("Check for the result"), "{page}");

        person.app.clear_faults().await;
        let (status, answer) = person.press().await;
        assert_eq!(status, StatusCode::CONFLICT, "{kind}: {answer}");
        assert_eq!(person.app.inquiries().await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn coming_back_signed_out_or_without_an_inquiry_asks_nothing() {
    let person = Person::new(&[]).await;
    let bo = person.app.sign_up("bo@example.com").await;
    for cookie in ["", bo.as_str()] {
        let request = person.app.request(Method::GET, "/onboarding/return");
        let answer = request.header(header::COOKIE, cookie).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    }
    assert_eq!(person.calls("retrieve").await, 0);
}
