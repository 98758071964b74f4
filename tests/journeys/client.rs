//! The client against a scripted server: golden payloads, odd answers, broken connections.
//!
//! Longer than 400 lines: one scripted server, which all cases share.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use persona_api::{Client, ConnectError, Connection, ErrorKind, InquiryFilter};
use persona_onboarding::model::{InquiryId, InquiryStatus, TemplateId};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::Instant,
};

use crate::support::TestApp;

/// A client of a scripted server, which sends for every request: the bytes, then the end of the
/// connection.
async fn server(answer: String) -> Client {
    client(&scripted(move |_| (Duration::ZERO, answer.clone())).await.0)
}

/// A server that answers each request, counted from 0, after a while with these bytes and the end of
/// the connection. Returns its address, and how many requests it has had.
async fn scripted(
    script: impl Fn(usize) -> (Duration, String) + Send + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr: SocketAddr = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (wait, answer) = script(count.fetch_add(1, Ordering::SeqCst));
            tokio::spawn(async move {
                let mut request = vec![0; 64 * 1024];
                let _ = stream.read(&mut request).await;
                tokio::time::sleep(wait).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (format!("http://{addr}/api/v1"), requests)
}

fn client(url: &str) -> Client {
    Client::new(&Connection {
        base_url: url.parse().unwrap(),
        api_key: "persona_sandbox_test".to_owned().into(),
        version: "2025-10-27".to_owned(),
        user_agent: "journeys".to_owned(),
    })
    .unwrap()
}

fn answer(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\n\
         request-id: req_Scripted\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A golden answer: status, headers and body as the file has them.
async fn golden(name: &str) -> Client {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(
        file["source"]
            .as_str()
            .unwrap()
            .contains("docs.withpersona.com")
    );
    let response = &file["response"];
    let body = response["body"].to_string();
    let mut text = format!(
        "HTTP/1.1 {} Golden\r\nconnection: close\r\n",
        response["status"]
    );
    for (header, value) in response["headers"].as_object().unwrap() {
        text.push_str(&format!("{header}: {}\r\n", value.as_str().unwrap()));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    server(text).await
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

fn id() -> InquiryId {
    InquiryId::parse("inq_1").unwrap()
}

const ALL: InquiryFilter<'static> = InquiryFilter::ALL;

#[tokio::test]
async fn every_golden_answer_is_understood() {
    let created = golden("inquiry-create.json").await;
    let created = created
        .create_inquiry(b"{}".to_vec(), None, soon())
        .await
        .unwrap();
    assert_eq!(created.status, InquiryStatus::Created);
    assert!(created.template_version_id.is_some() && created.times.created_at.is_some());

    let page = golden("inquiry-list.json")
        .await
        .list_inquiries(ALL, soon())
        .await
        .unwrap();
    assert!(!page.inquiries.is_empty());
    let page = golden("inquiry-list-empty.json")
        .await
        .list_inquiries(ALL, soon())
        .await
        .unwrap();
    assert!(page.inquiries.is_empty() && !page.has_more);

    let token = golden("inquiry-resume.json")
        .await
        .resume_inquiry(&id(), soon())
        .await
        .unwrap();
    assert!(!token.session_token.expose().is_empty());

    let link = golden("inquiry-one-time-link.json").await;
    let link = link.generate_one_time_link(&id(), soon()).await.unwrap();
    assert!(link.expose().contains("/verify?code="));

    let approved = golden("inquiry-retrieve-approved.json").await;
    let approved = approved.retrieve_inquiry(&id(), soon()).await.unwrap();
    assert_eq!(approved.status, InquiryStatus::Approved);

    // Tomorrow's status, attributes and shapes.
    let unforeseen = golden("inquiry-retrieve-unforeseen.json").await;
    let unforeseen = unforeseen.retrieve_inquiry(&id(), soon()).await.unwrap();
    assert!(matches!(unforeseen.status, InquiryStatus::Unknown(_)));

    let client = golden("inquiry-template.json").await;
    assert!(
        !client.has_other_template_version(&created),
        "not known yet"
    );
    let template_id = TemplateId::parse("itmpl_1").unwrap();
    let template = client
        .retrieve_template(&template_id, soon())
        .await
        .unwrap();
    assert!(template.is_active && template.latest_published_version_id.is_some());
    let mut inquiry = created;
    for (version, is_other) in [
        (template.latest_published_version_id, false),
        (Some("itmplv_older".to_owned()), true),
        (None, false),
    ] {
        inquiry.template_version_id = version;
        assert_eq!(client.has_other_template_version(&inquiry), is_other);
    }
}

#[tokio::test]
async fn every_golden_error_has_its_kind_and_request_id() {
    for (file, matches) in [
        (
            "error-unauthorized.json",
            (|it| *it == ErrorKind::Unauthorized) as fn(&ErrorKind) -> bool,
        ),
        ("error-not-found.json", |it| *it == ErrorKind::NotFound),
        ("error-conflict.json", |it| {
            matches!(it, ErrorKind::Conflict { .. })
        }),
        ("error-bad-request.json", |it| {
            matches!(it, ErrorKind::Rejected { status: 400, .. })
        }),
        ("error-unprocessable.json", |it| {
            matches!(it, ErrorKind::Rejected { status: 422, .. })
        }),
        ("error-rate-limited.json", |it| {
            matches!(
                it,
                ErrorKind::RateLimited {
                    reset_after: Some(_)
                }
            )
        }),
    ] {
        let error = golden(file)
            .await
            .create_inquiry(b"{}".to_vec(), None, soon())
            .await;
        let error = error.unwrap_err();
        assert!(matches(&error.kind), "{file}: {:?}", error.kind);
        // Persona's 401 names no request (docs.withpersona.com/docs/errors).
        assert_eq!(
            error.request_id.is_some(),
            error.kind != ErrorKind::Unauthorized,
            "{file}"
        );
    }
}

#[tokio::test]
async fn a_resume_without_a_token_is_a_failure() {
    for body in [
        r#"{"data":{},"meta":{}}"#,
        r#"{"data":{},"meta":{"session-token":null}}"#,
    ] {
        let error = server(answer(200, body))
            .await
            .resume_inquiry(&id(), soon())
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::InvalidResponse { .. }),
            "{:?}",
            error.kind
        );
    }
}

#[tokio::test]
async fn an_unreadable_response_is_an_error_that_does_not_quote_it() {
    let secret = "Alexander Sample";
    for (text, expected) in [
        (answer(200, &format!("<html>{secret}</html>")), "unreadable"),
        (
            answer(200, &format!(r#"{{"data":[{{"id":"{secret}"}}]}}"#)),
            "unreadable",
        ),
        (answer(200, ""), "unreadable"),
        (answer(302, ""), "unreadable"),
        (answer(500, secret), "failed (500)"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{\"data\":".to_owned(),
            "lost",
        ),
        ("not even HTTP".to_owned(), "lost"),
        (String::new(), "lost"),
    ] {
        let error = server(text.clone())
            .await
            .list_inquiries(ALL, soon())
            .await
            .unwrap_err();
        let text_of_error = format!("{error}: {}", error.kind);
        assert!(
            text_of_error.contains(expected),
            "{text:?}: {text_of_error}"
        );
        assert!(!text_of_error.contains(secret), "{text_of_error}");
    }
}

#[tokio::test]
async fn a_refused_connection_and_a_missing_response_are_different_errors() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    let deadline = Instant::now() + Duration::from_millis(300);
    let error = client(&url)
        .list_inquiries(ALL, deadline)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    drop(listener);
    let error = client(&url).list_inquiries(ALL, soon()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable(ConnectError::Refused));
}

#[tokio::test]
async fn a_persona_that_keeps_failing_is_left_alone_for_a_while() {
    let client = server(answer(503, "{}")).await;
    for _ in 0..10 {
        let error = client
            .create_inquiry(Vec::new(), None, soon())
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable { status: 503 });
    }
    let error = client
        .create_inquiry(Vec::new(), None, soon())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::CircuitOpen);
}

#[tokio::test]
async fn near_the_rate_limit_clicks_slow_down_and_the_background_pauses() {
    // 2 calls left of 300, and 2 seconds to go.
    let client = server(answer(200, r#"{"data":[],"links":{}}"#).replacen(
        "\r\n",
        "\r\nratelimit-limit: 300\r\nratelimit-remaining: 2\r\nratelimit-reset: 2\r\n",
        1,
    ))
    .await;
    client.list_inquiries(ALL, soon()).await.unwrap();

    let started = Instant::now();
    for _ in 0..3 {
        client.list_inquiries(ALL, soon()).await.unwrap();
    }
    assert!(
        started.elapsed() >= Duration::from_millis(1_000),
        "{:?}",
        started.elapsed()
    );

    let deadline = Instant::now() + Duration::from_millis(500);
    let error = client
        .in_background()
        .list_inquiries(ALL, deadline)
        .await
        .unwrap_err();
    assert!(matches!(
        error.kind,
        ErrorKind::RateLimited {
            reset_after: Some(_)
        }
    ));
    assert_eq!(error.request_id, None, "nothing was sent");
}

#[tokio::test]
async fn a_read_that_fails_once_or_twice_is_sent_again() {
    let fixture = |name| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let file = std::fs::read(path.join(name)).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        answer(200, &file["response"]["body"].to_string())
    };
    let limited = answer(429, "{}").replacen("\r\n", "\r\nratelimit-reset: 0\r\n", 1);
    let template = TemplateId::parse("itmpl_1").unwrap();
    for failure in [
        String::new(),
        "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{\"data\":".to_owned(),
        answer(200, "<html></html>"),
        answer(200, "{}"),
        answer(500, "{}"),
        answer(503, "{}"),
        limited,
    ] {
        for (operation, golden) in [
            ("list", fixture("inquiry-list.json")),
            ("retrieve", fixture("inquiry-retrieve-approved.json")),
            ("template", fixture("inquiry-template.json")),
            ("probe", fixture("inquiry-list-empty.json")),
        ] {
            let failure = failure.clone();
            let (url, requests) = scripted(move |number| {
                let is_failed = number < 2;
                let text = if is_failed { &failure } else { &golden };
                (Duration::ZERO, text.clone())
            })
            .await;
            let client = client(&url);
            let result = match operation {
                "list" => client.list_inquiries(ALL, soon()).await.map(drop),
                "retrieve" => client.retrieve_inquiry(&id(), soon()).await.map(drop),
                "template" => client.retrieve_template(&template, soon()).await.map(drop),
                _ => client.probe_environment(soon()).await.map(drop),
            };
            assert!(
                result.is_ok(),
                "{operation}: {:?}",
                result.unwrap_err().kind
            );
            assert_eq!(requests.load(Ordering::SeqCst), 3, "{operation}");
        }
    }
}

#[tokio::test]
async fn a_refused_read_is_not_sent_again() {
    for status in [400, 401, 403, 404, 409, 422] {
        let (url, requests) = scripted(move |_| (Duration::ZERO, answer(status, "{}"))).await;
        assert!(client(&url).list_inquiries(ALL, soon()).await.is_err());
        assert_eq!(requests.load(Ordering::SeqCst), 1, "{status}");
    }
}

/// Every first try earns, so that one failure in six never exhausts what was exhausted before.
#[tokio::test]
async fn lost_answers_of_creates_never_exhaust_the_retries_for_good() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    while app.persona.spend_retry() {}
    for click in 0..60 {
        if click % 6 == 5 {
            app.fault("create", "drop_answer", 1).await;
        }
        let (status, answer) = app.click(&cookie).await;
        assert_eq!(status, StatusCode::OK, "click {click}: {answer}");
        let id = answer["inquiry_id"].as_str().unwrap();
        app.simulate(id, &["start_inquiry", "complete_inquiry"])
            .await;
    }
    assert_eq!(app.inquiries().await.len(), 60);
}

/// Numbers that no instant can be moved by, and what is no number.
const ODD_NUMBERS: [&str; 10] = [
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "4294967296",
    "-1",
    "1e400",
    "NaN",
    "",
    "\u{661}",
    "99999999999999999999999999999999999999999999999999",
];

#[tokio::test]
async fn a_rate_limit_of_any_size_breaks_nothing() {
    for number in ODD_NUMBERS {
        for name in [
            "ratelimit-reset",
            "ratelimit-remaining",
            "ratelimit-limit",
            "retry-after",
        ] {
            for status in [200, 429] {
                let figures = [
                    ("ratelimit-limit", "300"),
                    ("ratelimit-remaining", "0"),
                    ("ratelimit-reset", "1"),
                    ("retry-after", "1"),
                ];
                let mut text = answer(status, r#"{"data":[],"links":{}}"#);
                for (header, usual) in figures {
                    let value = if header == name { number } else { usual };
                    text = text.replacen("\r\n", &format!("\r\n{header}: {value}\r\n"), 1);
                }
                let client = server(text).await;
                let deadline = Instant::now() + Duration::from_millis(300);
                for client in [&client, &client, &client.in_background()] {
                    let listed = client.list_inquiries(ALL, deadline).await;
                    let retrieved = client.retrieve_inquiry(&id(), deadline).await;
                    assert!(retrieved.is_err(), "{name}: {number}");
                    assert!(status == 200 || listed.is_err(), "{name}: {number}");
                }
                assert!(
                    deadline.elapsed() < Duration::from_millis(500),
                    "{name}: {number}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_click_survives_a_rate_limit_of_any_size() {
    for number in ODD_NUMBERS {
        // The lookup finds nothing, and the response to the create has an endless rate-limit reset.
        let script = move |request| {
            let text = match request {
                0 => answer(200, r#"{"data":[],"links":{}}"#),
                _ => answer(429, "{}"),
            };
            let header = format!("\r\nratelimit-reset: {number}\r\n");
            (Duration::ZERO, text.replacen("\r\n", &header, 1))
        };
        let (url, _) = scripted(script).await;
        let app = TestApp::start_with(&[("PERSONA_API_URL", &url)]).await;
        let cookie = app.sign_in().await;
        let (status, answer) = app.click(&cookie).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{number}");
        assert_eq!(answer["error"]["code"], "try_again", "{number}");
        // Written a moment after the answer; never, if the click has panicked.
        let mut failed = Vec::new();
        for _ in 0..100 {
            failed = app.store.list_failed_clicks(1).await.unwrap();
            if !failed.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let failure = failed.first().and_then(|click| click.failure.as_deref());
        assert_eq!(failure, Some("rate_limited"), "{number}");
    }
}

#[tokio::test]
async fn calls_without_time_left_do_not_open_the_circuit() {
    let empty = answer(200, r#"{"data":[],"links":{}}"#);
    let (url, requests) = scripted(move |_| (Duration::from_millis(300), empty.clone())).await;
    let client = client(&url);
    for _ in 0..20 {
        let error = client
            .list_inquiries(ALL, Instant::now())
            .await
            .unwrap_err();
        assert_eq!(error.kind.name(), "no_time_left");
    }
    assert_eq!(requests.load(Ordering::SeqCst), 0, "nothing was sent");

    // Ten tabs and more that have waited, and have little time left.
    let waiting = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            let deadline = Instant::now() + Duration::from_millis(50);
            client.list_inquiries(ALL, deadline).await.unwrap_err().kind
        })
    });
    for tab in waiting.collect::<Vec<_>>() {
        assert_eq!(tab.await.unwrap(), ErrorKind::Timeout);
    }
    // And such as were closed.
    for _ in 0..20 {
        let call = client.list_inquiries(ALL, soon());
        assert!(
            tokio::time::timeout(Duration::from_millis(20), call)
                .await
                .is_err()
        );
    }

    client.list_inquiries(ALL, soon()).await.unwrap();
}

#[tokio::test]
async fn a_rate_limited_click_says_when_to_retry() {
    // With a time of Persona's, of something in between, and without one.
    for (header, expected) in [
        ("ratelimit-reset: 40\r\n", "40"),
        ("retry-after: 50\r\n", "50"),
        ("", "3"),
    ] {
        let limited = answer(429, "{}").replacen("\r\n", &format!("\r\n{header}"), 1);
        let (url, _) = scripted(move |_| (Duration::ZERO, limited.clone())).await;
        let app = TestApp::start_with(&[("PERSONA_API_URL", &url)]).await;
        let cookie = app.sign_in().await;
        let click = app.request(Method::POST, "/api/inquiries/get-or-create");
        let click = click.header("cookie", cookie).send().await.unwrap();
        assert_eq!(click.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(click.headers()["retry-after"], expected);
    }
}
