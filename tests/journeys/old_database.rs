//! A database that an earlier version has written: sealed data, passwords, sessions and signatures
//! outlive the libraries that made them.
//!
//! `tests/fixtures/old-database/README.md` says what is in it and how it was made.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use persona_onboarding::{base::Clock, model::ReferenceId, store::EventState};
use reqwest::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    accounts::{cookie, page, sign_in},
    schema::{program, said},
    support::{Start, TestApp},
    webhook_sender::{post, settled},
};

const ANA: usize = 0;
const BO: usize = 1;
/// An HMAC-SHA256 in Base64.
const SIGNATURE_LENGTH: usize = 44;

#[derive(Deserialize)]
struct Secrets {
    made_at: Timestamp,
    variables: BTreeMap<String, String>,
    people: [Person; 2],
    inquiry_id: String,
    event: SentEvent,
}

#[derive(Deserialize)]
struct Person {
    email: String,
    password: String,
    cookies: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct SentEvent {
    id: String,
    signature: String,
    body: String,
}

/// A copy of the database, and what belongs to it.
struct OldDatabase {
    folder: TempDir,
    secrets: Secrets,
}

impl OldDatabase {
    fn copy() -> Self {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/old-database");
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(fixture.join("app.db"), folder.path().join("app.db")).unwrap();
        let secrets = std::fs::read(fixture.join("secrets.json")).unwrap();
        let secrets = serde_json::from_slice(&secrets).unwrap();
        Self { folder, secrets }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    fn variables(&self) -> Vec<(&str, String)> {
        let secrets = self.secrets.variables.iter();
        secrets
            .map(|(name, value)| (name.as_str(), value.clone()))
            .chain([(
                "DATABASE_URL",
                format!("sqlite://{}", self.file().display()),
            )])
            .collect()
    }

    /// Serves it, at the time at which it was made.
    async fn serve(&self) -> TestApp {
        let variables = self.variables();
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let (made_at, system) = (self.secrets.made_at, Clock::system());
        let age: SignedDuration = system.now().duration_since(made_at);
        TestApp::start_as(Start {
            variables: &variables,
            clock: Clock::from_fn(move || system.now() - age),
            ..Start::default()
        })
        .await
    }

    async fn user_id(&self, app: &TestApp, person: usize) -> ReferenceId {
        let email = &self.secrets.people[person].email;
        let found = app.store.find_credentials(email).await.unwrap();
        found.unwrap().user_id
    }
}

#[tokio::test]
async fn its_users_sign_in_with_their_old_passwords_and_keep_their_ids() {
    let old = OldDatabase::copy();
    let app = old.serve().await;
    for (person, texts) in [
        (ANA, ["Welcome, Ana 🐕", "Ana Núñez", "May 17, 1990"]),
        (BO, ["Welcome, Bo 🐕", "Bo Li", "February 3, 1985"]),
    ] {
        let person = &old.secrets.people[person];
        let wrong = sign_in(&app, &person.email, "three birds at the lake").await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let answer = sign_in(&app, &person.email, &person.password).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let (status, page) = page(&app, "/onboarding", &cookie(&answer)).await;
        assert_eq!(status, StatusCode::OK);
        for text in texts {
            assert!(page.contains(text), "{text} is missing");
        }
    }
}

#[tokio::test]
async fn its_cookies_are_still_valid_and_forged_ones_are_not() {
    let old = OldDatabase::copy();
    let app = old.serve().await;
    let ana = &old.secrets.people[ANA];
    let session = format!("session={}", ana.cookies["session"]);
    let (status, text) = page(&app, "/onboarding", &session).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("Ana Núñez"));

    // The session ID follows its signature; Ana's ID under Bo's signature is refused.
    let bo = &old.secrets.people[BO].cookies["session"];
    let split = SIGNATURE_LENGTH;
    let forged = format!(
        "session={}{}",
        &bo[..split],
        &ana.cookies["session"][split..]
    );
    assert_eq!(
        page(&app, "/onboarding", &forged).await.0,
        StatusCode::SEE_OTHER
    );

    // A browser that is still known keeps its entry, and gets no new one.
    let device = &ana.cookies["device"];
    let fields = [("email", &ana.email), ("password", &ana.password)];
    let answer = app
        .request(Method::POST, "/sign-in")
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, format!("device={device}"))
        .form(&fields)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
    let cookies: Vec<_> = cookies.map(|cookie| cookie.to_str().unwrap()).collect();
    let expected = format!("device={device};");
    assert!(
        cookies.iter().any(|cookie| cookie.starts_with(&expected)),
        "{cookies:?}"
    );
}

#[tokio::test]
async fn a_webhook_signed_in_the_past_is_accepted_at_that_time() {
    let old = OldDatabase::copy();
    let app = old.serve().await;
    let SentEvent {
        body, signature, ..
    } = &old.secrets.event;
    assert_eq!(post(&app, body.as_bytes(), signature).await, StatusCode::OK);
    let changed = body.replace("approved", "declined");
    assert_eq!(
        post(&app, changed.as_bytes(), signature).await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn its_sealed_events_and_bodies_open() {
    let old = OldDatabase::copy();
    let app = old.serve().await;
    app.store.check().await.unwrap();

    // Applying an event again reads its sealed body.
    let event = &old.secrets.event.id;
    assert!(app.store.replay_event(event).await.unwrap());
    let settled = settled(&app, event).await;
    assert_eq!(settled.state, EventState::Applied, "{settled:?}");
    let inquiry = settled.inquiry_id.as_deref();
    assert_eq!(inquiry, Some(old.secrets.inquiry_id.as_str()));

    let bo = old.user_id(&app, BO).await;
    let attempt = app.store.find_attempt(&bo).await.unwrap().unwrap();
    let body: Value = serde_json::from_slice(&attempt.body.unwrap()).unwrap();
    let attributes = &body["data"]["attributes"];
    assert_eq!(attributes["reference-id"], bo.as_str());
    assert_eq!(attributes["fields"]["name_last"], "Li");
    assert_eq!(attributes["fields"]["birthdate"], "1985-02-03");
    let ana = old.user_id(&app, ANA).await;
    let attempt = app.store.find_attempt(&ana).await.unwrap().unwrap();
    assert_eq!(attempt.body, None);

    // What was begun then is finished now, with one inquiry of the same person.
    let cookie = format!("session={}", old.secrets.people[BO].cookies["session"]);
    let (status, answer) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let path = format!("/_sandbox/inquiries?reference-id={bo}");
    let inquiries = app.sandbox(Method::GET, &path, None).await;
    assert_eq!(inquiries["data"].as_array().unwrap().len(), 1);
    let fields = &inquiries["data"][0]["attributes"]["fields"];
    assert_eq!(fields["name_first"]["value"], "Bo");
}

#[tokio::test]
async fn the_commands_accept_it() {
    let old = OldDatabase::copy();
    let variables = old.variables();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    // Checking comes first, so that it is the old file that is checked.
    let output = program(old.folder.path(), &variables, &["doctor"]);
    let checked = said(&output);
    assert!(!output.status.success(), "{checked}");
    assert!(
        checked.contains("run `persona-onboarding migrate`"),
        "{checked}"
    );
    for arguments in [
        &["migrate"][..],
        &["doctor"],
        &["users", "find", &old.secrets.people[ANA].email],
    ] {
        let output = program(old.folder.path(), &variables, arguments);
        let said = said(&output);
        assert!(output.status.success(), "{arguments:?}: {said}");
        if arguments == ["doctor"] {
            assert!(said.contains("missing: none"), "{said}");
        }
    }
}
