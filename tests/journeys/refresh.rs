//! `POST /api/inquiries/refresh`: fetches an inquiry once, for its owner alone.

use jiff::SignedDuration;
use persona_onboarding::model::{InquiryId, ReferenceId};
use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::support::{MovedClock, Start, TestApp};

struct Fixture {
    app: TestApp,
    time: MovedClock,
    cookie: String,
    id: String,
}

/// An inquiry that was made more than five seconds ago.
async fn clicked() -> Fixture {
    let time = MovedClock::default();
    let app = TestApp::start_as(Start {
        clock: time.clock(),
        ..Start::default()
    })
    .await;
    let cookie = app.sign_in().await;
    let (_, answer) = app.click(&cookie).await;
    let id = answer["inquiry_id"].as_str().unwrap().to_owned();
    time.advance(SignedDuration::from_secs(6));
    Fixture {
        app,
        time,
        cookie,
        id,
    }
}

impl Fixture {
    async fn refresh(&self, id: &str, cookie: &str) -> (StatusCode, Value) {
        let request = self
            .app
            .request(Method::POST, "/api/inquiries/refresh")
            .header(header::COOKIE, cookie)
            .form(&[("inquiry_id", id)]);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn status(&self) -> String {
        let id = InquiryId::parse(self.id.as_str()).unwrap();
        let kept = self.app.store.find_inquiry(&id).await.unwrap().unwrap();
        kept.status.as_str().to_owned()
    }

    async fn questions(&self) -> i64 {
        self.app.calls().await["retrieve"].as_i64().unwrap()
    }
}

#[tokio::test]
async fn a_hint_fetches_the_status_from_persona() {
    let it = clicked().await;
    it.app
        .simulate(&it.id, &["start_inquiry", "complete_inquiry"])
        .await;
    assert_eq!(it.status().await, "created");
    let (status, _) = it.refresh(&it.id, &it.cookie).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(it.status().await, "completed");

    // The person has pressed the button for the first status, not for this one.
    let user = ReferenceId::parse("usr_ABC123").unwrap();
    let id = InquiryId::parse(it.id.clone()).unwrap();
    let changes = it.app.store.list_changes(&user, &id).await.unwrap();
    let sources: Vec<_> = changes
        .iter()
        .map(|change| (change.status.to_string(), change.source.clone()))
        .collect();
    let expected = [("created", "click"), ("completed", "page")];
    assert_eq!(
        sources,
        expected.map(|(status, source)| (status.to_owned(), source.to_owned()))
    );
}

#[tokio::test]
async fn persona_is_not_asked_again_within_five_seconds() {
    let it = clicked().await;
    for _ in 0..3 {
        let (status, _) = it.refresh(&it.id, &it.cookie).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    assert_eq!(it.questions().await, 1);
    it.time.advance(SignedDuration::from_secs(5));
    it.refresh(&it.id, &it.cookie).await;
    assert_eq!(it.questions().await, 2);
}

#[tokio::test]
async fn another_users_inquiry_cannot_be_refreshed() {
    let it = clicked().await;
    let (status, answer) = it.refresh(&it.id, "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["error"]["code"], "signed_out");

    let bo = it.app.sign_up("bo@example.com").await;
    for id in [it.id.as_str(), "inq_nobodys", "nonsense"] {
        let (status, _) = it.refresh(id, &bo).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{id}");
    }
    assert_eq!(it.questions().await, 0);
}

#[tokio::test]
async fn what_names_no_inquiry_is_invalid() {
    let it = clicked().await;
    let requests = [
        it.app.request(Method::POST, "/api/inquiries/refresh"),
        it.app
            .request(Method::POST, "/api/inquiries/refresh")
            .form(&[("id", it.id.as_str())]),
        it.app
            .request(Method::POST, "/api/inquiries/refresh")
            .body("inquiry_id=inq_1"),
    ];
    for request in requests {
        let answer = request.header(header::COOKIE, &it.cookie).send();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], "invalid_request");
    }
}

#[tokio::test]
async fn when_persona_fails_the_next_hint_asks_at_once() {
    let it = clicked().await;
    it.app.fault("retrieve", "status:500", 10).await;
    let (status, answer) = it.refresh(&it.id, &it.cookie).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert_eq!(answer["error"]["code"], "persona_failed");

    it.app.clear_faults().await;
    it.app.simulate(&it.id, &["start_inquiry"]).await;
    let (status, _) = it.refresh(&it.id, &it.cookie).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(it.status().await, "pending");
}
