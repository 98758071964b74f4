//! The server's own manners: limits, health, and a peaceful end.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::TestApp;

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
async fn no_refusal_is_without_a_word() {
    let app = TestApp::start().await;
    for (method, path) in [
        (Method::PUT, "/sign-in"),
        (Method::GET, "/sign-out"),
        (Method::GET, "/api/session/demo"),
    ] {
        let answer = app.request(method, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(answer.headers().contains_key("allow"), "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("could not be read"), "{path}: {text}");
        assert_eq!(text.starts_with('{'), path.starts_with("/api/"), "{path}");
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_is_cut_off() {
    let app = TestApp::start().await;
    // The second is half of what HTTP/2 begins with.
    for beginning in ["", "PRI * HTTP"] {
        let mut stream = TcpStream::connect(app.addr()).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer);
        let end = tokio::time::timeout(Duration::from_secs(15), end).await;
        assert!(end.is_ok(), "still open after {beginning:?}");
    }
}

#[tokio::test]
async fn a_request_without_a_path_leads_nowhere() {
    let app = TestApp::start().await;
    for line in [
        "CONNECT a:80 HTTP/1.1",
        "GET a:80 HTTP/1.1",
        "OPTIONS * HTTP/1.1",
    ] {
        let request = format!("{line}\r\nHost: a:80\r\nConnection: close\r\n\r\n");
        let answer = app.raw(&request).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{line}: {answer}");
    }
}

#[tokio::test]
async fn a_client_that_never_ends_its_headers_is_cut_off() {
    let app = TestApp::start().await;
    let mut stream = TcpStream::connect(app.addr()).await.unwrap();
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
