//! The live stream of where inquiries stand: what it tells, to whom, and when it ends.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use persona_onboarding::{
    domain::mirror::{self, Observation, Source},
    model::{EventId, InquiryId, ReferenceId},
    persona::InquiryTimes,
};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;
use sqlx::Connection as _;

use crate::{postgres, support::TestApp};

const ALEXANDER: &str = "usr_ABC123";
/// How long to wait for what must come.
const SOON: Duration = Duration::from_secs(10);
/// How long to wait for what must not come.
const A_WHILE: Duration = Duration::from_millis(300);

/// What a stream said.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Comment,
    /// A comment, and the same for script.
    Alive,
    Inquiry {
        number: i64,
        id: String,
        status: String,
    },
    SignedOut,
    /// Nothing, and it never will.
    End,
}

struct LiveStream {
    response: Response,
    buffer: String,
    /// Whether it has said that it is alive.
    has_greeted: bool,
}

impl LiveStream {
    async fn open(app: &TestApp, cookie: &str, last_event_id: Option<i64>) -> Self {
        let mut request = app
            .request(Method::GET, "/api/inquiries/live")
            .header(header::COOKIE, cookie)
            .timeout(Duration::from_secs(300));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers();
        assert_eq!(headers[header::CONTENT_TYPE], "text/event-stream");
        let mut stream = Self {
            response,
            buffer: String::new(),
            has_greeted: false,
        };
        assert_eq!(stream.say().await, Said::Comment, "it says that it is open");
        stream
    }

    /// The next thing, except that it is alive for the first time.
    async fn say(&mut self) -> Said {
        tokio::time::timeout(SOON, self.read())
            .await
            .expect("the stream is silent")
    }

    async fn read(&mut self) -> Said {
        let said = self.read_any().await;
        if said == Said::Alive && !self.has_greeted {
            self.has_greeted = true;
            return self.read_any().await;
        }
        said
    }

    async fn read_any(&mut self) -> Said {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let said = read_block(block);
                self.buffer = rest.to_owned();
                return said;
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.buffer.push_str(std::str::from_utf8(&chunk).unwrap()),
                Ok(None) => return Said::End,
                Err(error) => panic!("the stream was cut off: {error}"),
            }
        }
    }

    /// The next thing, whatever it is.
    async fn say_any(&mut self) -> Said {
        tokio::time::timeout(SOON, self.read_any())
            .await
            .expect("the stream is silent")
    }

    /// The next inquiry: status and number.
    async fn inquiry(&mut self, expected_id: &str) -> (String, i64) {
        match self.say().await {
            Said::Inquiry { number, id, status } => {
                assert_eq!(id, expected_id);
                (status, number)
            }
            other => panic!("{other:?} instead of an inquiry"),
        }
    }

    async fn must_stay_silent(&mut self) {
        let said = tokio::time::timeout(A_WHILE, self.read()).await;
        assert!(said.is_err(), "{said:?}");
    }
}

fn read_block(block: &str) -> Said {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
    };
    match field("event") {
        None => Said::Comment,
        Some("alive") => {
            assert!(block.starts_with(": "), "{block}");
            assert_eq!(field("data"), Some("{}"));
            assert_eq!(field("id"), None);
            Said::Alive
        }
        Some("signed_out") => Said::SignedOut,
        Some("inquiry") => {
            let data: Value = serde_json::from_str(field("data").unwrap()).unwrap();
            let at = data["at"].as_str().unwrap();
            at.parse::<Timestamp>().unwrap();
            assert_eq!(data.as_object().unwrap().len(), 3, "{data}");
            Said::Inquiry {
                number: field("id").unwrap().parse().unwrap(),
                id: data["inquiry_id"].as_str().unwrap().to_owned(),
                status: data["status"].as_str().unwrap().to_owned(),
            }
        }
        Some(other) => panic!("an event named {other}"),
    }
}

/// Lets it be known that an inquiry has come to a status.
async fn tell(app: &TestApp, user: &str, id: &str, status: &str, at: i64) {
    let observation = Observation {
        inquiry_id: InquiryId::parse(id).unwrap(),
        owner: Some(ReferenceId::parse(user).unwrap()),
        status: status.to_owned().into(),
        at: Some(Timestamp::from_second(1_767_607_200 + at).unwrap()),
        source: Source::Event(EventId::parse(format!("evt_{id}_{at}")).unwrap()),
        template_version_id: None,
        times: InquiryTimes::default(),
    };
    mirror::apply(&app.store, &observation).await.unwrap();
}

/// Signs up somebody else: the cookie and the user ID.
async fn sign_up(app: &TestApp) -> (String, String) {
    let answer = app
        .request(Method::POST, "/sign-up")
        .header(header::ACCEPT, "text/html")
        .form(&[
            ("first_name", "Bo"),
            ("last_name", "Li"),
            ("birthdate", "1985-02-03"),
            ("email", "bo@example.com"),
            ("password", "three cats at the lake"),
        ])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let mut connection = sqlx::AnyConnection::connect(&app.database_url)
        .await
        .unwrap();
    let (id,): (String,) = sqlx::query_as("SELECT id FROM users WHERE id <> $1")
        .bind(ALEXANDER)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    (cookie, id)
}

#[tokio::test]
async fn it_tells_what_is_and_then_what_changes() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    tell(&app, ALEXANDER, "inq_a", "created", 1).await;
    tell(&app, ALEXANDER, "inq_b", "pending", 2).await;
    tell(&app, ALEXANDER, "inq_a", "pending", 3).await;

    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let (status, first) = stream.inquiry("inq_b").await;
    assert_eq!(status, "pending");
    let (status, second) = stream.inquiry("inq_a").await;
    assert_eq!(status, "pending");
    assert!(second > first, "{second} comes after {first}");
    stream.must_stay_silent().await;

    let told = Instant::now();
    tell(&app, ALEXANDER, "inq_b", "approved", 4).await;
    let (status, third) = stream.inquiry("inq_b").await;
    assert_eq!(status, "approved");
    assert!(third > second);
    assert!(
        told.elapsed() < Duration::from_secs(1),
        "{:?}",
        told.elapsed()
    );
    stream.must_stay_silent().await;
}

#[tokio::test]
async fn who_comes_back_is_told_what_has_changed_since() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    tell(&app, ALEXANDER, "inq_a", "created", 1).await;
    tell(&app, ALEXANDER, "inq_b", "created", 1).await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    stream.inquiry("inq_a").await;
    let (_, seen) = stream.inquiry("inq_b").await;
    drop(stream);

    tell(&app, ALEXANDER, "inq_b", "pending", 2).await;
    tell(&app, ALEXANDER, "inq_b", "completed", 3).await;
    let mut stream = LiveStream::open(&app, &cookie, Some(seen)).await;
    let (status, number) = stream.inquiry("inq_b").await;
    assert_eq!(status, "completed");
    assert!(number > seen);
    stream.must_stay_silent().await;
    // And what was not told again is still followed.
    tell(&app, ALEXANDER, "inq_a", "expired", 4).await;
    assert_eq!(stream.inquiry("inq_a").await.0, "expired");

    // A number of another database says nothing.
    let mut stream = LiveStream::open(&app, &cookie, Some(1_000_000)).await;
    stream.inquiry("inq_b").await;
    stream.inquiry("inq_a").await;
}

#[tokio::test]
async fn the_signed_out_are_refused() {
    let app = TestApp::start().await;
    for path in ["/api/inquiries/live", "/api/inquiries"] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], "signed_out", "{path}");
    }
}

#[tokio::test]
async fn the_list_says_the_same() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    tell(&app, ALEXANDER, "inq_a", "created", 1).await;
    tell(&app, ALEXANDER, "inq_a", "approved", 2).await;
    let answer = app
        .request(Method::GET, "/api/inquiries")
        .header(header::COOKIE, &cookie);
    let answer: Value = answer.send().await.unwrap().json().await.unwrap();
    let list = answer["inquiries"].as_array().unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["inquiry_id"], "inq_a");
    assert_eq!(list[0]["status"], "approved");
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let (_, number) = stream.inquiry("inq_a").await;
    assert_eq!(list[0]["number"], number.to_string());
}

#[tokio::test]
async fn a_silent_stream_says_every_fifteen_seconds_that_it_is_alive() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    stream.must_stay_silent().await;
    for _ in 0..2 {
        pass(15).await;
        assert_eq!(stream.say().await, Said::Alive);
    }
}

#[tokio::test]
async fn after_what_is_it_says_at_once_that_it_is_alive() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    // Also to who has no inquiry.
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    assert_eq!(stream.say_any().await, Said::Alive);

    tell(&app, ALEXANDER, "inq_a", "created", 1).await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let said = stream.say_any().await;
    assert!(matches!(said, Said::Inquiry { .. }), "{said:?}");
    assert_eq!(stream.say_any().await, Said::Alive);
    // Once: the next time is after fifteen seconds.
    let said = tokio::time::timeout(A_WHILE, stream.read_any()).await;
    assert!(said.is_err(), "{said:?}");
}

#[tokio::test]
async fn who_is_woken_for_nothing_says_it_no_later() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    stream.must_stay_silent().await;
    pass(14).await;
    post(&app, "/account/sessions/revoke-others", &cookie).await;
    stream.must_stay_silent().await;
    pass(2).await;
    assert_eq!(stream.say().await, Said::Alive);
}

/// Lets time pass.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// Submits a form that has nothing to fill in.
async fn post(app: &TestApp, path: &str, cookie: &str) {
    let request = app
        .request(Method::POST, path)
        .header(header::COOKIE, cookie);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn sign_out_ends_the_sessions_stream_and_no_other() {
    let app = TestApp::start().await;
    let (cookie, other_cookie) = (app.sign_in().await, app.sign_in().await);
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let mut other = LiveStream::open(&app, &other_cookie, None).await;
    post(&app, "/sign-out", &cookie).await;
    assert_eq!(stream.say().await, Said::SignedOut);
    assert_eq!(stream.say().await, Said::End);
    other.must_stay_silent().await;
    tell(&app, ALEXANDER, "inq_a", "created", 1).await;
    other.inquiry("inq_a").await;
}

#[tokio::test]
async fn a_session_that_is_ended_elsewhere_hears_nothing_more() {
    let app = TestApp::start().await;
    let (cookie, other_cookie) = (app.sign_in().await, app.sign_in().await);
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    post(&app, "/account/sessions/revoke-others", &other_cookie).await;
    assert_eq!(stream.say().await, Said::SignedOut);
    assert_eq!(stream.say().await, Said::End);

    // By another process, of which this one is not told: the next change finds it out.
    let mut stream = LiveStream::open(&app, &other_cookie, None).await;
    let mut connection = sqlx::AnyConnection::connect(&app.database_url)
        .await
        .unwrap();
    sqlx::query("DELETE FROM sessions")
        .execute(&mut connection)
        .await
        .unwrap();
    tell(&app, ALEXANDER, "inq_a", "approved", 1).await;
    assert_eq!(stream.say().await, Said::SignedOut);
    assert_eq!(stream.say().await, Said::End);
}

#[tokio::test]
async fn anothers_changes_are_never_seen() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let (other_cookie, other_id) = sign_up(&app).await;
    tell(&app, ALEXANDER, "inq_a", "created", 1).await;
    let mut other = LiveStream::open(&app, &other_cookie, Some(0)).await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    stream.inquiry("inq_a").await;
    tell(&app, ALEXANDER, "inq_a", "approved", 2).await;
    stream.inquiry("inq_a").await;
    other.must_stay_silent().await;
    tell(&app, &other_id, "inq_b", "created", 3).await;
    other.inquiry("inq_b").await;
    stream.must_stay_silent().await;
}

#[tokio::test]
async fn two_browsers_of_a_user_hear_the_same() {
    let app = TestApp::start().await;
    let (one, two) = (app.sign_in().await, app.sign_in().await);
    let mut one = LiveStream::open(&app, &one, None).await;
    let mut two = LiveStream::open(&app, &two, None).await;
    for (status, at) in [("created", 1), ("pending", 2), ("declined", 3)] {
        tell(&app, ALEXANDER, "inq_a", status, at).await;
        let heard = one.inquiry("inq_a").await;
        assert_eq!(heard.0, status);
        assert_eq!(two.inquiry("inq_a").await, heard);
    }
}

#[tokio::test]
async fn a_change_in_one_process_is_heard_in_another() {
    // Always on Postgres: SQLite has one process.
    let url = postgres::fresh_database().await;
    let variables = [("DATABASE_URL", url.as_str())];
    let app = TestApp::start_with(&variables).await;
    let beside = TestApp::start_with(&variables).await;
    let cookie = app.sign_in().await;
    let mut stream = LiveStream::open(&beside, &cookie, None).await;
    stream.must_stay_silent().await;
    tell(&app, ALEXANDER, "inq_a", "created", 1).await;
    assert_eq!(stream.inquiry("inq_a").await.0, "created");
}

#[tokio::test]
async fn a_user_has_so_many_streams_and_no_more() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut streams = Vec::new();
    let refused = loop {
        let answer = app
            .request(Method::GET, "/api/inquiries/live")
            .header(header::COOKIE, &cookie)
            .send()
            .await
            .unwrap();
        if answer.status() != StatusCode::OK {
            break answer;
        }
        streams.push(answer);
        assert!(streams.len() < 100);
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    assert!(streams.len() > 5, "{}", streams.len());
}

#[tokio::test]
async fn the_shutdown_ends_streams_at_once() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let mut stream = LiveStream::open(&app, &cookie, None).await;
    let stopped = Instant::now();
    app.stop().await;
    assert_eq!(stream.say().await, Said::End);
    assert!(
        stopped.elapsed() < Duration::from_secs(1),
        "{:?}",
        stopped.elapsed()
    );
}
