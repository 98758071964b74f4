//! What a receiver of webhooks sees: envelope, signature, retries, and what stops them.
//!
//! Longer than 400 lines: one receiver, which all cases share.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::{
    Receiver, SECRET, config_for, deliveries, inquiry_that, python_signature, sandbox_for, settled,
    simulate,
};
use crate::support::TestSandbox;

#[expect(
    clippy::disallowed_methods,
    reason = "the signature's time is compared with the wall's"
)]
fn wall_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// `t` and `v1` of each pair.
fn pairs(header: &str) -> Vec<(&str, &str)> {
    header
        .split(' ')
        .map(|pair| {
            let (t, v1) = pair.split_once(',').unwrap();
            (
                t.strip_prefix("t=").unwrap(),
                v1.strip_prefix("v1=").unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn the_tutorials_events_arrive_signed_and_in_order() {
    let receiver = Receiver::start().await;
    let sandbox = sandbox_for(&receiver).await;
    let id = inquiry_that(
        &sandbox,
        &["start_inquiry", "complete_inquiry", "approve_inquiry"],
    )
    .await;
    let received = receiver.wait_for(3).await;
    assert_eq!(
        receiver.names(),
        ["inquiry.started", "inquiry.completed", "inquiry.approved"]
    );
    for request in &received {
        assert_eq!(
            request.header("content-type"),
            "application/json; charset=utf-8"
        );
        let signature = request.header("persona-signature");
        let [(t, v1)] = pairs(signature)[..] else {
            panic!("one pair expected: {signature}");
        };
        assert_eq!(v1, python_signature(SECRET, t, &request.bytes));
        assert!(wall_seconds().abs_diff(t.parse().unwrap()) <= 5);
        assert_eq!(request.header("persona-webhook-attempts-made"), "1");
        assert_eq!(request.header("persona-webhook-attempts-left"), "7");
        assert_eq!(request.header("persona-webhook-first-attempted-at"), t);
    }
    let body = received[2].body();
    let event = sandbox
        .get(&format!("/events/{}", received[2].event_id()))
        .await;
    let mut expected = event.body["data"].clone();
    // A webhook says what it includes, which is nothing by default; the API does not.
    expected["attributes"]["payload"]["included"] = json!([]);
    assert_eq!(body["data"], expected);
    let inquiry = &body["data"]["attributes"]["payload"]["data"];
    assert_eq!(inquiry["id"], id.as_str());
    assert_eq!(inquiry["attributes"]["status"], "approved");
    assert_eq!(inquiry["attributes"]["reference-id"], "usr_1");
    settled(&sandbox, "delivered", 1).await;
}

#[tokio::test]
async fn a_workflow_and_time_send_too() {
    let receiver = Receiver::start().await;
    let sandbox = sandbox_for(&receiver).await;
    let id = sandbox.create("usr_1").await;
    let steps = ["start", "government_id", "selfie"];
    sandbox.walk(&id, None, &steps).await;
    receiver.wait_for(3).await;
    let other = sandbox.create("usr_2").await;
    sandbox.advance(25 * 60 * 60).await;
    let received = receiver.wait_for(4).await;
    assert_eq!(
        receiver.names(),
        [
            "inquiry.started",
            "inquiry.completed",
            "inquiry.approved",
            "inquiry.expired"
        ]
    );
    let expired = received[3].body();
    assert_eq!(
        expired["data"]["attributes"]["payload"]["data"]["id"],
        other.as_str()
    );
}

#[tokio::test]
async fn retries_follow_the_schedule_of_the_sandboxs_clock() {
    let receiver = Receiver::start().await;
    receiver.answer(&[500; 8]);
    let mut config = config_for(&receiver);
    // The inquiry will expire on the way.
    config.webhook.as_mut().unwrap().enabled_events = Some(vec!["inquiry.started".to_owned()]);
    let sandbox = TestSandbox::start_with(config).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let waits = [3, 64, 729, 4096, 15_625, 46_656, 117_649];
    for (made, seconds) in (1..).zip(waits) {
        let pending = settled(&sandbox, "pending", made).await;
        assert_eq!(pending["result"], "500");
        // Not a second too early: the attempt before ended at least `seconds` ago only now.
        sandbox.advance(seconds - 2).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(receiver.received().len() as u64, made);
        sandbox.advance(2).await;
        receiver.wait_for(usize::try_from(made).unwrap() + 1).await;
    }
    settled(&sandbox, "failed", 8).await;
    let received = receiver.received();
    for (index, request) in received.iter().enumerate() {
        let made = request.header("persona-webhook-attempts-made");
        let left = request.header("persona-webhook-attempts-left");
        assert_eq!(
            (made, left),
            (&*(index + 1).to_string(), &*(7 - index).to_string())
        );
        assert_eq!(request.bytes, received[0].bytes);
        assert_eq!(
            request.header("persona-webhook-first-attempted-at"),
            received[0].header("persona-webhook-first-attempted-at")
        );
        // Two days have passed in the sandbox; receivers compare with their own clock.
        let (t, v1) = pairs(request.header("persona-signature"))[0];
        assert!(wall_seconds().abs_diff(t.parse().unwrap()) <= 20);
        assert_eq!(v1, python_signature(SECRET, t, &request.bytes));
    }
    sandbox.advance(1_000_000).await;
    assert_eq!(receiver.received().len(), 8);
}

#[tokio::test]
async fn only_four_answers_count_as_accepted() {
    let receiver = Receiver::start().await;
    let sandbox = sandbox_for(&receiver).await;
    for code in [200, 201, 202, 204] {
        receiver.answer(&[code]);
        inquiry_that(&sandbox, &["start_inquiry"]).await;
        let delivered = settled(&sandbox, "delivered", 1).await;
        assert_eq!(delivered["result"], code.to_string());
    }
    for code in [203, 205, 301, 302, 400, 401, 404, 410, 429, 503] {
        receiver.answer(&[code]);
        inquiry_that(&sandbox, &["start_inquiry"]).await;
        let pending = settled(&sandbox, "pending", 1).await;
        assert_eq!(pending["result"], code.to_string());
    }
}

#[tokio::test]
async fn no_answer_within_five_seconds_is_tried_again() {
    let receiver = Receiver::start().await;
    receiver.hang();
    let sandbox = sandbox_for(&receiver).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    receiver.wait_for(1).await;
    let pending = settled(&sandbox, "pending", 1).await;
    assert_eq!(pending["result"], "timed_out");
    sandbox.advance(3).await;
    settled(&sandbox, "delivered", 2).await;
}

#[tokio::test]
async fn nobody_there_is_tried_again() {
    let receiver = Receiver::start().await;
    let mut config = config_for(&receiver);
    // Nothing listens on the port of a listener that is closed.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = closed.local_addr().unwrap();
    drop(closed);
    config.webhook.as_mut().unwrap().url = format!("http://{addr}/hook");
    let sandbox = TestSandbox::start_with(config).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let pending = settled(&sandbox, "pending", 1).await;
    assert_eq!(pending["result"], "unreachable");
}

#[tokio::test]
async fn a_slow_receiver_holds_up_nobody_else() {
    let receiver = Receiver::start().await;
    receiver.hang();
    let sandbox = sandbox_for(&receiver).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    receiver.wait_for(1).await;
    let began = std::time::Instant::now();
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    receiver.wait_for(2).await;
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn switched_off_nothing_is_sent_and_retries_are_given_up() {
    let receiver = Receiver::start().await;
    receiver.answer(&[500]);
    let sandbox = sandbox_for(&receiver).await;
    let id = inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "pending", 1).await;
    let off = sandbox
        .control(Method::POST, "webhooks", json!({"enabled": false}))
        .await;
    assert_eq!(off["data"][0]["status"], "disabled");
    settled(&sandbox, "canceled", 1).await;
    simulate(&sandbox, &id, &["complete_inquiry"]).await;
    sandbox.advance(1000).await;
    let on = sandbox
        .control(Method::POST, "webhooks", json!({"enabled": true}))
        .await;
    assert_eq!(on["data"][0]["status"], "enabled");
    simulate(&sandbox, &id, &["decline_inquiry"]).await;
    settled(&sandbox, "delivered", 1).await;
    assert_eq!(receiver.names(), ["inquiry.started", "inquiry.declined"]);
}

#[tokio::test]
async fn a_delivery_is_resent_on_demand() {
    let receiver = Receiver::start().await;
    let sandbox = sandbox_for(&receiver).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    let delivered = settled(&sandbox, "delivered", 1).await;
    let path = format!("deliveries/{}/resend", delivered["id"]);
    sandbox.control(Method::POST, &path, Value::Null).await;
    settled(&sandbox, "delivered", 2).await;
    let received = receiver.received();
    assert_eq!(received[0].event_id(), received[1].event_id());
    assert_eq!(received[1].header("persona-webhook-attempts-made"), "2");

    let shown = sandbox
        .control(
            Method::GET,
            &format!("deliveries/{}", delivered["id"]),
            Value::Null,
        )
        .await;
    let log = shown["data"]["attempt_log"].as_array().unwrap();
    assert_eq!(log.len(), 2);
    assert_eq!(
        log[1]["body"],
        String::from_utf8_lossy(&received[1].bytes).as_ref()
    );
    assert_eq!(
        log[1]["headers"]["persona-signature"],
        received[1].header("persona-signature")
    );
    let unknown = sandbox
        .client
        .post(format!("{}/_sandbox/deliveries/999/resend", sandbox.base))
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn a_redacted_inquiry_leaves_the_log_of_attempts() {
    let receiver = Receiver::start().await;
    let sandbox = sandbox_for(&receiver).await;
    let id = inquiry_that(&sandbox, &["start_inquiry"]).await;
    let delivered = settled(&sandbox, "delivered", 1).await;
    let redacted =
        TestSandbox::send(sandbox.api(Method::DELETE, &format!("/inquiries/{id}"))).await;
    assert!(redacted.status.is_success());
    receiver.wait_for(2).await;
    let path = format!("deliveries/{}", delivered["id"]);
    let shown = sandbox.control(Method::GET, &path, Value::Null).await;
    assert_eq!(shown["data"]["attempt_log"], json!([]));
}

#[tokio::test]
async fn what_is_pending_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    receiver.answer(&[500, 503]);
    let mut config = config_for(&receiver);
    config.state = persona_sandbox::StateLocation::File(folder.path().join("sandbox.db"));
    let sandbox = TestSandbox::start_with(config.clone()).await;
    let id = inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "pending", 1).await;
    simulate(&sandbox, &id, &["complete_inquiry"]).await;
    settled(&sandbox, "pending", 1).await;
    simulate(&sandbox, &id, &["approve_inquiry"]).await;
    settled(&sandbox, "delivered", 1).await;
    sandbox.stop().await;

    let sandbox = TestSandbox::start_with(config).await;
    let statuses: Vec<_> = deliveries(&sandbox)
        .await
        .into_iter()
        .map(|delivery| delivery["status"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(statuses, ["delivered", "pending", "pending"]);
    sandbox.advance(3).await;
    let received = receiver.wait_for(5).await;
    assert_eq!(received[3].header("persona-webhook-attempts-made"), "2");
    assert_eq!(
        receiver.names()[3..],
        ["inquiry.started", "inquiry.completed"]
    );
}

#[tokio::test]
async fn a_reset_forgets_deliveries_and_keeps_the_configured_webhook() {
    let receiver = Receiver::start().await;
    let sandbox = sandbox_for(&receiver).await;
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "delivered", 1).await;
    sandbox
        .control(Method::POST, "webhooks", json!({"enabled": false}))
        .await;
    sandbox.control(Method::POST, "reset", Value::Null).await;
    assert!(deliveries(&sandbox).await.is_empty());
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    receiver.wait_for(2).await;
}

#[tokio::test]
async fn a_redaction_is_told_alone_and_not_with_the_whole_history() {
    let receiver = Receiver::start().await;
    let sandbox = sandbox_for(&receiver).await;
    let id = inquiry_that(&sandbox, &["start_inquiry", "complete_inquiry"]).await;
    receiver.wait_for(3).await;
    let redaction = sandbox.api(Method::DELETE, &format!("/inquiries/{id}"));
    assert_eq!(TestSandbox::send(redaction).await.status.as_u16(), 200);
    receiver.wait_for(4).await;
    while deliveries(&sandbox)
        .await
        .iter()
        .any(|delivery| delivery["status"] == "pending")
    {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert_eq!(
        receiver.names()[3..],
        ["inquiry.redacted"],
        "{:?}",
        receiver.names()
    );
}

#[tokio::test]
async fn both_times_of_a_webhook_are_the_walls() {
    let receiver = Receiver::start().await;
    let sandbox = sandbox_for(&receiver).await;
    let clock = json!({"now": "2030-01-01T00:00:00Z"});
    sandbox.control(Method::POST, "clock", clock).await;
    receiver.answer(&[500]);
    inquiry_that(&sandbox, &["start_inquiry"]).await;
    settled(&sandbox, "pending", 1).await;
    sandbox.advance(3).await;
    for request in receiver.wait_for(2).await {
        let first = request.header("persona-webhook-first-attempted-at");
        let (t, _) = pairs(request.header("persona-signature"))[0];
        for time in [first, t] {
            assert!(
                wall_seconds().abs_diff(time.parse().unwrap()) <= 20,
                "{time}"
            );
        }
    }
}

/// The cause of the first attempt at the newest delivery.
async fn cause_of_failure(sandbox: &TestSandbox) -> String {
    inquiry_that(sandbox, &["start_inquiry"]).await;
    let delivery = settled(sandbox, "pending", 1).await;
    assert_eq!(delivery["result"], "unreachable");
    let path = format!("deliveries/{}", delivery["id"]);
    let shown = sandbox.control(Method::GET, &path, Value::Null).await;
    shown["data"]["attempt_log"][0]["cause"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn why_a_receiver_is_unreachable_is_named() {
    let receiver = Receiver::start().await;
    let mut config = config_for(&receiver);
    config.webhook.as_mut().unwrap().url = "http://127.0.0.1:9/hook".to_owned();
    let sandbox = TestSandbox::start_with(config).await;
    let cause = cause_of_failure(&sandbox).await;
    assert!(cause.to_lowercase().contains("refused"), "{cause}");
}

/// A receiver by https, with a certificate that only its own file vouches for.
const TLS_RECEIVER: &str = "
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers['content-length']))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
";

/// A program that ends with its test, also with one that fails.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test]
async fn a_development_certificate_is_named_as_the_cause_and_trusted_on_demand() {
    use std::io::BufRead as _;
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status()
        .expect("openssl is needed to make a certificate");
    assert!(made.success());
    let python = Command::new("python3")
        .args(["-c", TLS_RECEIVER])
        .args([&certificate, &key])
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed to receive by https");
    let mut receiver = Running(python);
    let mut port = String::new();
    let output = receiver.0.stdout.as_mut().unwrap();
    std::io::BufReader::new(output)
        .read_line(&mut port)
        .unwrap();

    let plain = Receiver::start().await;
    let mut config = config_for(&plain);
    config.webhook.as_mut().unwrap().url = format!("https://127.0.0.1:{}/", port.trim());
    let distrustful = TestSandbox::start_with(config.clone()).await;
    let cause = cause_of_failure(&distrustful).await;
    assert!(
        cause.contains("certificate") && cause.contains("--ca"),
        "{cause}"
    );

    config.webhook_ca = Some(std::fs::read(&certificate).unwrap());
    let trusting = TestSandbox::start_with(config).await;
    inquiry_that(&trusting, &["start_inquiry"]).await;
    settled(&trusting, "delivered", 1).await;
}
