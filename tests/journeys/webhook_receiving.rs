//! The webhook endpoint: which requests it accepts, and how it responds.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use persona_api::verify_signature;
use persona_onboarding::store::{EventState, NewEvent};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use reqwest::{Method, StatusCode, header};
use secrecy::SecretString;
use serde_json::json;
use sqlx::{AnyConnection, Connection as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    support::TestApp,
    webhook_sender::{SECRET, event, now, post, send, send_and_settle, settled, sign},
};

async fn event_count(app: &TestApp) -> usize {
    app.store.list_events(None, 1_000).await.unwrap().len()
}

#[tokio::test]
async fn a_duplicate_is_stored_once_and_acknowledged_twice() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let event = event("evt_1", "inquiry.approved", "inq_1", 9);
    let first = send_and_settle(&app, &event).await;
    assert_eq!(first.state, EventState::Applied);
    assert_eq!(send(&app, &event).await, StatusCode::OK);
    assert_eq!(event_count(&app).await, 1);
    assert_eq!(settled(&app, "evt_1").await, first);
}

#[tokio::test]
async fn only_a_current_signature_with_a_current_secret_is_accepted() {
    let app = TestApp::start().await;
    let body = event("evt_1", "inquiry.approved", "inq_1", 9)
        .to_string()
        .into_bytes();
    let good = sign(SECRET, now(), &body);
    for (why, sent, signature) in [
        ("forged", &body[..], sign("wbhsec_other", now(), &body)),
        ("stale", &body, sign(SECRET, now() - 400, &body)),
        ("of the future", &body, sign(SECRET, now() + 400, &body)),
        ("truncated", &body[..body.len() - 1], good.clone()),
        ("of another body", b"{}", good.clone()),
        ("empty", &body, String::new()),
        ("no signature", &body, "t=,v1=".to_owned()),
    ] {
        let status = post(&app, sent, &signature).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{why}");
    }
    let unsigned = app
        .request(Method::POST, "/webhooks/persona")
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(unsigned.text().await.unwrap(), "unauthorized\n");
    assert_eq!(event_count(&app).await, 0);
    assert_eq!(post(&app, &body, &good).await, StatusCode::OK);
}

#[tokio::test]
async fn while_the_secret_rotates_both_are_valid() {
    let app = TestApp::start_with(&[("PERSONA_WEBHOOK_SECRET", "wbhsec_new, wbhsec_old")]).await;
    for (number, signers) in [
        vec!["wbhsec_new"],
        vec!["wbhsec_old"],
        vec!["wbhsec_new", "wbhsec_old"],
        vec!["wbhsec_older", "wbhsec_old"],
    ]
    .iter()
    .enumerate()
    {
        let body = event(&format!("evt_{number}"), "inquiry.created", "inq_1", 1)
            .to_string()
            .into_bytes();
        let pairs: Vec<String> = signers
            .iter()
            .map(|secret| sign(secret, now(), &body))
            .collect();
        assert_eq!(
            post(&app, &body, &pairs.join(" ")).await,
            StatusCode::OK,
            "{signers:?}"
        );
    }
}

#[tokio::test]
async fn a_webhook_needs_no_origin_header() {
    let app = TestApp::start().await;
    let body = event("evt_1", "inquiry.created", "inq_1", 1)
        .to_string()
        .into_bytes();
    let answer = app
        .request(Method::POST, "/webhooks/persona")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ORIGIN, "https://withpersona.com")
        .header("sec-fetch-site", "cross-site")
        .header("persona-signature", sign(SECRET, now(), &body))
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(!answer.headers().contains_key(header::SET_COOKIE));
    let other = app.request(Method::GET, "/webhooks/persona");
    assert_eq!(
        other.send().await.unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn a_body_with_another_content_type_is_refused() {
    let app = TestApp::start().await;
    let body = event("evt_1", "inquiry.created", "inq_1", 1)
        .to_string()
        .into_bytes();
    for (content_type, expected) in [
        (Some("text/plain"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (
            Some("application/x-www-form-urlencoded"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            Some("application/jsonp"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (Some("Application/JSON;charset=UTF-8"), StatusCode::OK),
        (Some("application/vnd.api+json"), StatusCode::OK),
        (None, StatusCode::OK),
    ] {
        let mut request = app
            .request(Method::POST, "/webhooks/persona")
            .header("persona-signature", sign(SECRET, now(), &body))
            .body(body.clone());
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        assert_eq!(
            request.send().await.unwrap().status(),
            expected,
            "{content_type:?}"
        );
    }
}

#[tokio::test]
async fn an_oversized_body_is_refused_with_and_without_content_length() {
    let app = TestApp::start().await;
    let body = vec![b' '; 4 * 1024 * 1024];
    let signature = sign(SECRET, now(), &body);
    let head = format!(
        "POST /webhooks/persona HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         persona-signature: {signature}\r\n"
    );
    // It says so: refused before a byte of it has come.
    let said = format!("{head}content-length: {}\r\n\r\n", body.len());
    assert_eq!(exchange(&app, said.as_bytes()).await, 413);
    // Who sends all of it before reading gets to read the answer, too.
    let whole = [said.as_bytes(), &body].concat();
    let answer = app.raw(&String::from_utf8(whole).unwrap()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // Who waits for a word is spared the sending.
    let waits = format!(
        "{head}expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    assert_eq!(exchange(&app, waits.as_bytes()).await, 413);
    // It does not.
    let mut unsaid = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(64 * 1024) {
        unsaid.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        unsaid.extend(chunk);
        unsaid.extend(b"\r\n");
    }
    unsaid.extend(b"0\r\n\r\n");
    assert_eq!(exchange(&app, &unsaid).await, 413);
    assert_eq!(event_count(&app).await, 0);
}

#[tokio::test]
async fn a_slow_or_endless_body_times_out() {
    let app = TestApp::start().await;
    let body = event("evt_1", "inquiry.created", "inq_1", 1)
        .to_string()
        .into_bytes();
    let head = format!(
        "POST /webhooks/persona HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\npersona-signature: {}\r\n\r\n",
        body.len(),
        sign(SECRET, now(), &body)
    );
    let started = Instant::now();
    let mut start = head.clone().into_bytes();
    start.extend(&body[..10]);
    assert_eq!(exchange(&app, &start).await, 408);
    assert!(started.elapsed() < Duration::from_secs(8));

    // Cut off in the middle: nobody is there to be answered, and nothing is kept.
    let mut stream = connect(&app).await;
    stream.write_all(&start).await.unwrap();
    drop(stream);
    assert_eq!(send(&app, &json!({"data": null})).await, StatusCode::OK);
    assert!(app.store.find_event("evt_1").await.unwrap().is_none());
}

async fn connect(app: &TestApp) -> TcpStream {
    let port = app.url.rsplit(':').next().unwrap();
    TcpStream::connect(format!("127.0.0.1:{port}"))
        .await
        .unwrap()
}

/// Writes bytes, and returns the status of the answer.
async fn exchange(app: &TestApp, bytes: &[u8]) -> u16 {
    let (mut reader, mut writer) = connect(app).await.into_split();
    let bytes = bytes.to_vec();
    // The answer may come before all is written.
    let writing = tokio::spawn(async move {
        let _ = writer.write_all(&bytes).await;
        writer
    });
    let mut start = [0; 12];
    reader.read_exact(&mut start).await.unwrap();
    writing.abort();
    std::str::from_utf8(&start[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_signed_but_unreadable_body_is_parked() {
    let app = TestApp::start().await;
    for body in [&b"not JSON"[..], b"\xff\xfe\x00", b"{\"data\": []}", b""] {
        for _ in 0..2 {
            let status = post(&app, body, &sign(SECRET, now(), body)).await;
            assert_eq!(status, StatusCode::OK, "{body:?}");
        }
    }
    let parked = app.store.list_events(Some(EventState::Parked), 10).await;
    let parked = parked.unwrap();
    assert_eq!(parked.len(), 4);
    for row in parked {
        assert!(row.id.starts_with("sha256:"), "{}", row.id);
        assert!(row.reason.unwrap().contains("the body is"));
    }
}

#[tokio::test]
async fn without_a_database_webhooks_get_503() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let mut other = AnyConnection::connect(&app.database_url).await.unwrap();
    let mut run = async |sql: &'static str| {
        sqlx::query(sql).execute(&mut other).await.unwrap();
    };
    run("ALTER TABLE events RENAME TO events_elsewhere").await;
    let event = event("evt_1", "inquiry.created", "inq_1", 1);
    assert_eq!(send(&app, &event).await, StatusCode::SERVICE_UNAVAILABLE);
    run("ALTER TABLE events_elsewhere RENAME TO events").await;

    // Locked for longer than Persona waits.
    if app.database_url.starts_with("postgres:") {
        run("BEGIN").await;
        run("LOCK TABLE events IN ACCESS EXCLUSIVE MODE").await;
    } else {
        run("BEGIN IMMEDIATE").await;
    }
    let started = Instant::now();
    assert_eq!(send(&app, &event).await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(started.elapsed() < Duration::from_secs(5));
    run("ROLLBACK").await;
    assert_eq!(
        send_and_settle(&app, &event).await.state,
        EventState::Applied
    );
}

#[tokio::test]
async fn many_simultaneous_events_are_all_stored() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let sends = (0..200).map(|number| {
        let event = event(
            // Every other one twice.
            &format!("evt_{}", number / 2 * 2),
            "inquiry.created",
            &format!("inq_{}", number / 2 * 2),
            1,
        );
        let body = event.to_string().into_bytes();
        let request = app
            .request(Method::POST, "/webhooks/persona")
            .header(header::CONTENT_TYPE, "application/json")
            .header("persona-signature", sign(SECRET, now(), &body))
            .body(body);
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for status in sends.collect::<Vec<_>>() {
        assert_eq!(status.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(event_count(&app).await, 100);
    for number in 0..100 {
        let row = settled(&app, &format!("evt_{}", number * 2)).await;
        assert_eq!(row.state, EventState::Applied);
    }
}

#[tokio::test]
async fn one_statement_takes_more_events_than_it_has_places() {
    let app = TestApp::start().await;
    let events: Vec<NewEvent> = (0..450)
        .map(|number| NewEvent {
            id: format!("evt_{}", number % 300),
            name: "case.created".to_owned(),
            inquiry_id: None,
            happened_at: None,
            body: b"{}".to_vec(),
            parked: None,
        })
        .collect();
    assert_eq!(app.store.add_events(&events).await.unwrap().len(), 300);
    assert_eq!(app.store.add_events(&events).await.unwrap().len(), 0);
    // More of them than the worker claims at once, and it finds all.
    for number in 0..300 {
        let row = settled(&app, &format!("evt_{number}")).await;
        assert_eq!(row.state, EventState::Parked);
    }
}

/// Reads lines of `secret t body-in-hex`, and prints the header of each.
const PYTHON: &str = r"
import hashlib, hmac, sys
for line in sys.stdin:
    secret, t, body = line.rstrip('\n').split(' ')
    message = t.encode() + b'.' + bytes.fromhex(body)
    print(f't={t},v1={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}')
";

#[test]
fn signatures_of_pythons_hmac_are_valid_and_those_of_another_secret_are_not() {
    let mut chance = StdRng::seed_from_u64(7);
    let cases: Vec<(String, i64, Vec<u8>)> = (0..200)
        .map(|number| {
            let mut body = vec![0; number];
            chance.fill(&mut body[..]);
            let secret = format!("wbhsec_{:x}", chance.random::<u64>());
            (
                secret,
                1_767_607_620 + i64::from(chance.random::<u16>()),
                body,
            )
        })
        .collect();
    let mut python = Command::new("python3")
        .args(["-c", PYTHON])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    for (secret, t, body) in &cases {
        let hex = const_hex::encode(body);
        writeln!(stdin, "{secret} {t} {hex}").unwrap();
    }
    drop(stdin);
    let output = python.wait_with_output().unwrap();
    let headers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(headers.lines().count(), cases.len());
    for (header, (secret, t, body)) in headers.lines().zip(&cases) {
        let check = |secret: &str, body: &[u8]| {
            let now = jiff::Timestamp::from_second(*t).unwrap();
            verify_signature(
                [header.as_bytes()],
                body,
                &[SecretString::from(secret)],
                now,
            )
        };
        assert_eq!(check(secret, body), Ok(()), "{header}");
        assert!(check("wbhsec_other", body).is_err());
        assert!(check(secret, &[body, &b"x"[..]].concat()).is_err());
        assert_eq!(header, sign(secret, *t, body), "the tests' own signer");
    }
}
