//! The client against a scripted server: golden payloads, odd answers, broken connections.

use std::{net::SocketAddr, path::Path, time::Duration};

use persona_onboarding::{
    model::{InquiryId, InquiryStatus, TemplateId},
    persona::{Client, Connection, ErrorKind, InquiryFilter},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::Instant,
};

/// What the scripted server sends for every request: the bytes, then the end of the connection.
async fn server(answer: String) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr: SocketAddr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 64 * 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    client(&format!("http://{addr}/api/v1"))
}

fn client(url: &str) -> Client {
    Client::new(&Connection {
        base_url: url.parse().unwrap(),
        api_key: "persona_sandbox_test".to_owned().into(),
        version: "2025-10-27".to_owned(),
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
    assert!(!client.is_of_other_version(&created), "not known yet");
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
        assert_eq!(client.is_of_other_version(&inquiry), is_other);
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
            matches!(error.kind, ErrorKind::Unreadable { .. }),
            "{:?}",
            error.kind
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_not_one_is_an_error_that_does_not_repeat_it() {
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
        let told = format!("{error}: {}", error.kind);
        assert!(told.contains(expected), "{text:?} was told as {told}");
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn nobody_listening_and_nobody_answering_are_told_apart() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/v1", nobody.local_addr().unwrap());
    let deadline = Instant::now() + Duration::from_millis(300);
    let error = client(&url)
        .list_inquiries(ALL, deadline)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    drop(nobody);
    let error = client(&url).list_inquiries(ALL, soon()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
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
    assert_eq!(error.kind, ErrorKind::Paused);
}

#[tokio::test]
async fn near_the_limit_people_go_slowly_and_the_background_stands_back() {
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
