//! The server's own manners: limits, health, and a peaceful end.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::TestApp;

fn addr(app: &TestApp) -> String {
    app.url
        .trim_start_matches("http://")
        .replace("localhost", "127.0.0.1")
}

#[tokio::test]
async fn it_says_that_it_lives_and_is_ready() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let app = TestApp::start().await;
    let answer = app
        .request(Method::POST, "/api/inquiries/get-or-create")
        .body(vec![b'a'; 1024 * 1024])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_client_that_never_ends_its_headers_is_cut_off() {
    let app = TestApp::start().await;
    let mut stream = TcpStream::connect(addr(&app)).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut answer)).await;
    assert!(end.is_ok(), "the connection is still open");
}

#[tokio::test]
async fn each_answer_names_its_request() {
    let app = TestApp::start().await;
    let answer = app.request(Method::GET, "/healthz").send().await.unwrap();
    assert!(!answer.headers()["x-request-id"].is_empty());
}
