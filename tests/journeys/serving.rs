//! The server's own manners: limits, health, and a peaceful end.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use crate::support::TestApp;

#[tokio::test]
async fn healthz_and_readyz_respond_with_200() {
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
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["code"], "invalid_request");

    // Also if it does not say beforehand how large it is.
    let mut stream = TcpStream::connect(app.addr()).await.unwrap();
    let head = "POST /api/inquiries/get-or-create HTTP/1.1\r\nHost: localhost\r\n\
                Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("4000\r\n{}\r\n", "a".repeat(0x4000));
    let request = format!("{head}{}0\r\n\r\n", chunk.repeat(5));
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn every_refusal_has_a_text() {
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
        assert!(
            text.to_lowercase().contains("reload the page"),
            "{path}: {text}"
        );
        assert_eq!(text.starts_with('{'), path.starts_with("/api/"), "{path}");
    }
}

#[tokio::test]
async fn half_a_request_does_not_delay_the_shutdown() {
    let app = TestApp::start().await;
    let mut stream = TcpStream::connect(app.addr()).await.unwrap();
    stream.write_all(b"GET / HT").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stopped = tokio::time::timeout(Duration::from_secs(3), app.stop()).await;
    assert!(stopped.is_ok());
}

#[tokio::test]
async fn a_client_that_sends_nothing_is_disconnected() {
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
async fn a_request_without_a_path_is_rejected() {
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
async fn a_client_that_never_completes_its_headers_is_disconnected() {
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
async fn every_response_has_a_request_id() {
    let app = TestApp::start().await;
    let answer = app.request(Method::GET, "/healthz").send().await.unwrap();
    assert!(!answer.headers()["x-request-id"].is_empty());
}

#[tokio::test]
async fn a_request_id_is_repeated_only_if_it_is_short_and_plain() {
    let app = TestApp::start().await;
    let long = "a".repeat(200);
    for (sent, is_kept) in [
        ("req-7.a_B", true),
        ("a b", false),
        ("<script>", false),
        (long.as_str(), false),
    ] {
        let answer = app
            .request(Method::GET, "/healthz")
            .header("x-request-id", sent)
            .send()
            .await
            .unwrap();
        let answered = answer.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(answered == sent, is_kept, "{sent}: {answered}");
        assert!(!answered.is_empty());
    }
}

#[tokio::test]
async fn it_is_not_ready_before_it_stops_and_serves_until_then() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let shutdown = app.shutdown.clone();
    let ending = tokio::spawn(async move { shutdown.begin(Duration::from_secs(2)).await });
    while !app.shutdown.is_draining() {
        tokio::task::yield_now().await;
    }

    let ready = app.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.headers()["connection"], "close");
    let alive = app.request(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK);
    let (status, _) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK);

    ending.await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn a_connection_may_be_idle_between_requests() {
    let app = TestApp::start().await;
    let mut stream = TcpStream::connect(app.addr()).await.unwrap();
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for _ in 0..2 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 4_096];
        let read = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        // Longer than a head may take.
        tokio::time::sleep(Duration::from_secs(11)).await;
    }
}

#[tokio::test]
async fn beyond_the_limit_clicks_are_refused_at_once_and_all_else_is_served() {
    let app = TestApp::start_with(&[("CLICK_LIMIT", "1")]).await;
    let cookie = app.sign_in().await;
    let delay = json!({"operation": "list", "kind": "delay", "delay_ms": 3_000, "count": 1});
    app.sandbox(Method::POST, "/_sandbox/faults", Some(delay))
        .await;

    // Its caller goes away; its work and its place stay.
    let abandoned = app
        .request(Method::POST, "/api/inquiries/get-or-create")
        .header("cookie", &cookie)
        .timeout(Duration::from_millis(500))
        .send()
        .await;
    assert!(abandoned.is_err());
    let begun = Instant::now();
    let refused = app
        .request(Method::POST, "/api/inquiries/get-or-create")
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(begun.elapsed() < Duration::from_secs(1), "at once");
    assert_eq!(refused.headers()["retry-after"], "1");
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["error"]["code"], "try_again");
    let alive = app.request(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK);

    let limit = begun + Duration::from_secs(10);
    while app.click(&cookie).await.0 != StatusCode::OK {
        assert!(Instant::now() < limit, "the place was not given back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn it_is_not_ready_while_a_background_task_is_down() {
    let app = TestApp::start().await;
    app.tasks.spawn("broken", async || panic!("on purpose"));
    let limit = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = app.request(Method::GET, "/readyz").send().await.unwrap();
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            let text = answer.text().await.unwrap();
            assert_eq!(text, "a background task is down\n");
            return;
        }
        assert!(Instant::now() < limit, "it stays ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
