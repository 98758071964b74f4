//! A reader of the live stream, as a browser is one.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;

use crate::support::TestApp;

/// How long to wait for what must come.
const SOON: Duration = Duration::from_secs(10);
/// How long to wait for what must not come.
pub const A_WHILE: Duration = Duration::from_millis(300);

/// What a stream said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
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

pub struct LiveStream {
    response: Response,
    buffer: String,
    /// Whether it has said that it is alive.
    has_greeted: bool,
}

impl LiveStream {
    /// Opens it as a browser does.
    pub async fn open(app: &TestApp, cookie: &str, last_event_id: Option<i64>) -> Self {
        let mut request = request(app, cookie).header("sec-fetch-site", "same-origin");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        Self::send(request).await
    }

    /// Opens it as any other program does.
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
            has_greeted: false,
        };
        assert_eq!(stream.say().await, Said::Comment, "it says that it is open");
        stream
    }

    /// The next thing, except that it is alive for the first time.
    pub async fn say(&mut self) -> Said {
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

    /// The next thing, whatever it is and however long it takes.
    pub async fn read_any(&mut self) -> Said {
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

    /// The next thing, whatever it is, soon.
    pub async fn say_any(&mut self) -> Said {
        tokio::time::timeout(SOON, self.read_any())
            .await
            .expect("the stream is silent")
    }

    /// The next inquiry: status and number.
    pub async fn inquiry(&mut self, expected_id: &str) -> (String, i64) {
        match self.say().await {
            Said::Inquiry { number, id, status } => {
                assert_eq!(id, expected_id);
                (status, number)
            }
            other => panic!("{other:?} instead of an inquiry"),
        }
    }

    pub async fn must_stay_silent(&mut self) {
        let said = tokio::time::timeout(A_WHILE, self.read()).await;
        assert!(said.is_err(), "{said:?}");
    }
}

fn request(app: &TestApp, cookie: &str) -> RequestBuilder {
    app.request(Method::GET, "/api/inquiries/live")
        .header(header::COOKIE, cookie)
        .timeout(Duration::from_secs(300))
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
