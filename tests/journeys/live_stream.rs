//! A client of the live stream.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;

use crate::support::TestApp;

/// The time limit for an expected event.
const EVENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long no event may arrive where none is expected.
pub const SILENCE: Duration = Duration::from_millis(300);

/// An event or a comment of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEvent {
    Comment,
    /// A heartbeat: a comment with an `alive` event.
    Heartbeat,
    Inquiry {
        number: i64,
        id: String,
        status: String,
    },
    SignedOut,
    /// The end of the stream.
    End,
}

pub struct LiveStream {
    response: Response,
    buffer: String,
    /// Whether the first heartbeat has arrived.
    has_first_heartbeat: bool,
}

impl LiveStream {
    /// Opens a stream as a browser does.
    pub async fn open(app: &TestApp, cookie: &str, last_event_id: Option<i64>) -> Self {
        let mut request = request(app, cookie).header("sec-fetch-site", "same-origin");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        Self::send(request).await
    }

    /// Opens a stream as any other program does.
    pub async fn open_as_program(app: &TestApp, cookie: &str) -> Self {
        Self::send(request(app, cookie)).await
    }

    async fn send(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers();
        assert_eq!(headers[header::CONTENT_TYPE], "text/event-stream");
        let mut stream = Self {
            response,
            buffer: String::new(),
            has_first_heartbeat: false,
        };
        assert_eq!(
            stream.next().await,
            StreamEvent::Comment,
            "the first comment"
        );
        stream
    }

    /// The next event, without the first heartbeat.
    pub async fn next(&mut self) -> StreamEvent {
        tokio::time::timeout(EVENT_TIMEOUT, self.read())
            .await
            .expect("no event in time")
    }

    async fn read(&mut self) -> StreamEvent {
        let event = self.read_any().await;
        if event == StreamEvent::Heartbeat && !self.has_first_heartbeat {
            self.has_first_heartbeat = true;
            return self.read_any().await;
        }
        event
    }

    /// The next event, without a time limit.
    pub async fn read_any(&mut self) -> StreamEvent {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let event = read_block(block);
                self.buffer = rest.to_owned();
                return event;
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.buffer.push_str(std::str::from_utf8(&chunk).unwrap()),
                Ok(None) => return StreamEvent::End,
                Err(error) => panic!("the stream was cut off: {error}"),
            }
        }
    }

    /// The next event, the first heartbeat included.
    pub async fn next_any(&mut self) -> StreamEvent {
        tokio::time::timeout(EVENT_TIMEOUT, self.read_any())
            .await
            .expect("no event in time")
    }

    /// The next inquiry: status and number.
    pub async fn inquiry(&mut self, expected_id: &str) -> (String, i64) {
        match self.next().await {
            StreamEvent::Inquiry { number, id, status } => {
                assert_eq!(id, expected_id);
                (status, number)
            }
            other => panic!("{other:?} instead of an inquiry"),
        }
    }

    pub async fn must_stay_silent(&mut self) {
        let event = tokio::time::timeout(SILENCE, self.read()).await;
        assert!(event.is_err(), "{event:?}");
    }
}

fn request(app: &TestApp, cookie: &str) -> RequestBuilder {
    app.request(Method::GET, "/api/inquiries/live")
        .header(header::COOKIE, cookie)
        .timeout(Duration::from_secs(300))
}

fn read_block(block: &str) -> StreamEvent {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
    };
    match field("event") {
        None => StreamEvent::Comment,
        Some("alive") => {
            assert!(block.starts_with(": "), "{block}");
            assert_eq!(field("data"), Some("{}"));
            assert_eq!(field("id"), None);
            StreamEvent::Heartbeat
        }
        Some("signed_out") => StreamEvent::SignedOut,
        Some("inquiry") => {
            let data: Value = serde_json::from_str(field("data").unwrap()).unwrap();
            let at = data["at"].as_str().unwrap();
            at.parse::<Timestamp>().unwrap();
            assert_eq!(data.as_object().unwrap().len(), 3, "{data}");
            StreamEvent::Inquiry {
                number: field("id").unwrap().parse().unwrap(),
                id: data["inquiry_id"].as_str().unwrap().to_owned(),
                status: data["status"].as_str().unwrap().to_owned(),
            }
        }
        Some(other) => panic!("an event named {other}"),
    }
}
