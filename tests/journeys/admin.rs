//! The operators' area: closed to other users, without personal data, and with every action in the audit
//! log.
//!
//! Longer than 400 lines: every page and action of the area, on one story.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use persona_onboarding::{
    model::{InquiryId, ReferenceId},
    store::EventState,
};
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use sqlx::{AnyConnection, Connection as _};

use crate::{
    support::{MovedClock, Start, TestApp},
    webhook_sender::{SECRET, event, now, payload, post, send, send_and_settle, settled, sign},
};

const OPERATOR: &str = "ops@example.com";
const ALEXANDER: &str = "/admin/users/usr_ABC123";

/// An app with an operator, and its clicked-once demo user.
struct Fixture {
    app: TestApp,
    /// The process in which the operator signed up, before being listed.
    _before: TestApp,
    time: MovedClock,
    operator: String,
    walker: String,
    inquiry: String,
}

impl Fixture {
    async fn start() -> Self {
        let time = MovedClock::default();
        let before = TestApp::start_as(Start {
            clock: time.clock(),
            ..Start::default()
        })
        .await;
        let operator = before.sign_up(OPERATOR).await;
        let account = before.store.find_credentials(OPERATOR).await.unwrap();
        let id = account.unwrap().user_id;
        let app = TestApp::start_as(Start {
            variables: &[("OPERATORS", &format!("usr_Someone, {id}"))],
            clock: time.clock(),
            beside: Some(&before),
        })
        .await;
        let walker = app.sign_in().await;
        let (_, answer) = app.click(&walker).await;
        let inquiry = answer["inquiry_id"].as_str().unwrap().to_owned();
        Self {
            app,
            _before: before,
            time,
            operator,
            walker,
            inquiry,
        }
    }

    /// A page as the operator gets it. No page of the area shows anything personal.
    async fn page(&self, path: &str) -> String {
        let request = self
            .app
            .request(Method::GET, path)
            .header(header::COOKIE, &self.operator);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let page = answer.text().await.unwrap();
        for personal in [
            "Alexander",
            "Sample",
            "1977",
            "August 31",
            "Bo Li",
            "1985",
            "example.com",
        ] {
            assert!(!page.contains(personal), "{path} shows {personal}");
        }
        page
    }

    /// Does something as the operator, and says where it leads.
    async fn act(&self, path: &str, form: &[(&str, &str)]) -> String {
        let request = self
            .app
            .request(Method::POST, path)
            .header(header::COOKIE, &self.operator)
            .form(form);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        let to = answer.headers()[header::LOCATION].to_str().unwrap();
        to.to_owned()
    }

    async fn search(&self, term: &str) -> String {
        self.act("/admin/search", &[("term", term)]).await
    }

    /// Waits until the walker's clicks are written down, so many rows of them.
    async fn wait_for_activity(&self, count: usize) {
        let user = ReferenceId::parse("usr_ABC123").unwrap();
        for _ in 0..500 {
            if self
                .app
                .store
                .list_activity(&user, 100)
                .await
                .unwrap()
                .len()
                >= count
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the clicks are not written down");
    }
}

#[tokio::test]
async fn other_users_get_404_in_the_operators_area() {
    let it = Fixture::start().await;
    let paths = [
        (Method::GET, "/admin"),
        (Method::GET, ALEXANDER),
        (Method::GET, "/admin/events/evt_1"),
        (Method::GET, "/admin/audit"),
        (Method::GET, "/admin/nowhere"),
        (Method::POST, "/admin/search"),
        (Method::POST, "/admin/events/evt_1/replay"),
        (Method::POST, "/admin/replay-parked"),
    ];
    for (method, path) in paths {
        let request = it.app.request(method.clone(), path);
        let answer = request
            .header(header::COOKIE, &it.walker)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("Page not found"), "{method} {path}");

        let answer = it.app.request(method.clone(), path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{method} {path}");
        let to = answer.headers()[header::LOCATION].to_str().unwrap();
        assert!(to.starts_with("/sign-in?next=/admin"), "{to}");
    }
    assert!(it.app.store.list_audit().await.unwrap().is_empty());
}

#[tokio::test]
async fn no_alternative_path_reaches_the_operators_area() {
    let it = Fixture::start().await;
    for path in [
        "/x/../admin/audit",
        "/./admin",
        "/x/%2e%2e/admin/users/usr_ABC123",
        "/x/.%2E/admin/users/usr_ABC123",
        "//admin/audit",
        "/x\\..\\admin",
    ] {
        for cookie in [&it.walker, "session=none"] {
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
            );
            let answer = it.app.raw(&request).await;
            assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
            assert!(!answer.contains(&it.inquiry), "{path} shows the inquiry");
        }
    }
}

#[tokio::test]
async fn the_overviews_of_many_requests_do_not_wait_for_each_other() {
    let it = Fixture::start().await;
    let it = &it;
    let began = Instant::now();
    // More than there are connections to the database.
    let pages = (0..48).map(|_| async move { it.page("/admin").await });
    for page in futures_util::future::join_all(pages).await {
        assert!(page.contains("Failed clicks"));
        assert!(!page.contains("show this right now"), "{page}");
    }
    let elapsed = began.elapsed();
    let limit = Duration::from_millis(2_900);
    assert!(elapsed < limit, "a connection was waited for: {elapsed:?}");
}

#[tokio::test]
async fn without_operators_there_is_no_area() {
    let app = TestApp::start().await;
    let cookie = app.sign_up(OPERATOR).await;
    let request = app.request(Method::GET, "/admin");
    let answer = request.header(header::COOKIE, cookie).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_user_is_found_by_each_identifier_and_no_url_contains_an_email() {
    let it = Fixture::start().await;
    assert_eq!(it.search("usr_ABC123").await, ALEXANDER);
    assert_eq!(it.search(&format!(" {} ", it.inquiry)).await, ALEXANDER);
    let found = it.search("OPS@example.com").await;
    assert!(found.starts_with("/admin/users/usr_"), "{found}");
    it.page(&found).await;

    let unknown = [
        "usr_nobody",
        "inq_nobodys",
        "eve@example.com",
        "evt_none",
        "Alexander Sample",
        "",
    ];
    for term in unknown {
        assert_eq!(it.search(term).await, "/admin?said=nothing-found", "{term}");
    }
    let page = it.page("/admin?said=nothing-found").await;
    assert!(page.contains("No match"));
    // The next try begins in the field.
    assert!(page.contains("autofocus"));
    assert!(!it.page("/admin").await.contains("autofocus"));

    let audit = it.app.store.list_audit().await.unwrap();
    assert_eq!(audit.len(), 3 + unknown.len());
    assert!(audit.iter().all(|row| row.action == "search"));
    assert!(audit.iter().all(|row| !row.subject.contains('@')));
}

#[tokio::test]
async fn a_timeline_has_clicks_calls_events_changes_and_operators() {
    let it = Fixture::start().await;
    it.app.fault("list", "status:500", 10).await;
    it.app.click(&it.walker).await;
    it.app.clear_faults().await;
    it.wait_for_activity(5).await;
    send_and_settle(&it.app, &event("evt_1", "inquiry.started", &it.inquiry, 1)).await;
    it.search("usr_ABC123").await;

    let user = ReferenceId::parse("usr_ABC123").unwrap();
    let activity = it.app.store.list_activity(&user, 100).await.unwrap();
    let page = it.page(ALEXANDER).await;
    for row in &activity {
        if let Some(request_id) = &row.request_id {
            assert!(page.contains(request_id.as_str()), "{row:?}");
        }
    }
    for text in [
        "Last click failed: ",
        "Click (get or create): opened",
        "Click (get or create): unavailable",
        "Call: create inquiry",
        "Event: inquiry.started",
        "Operator: search",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let dashboard = format!("{}/dashboard/inquiries/{}", it.app.sandbox_url, it.inquiry);
    assert!(page.contains(&dashboard));
    assert!(it.page("/admin").await.contains("unavailable"));
}

#[tokio::test]
async fn an_operator_refreshes_an_inquiry_from_persona() {
    let it = Fixture::start().await;
    it.app
        .simulate(&it.inquiry, &["start_inquiry", "complete_inquiry"])
        .await;
    let refresh = [("inquiry", it.inquiry.as_str())];
    assert_eq!(
        it.act("/admin/refresh", &refresh).await,
        format!("{ALEXANDER}?said=changed")
    );
    let page = it.page(&format!("{ALEXANDER}?said=changed")).await;
    assert!(page.contains("the status has changed"));
    assert!(page.contains("Finished: waiting for a decision"));
    assert!(page.contains("by operator"));
    assert!(page.contains("Operator: refresh"));
    it.wait_for_activity(4).await;
    assert!(it.page(ALEXANDER).await.contains("Call: retrieve inquiry"));
    assert_eq!(
        it.act("/admin/refresh", &refresh).await,
        format!("{ALEXANDER}?said=unchanged")
    );

    it.app.fault("retrieve", "status:404", 1).await;
    let said = it.act("/admin/refresh", &refresh).await;
    assert_eq!(said, format!("{ALEXANDER}?said=unknown-to-persona"));
    it.app.fault("retrieve", "status:403", 1).await;
    let said = it.act("/admin/refresh", &refresh).await;
    assert_eq!(said, format!("{ALEXANDER}?said=persona-failed"));
    it.app.clear_faults().await;

    let elsewhere = it
        .app
        .request(Method::POST, "/admin/refresh")
        .form(&[("inquiry", "inq_none")]);
    let answer = elsewhere
        .header(header::COOKIE, &it.operator)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

/// Parks an event: its inquiry is unknown, and it has no reference ID.
async fn park(it: &Fixture) -> String {
    it.time.advance(SignedDuration::from_secs(60));
    let body = json!({"data": {"attributes": {
        "inquiry-template-id": "itmpl_sandboxKYC",
        "reference-id": "usr_ABC123",
    }}});
    let made = it
        .app
        .sandbox(Method::POST, "/api/v1/inquiries", Some(body))
        .await;
    let inquiry = made["data"]["id"].as_str().unwrap().to_owned();
    let mut early = event("evt_early", "inquiry.started", &inquiry, 1);
    // Later than whatever a lookup says.
    early["data"]["attributes"]["created-at"] = json!("2126-01-05T10:00:01.000Z");
    payload(&mut early)["attributes"]
        .as_object_mut()
        .unwrap()
        .remove("reference-id");
    let row = send_and_settle(&it.app, &early).await;
    assert_eq!(row.state, EventState::Parked);
    inquiry
}

#[tokio::test]
async fn a_parked_event_is_seen_and_replayed() {
    let it = Fixture::start().await;
    let inquiry = park(&it).await;
    let overview = it.page("/admin").await;
    assert!(overview.contains("href=\"/admin/events/evt_early\""));
    assert!(overview.contains("it has no reference ID that names the owner"));
    let page = it.page("/admin/events/evt_early").await;
    assert!(page.contains("parked") && page.contains("\"inquiry.started\""));

    // By now the inquiry is known: a click has found it.
    it.app.click(&it.walker).await;
    assert!(it.page(ALEXANDER).await.contains("An event is parked: "));
    assert_eq!(it.search("evt_early").await, "/admin/events/evt_early");
    let to = it.act("/admin/events/evt_early/replay", &[]).await;
    assert_eq!(to, "/admin/events/evt_early?said=replayed");
    let row = settled(&it.app, "evt_early").await;
    assert_eq!(row.state, EventState::Applied);
    let inquiry = InquiryId::parse(inquiry).unwrap();
    let kept = it.app.store.find_inquiry(&inquiry);
    assert_eq!(kept.await.unwrap().unwrap().status.as_str(), "pending");
    let page = it.page(ALEXANDER).await;
    assert!(!page.contains("An event is parked: "));
    assert!(page.contains("Operator: replay"));
}

#[tokio::test]
async fn all_parked_events_are_replayed_and_what_cannot_be_read_is_not_shown() {
    let it = Fixture::start().await;
    park(&it).await;
    it.app.click(&it.walker).await;
    let body = br#"{"surprise": {"name-first": "Alexander"}}"#;
    assert_eq!(
        post(&it.app, body, &sign(SECRET, now(), body)).await,
        StatusCode::OK
    );
    let parked = it
        .app
        .store
        .list_events(Some(EventState::Parked), 10)
        .await
        .unwrap();
    assert_eq!(parked.len(), 2);
    let unreadable = parked.iter().find(|row| row.name.is_empty()).unwrap();
    let page = it.page(&format!("/admin/events/{}", unreadable.id)).await;
    assert!(page.contains("bytes that could not be read"));

    assert_eq!(
        it.act("/admin/replay-parked", &[]).await,
        "/admin?said=replayed"
    );
    assert_eq!(
        settled(&it.app, "evt_early").await.state,
        EventState::Applied
    );
    let row = settled(&it.app, &unreadable.id).await;
    assert_eq!(
        row.state,
        EventState::Parked,
        "it is no more readable than it was"
    );
}

#[tokio::test]
async fn an_unknown_event_is_not_replayed() {
    let it = Fixture::start().await;
    for id in ["evt_none", "evt%0d%0anone"] {
        let request = it
            .app
            .request(Method::POST, &format!("/admin/events/{id}/replay"))
            .header(header::COOKIE, &it.operator);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{id}");
    }
    assert_eq!(
        send(&it.app, &event("evt_1", "inquiry.tomorrow", &it.inquiry, 1)).await,
        200
    );
}

#[tokio::test]
async fn the_audit_can_be_read_and_not_be_changed() {
    let it = Fixture::start().await;
    it.search("usr_ABC123").await;
    let page = it.page("/admin/audit").await;
    assert!(page.contains("usr_ABC123"));
    let mut connection = AnyConnection::connect(&it.app.database_url).await.unwrap();
    for sql in [
        "UPDATE audit SET operator_id = 'usr_nobody'",
        "DELETE FROM audit",
    ] {
        let error = sqlx::query(sql).execute(&mut connection).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    assert_eq!(it.app.store.list_audit().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_action_that_cannot_be_audited_is_not_performed() {
    let it = Fixture::start().await;
    it.app.simulate(&it.inquiry, &["start_inquiry"]).await;
    let mut connection = AnyConnection::connect(&it.app.database_url).await.unwrap();
    sqlx::query("ALTER TABLE audit RENAME TO audit_elsewhere")
        .execute(&mut connection)
        .await
        .unwrap();
    let request = it.app.request(Method::POST, "/admin/refresh");
    let answer = request
        .header(header::COOKIE, &it.operator)
        .form(&[("inquiry", &it.inquiry)])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(it.app.calls().await["retrieve"], 0);
}
