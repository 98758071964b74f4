//! The functions that every click, page and webhook runs, each alone: `cargo bench --bench functions`.
//!
//! What a change of one of them costs shows here in a minute. What people wait for is measured by the
//! other benches.

use std::{collections::HashMap, hint::black_box, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{
        Request, StatusCode,
        header::{COOKIE, SET_COOKIE},
    },
};
use criterion::{Criterion, criterion_group, criterion_main};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use persona_api::{Inquiry, InquiryTimes, WebhookEvent, verify_signature};
use persona_onboarding::{
    app::{self, App, Config},
    base::{Clock, Shutdown},
    domain::{InquiryPolicy, next_step},
    i18n::{Locale, negotiate},
    model::{InquiryId, InquiryStatus},
    store::{Cipher, DataKey},
    web,
};
use secrecy::SecretString;
use serde_json::Value;
use tower::ServiceExt as _;

const DATA_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A webhook as Persona sends it, with its signature.
struct Webhook {
    body: Vec<u8>,
    secret: SecretString,
    signature: String,
    signed_at: Timestamp,
}

fn webhook() -> Webhook {
    let fixture = include_str!("../tests/fixtures/webhook-inquiry-approved.json");
    let fixture: Value = serde_json::from_str(fixture).expect("the fixture is JSON");
    let text = |value: &Value| value.as_str().expect("a text in the fixture").to_owned();
    let signature = text(&fixture["headers"]["persona-signature"]);
    let seconds = signature
        .split(['=', ','])
        .nth(1)
        .and_then(|seconds| seconds.parse().ok())
        .expect("a signature with a time");
    Webhook {
        body: text(&fixture["body"]).into_bytes(),
        secret: text(&fixture["secret"]).into(),
        signed_at: Timestamp::from_second(seconds).expect("a time"),
        signature,
    }
}

fn webhooks(criterion: &mut Criterion) {
    let webhook = webhook();
    let secrets = [webhook.secret.clone()];
    let verify = || {
        let headers = [webhook.signature.as_bytes()];
        verify_signature(
            headers,
            black_box(&webhook.body),
            &secrets,
            webhook.signed_at,
        )
    };
    verify().expect("the signature is valid");
    criterion.bench_function("webhook: verify the signature", |it| it.iter(verify));

    let decode = || WebhookEvent::decode_and_redact(black_box(&webhook.body));
    decode().expect("the body is an event");
    criterion.bench_function("webhook: decode and redact", |it| it.iter(decode));
}

/// A user's inquiries, newest first: as many finished ones as a lookup sees, and an unfinished one.
fn inquiries() -> Vec<Inquiry> {
    let inquiry = |number: usize, status| Inquiry {
        id: InquiryId::parse(format!("inq_bench{number}")).expect("an inquiry's ID"),
        status,
        reference_id: Some("usr_ABC123".to_owned()),
        template_id: None,
        template_version_id: None,
        session_count: 1,
        times: InquiryTimes::default(),
    };
    let mut found: Vec<_> = (1..10)
        .map(|number| inquiry(number, InquiryStatus::Failed))
        .collect();
    found.push(inquiry(10, InquiryStatus::Pending));
    found
}

fn clicks(criterion: &mut Criterion) {
    let (found, now) = (inquiries(), Timestamp::UNIX_EPOCH);
    criterion.bench_function("click: policy, ten inquiries", |it| {
        it.iter(|| black_box(next_step(InquiryPolicy::Repeat, black_box(&found), now)));
    });

    let cipher = Cipher::new(&DataKey::parse(DATA_KEY).expect("a key"), &[]);
    let profile = br#"{"first_name":"Alexander","last_name":"Sample","birthdate":"1977-08-31"}"#;
    let sealed = cipher.seal("users/usr_ABC123", profile).expect("a value");
    criterion.bench_function("click: seal a profile", |it| {
        it.iter(|| cipher.seal("users/usr_ABC123", black_box(profile)));
    });
    criterion.bench_function("click: open a profile", |it| {
        it.iter(|| cipher.open("users/usr_ABC123", black_box(&sealed)));
    });

    let languages: Vec<_> = Locale::languages().collect();
    criterion.bench_function("request: negotiate the language", |it| {
        it.iter(|| negotiate(black_box("de-AT,de;q=0.9,en;q=0.8"), &languages));
    });
}

/// An app on an SQLite file, without a listener, and the cookie of its signed-in user.
async fn signed_in(folder: &std::path::Path) -> (Router, String) {
    let database = format!("sqlite://{}", folder.join("bench.db").display());
    let values = [
        ("DATABASE_URL", database.as_str()),
        ("PERSONA_API_KEY", "persona_sandbox_bench"),
        // Nothing listens there: the page asks Persona about a submitted inquiry only.
        ("PERSONA_API_URL", "http://127.0.0.1:9/api/v1"),
        ("PERSONA_WEBHOOK_SECRET", "wbhsec_bench"),
        ("SESSION_SECRET", "a-secret-for-a-bench-of-32-letters"),
        ("DATA_KEYS", DATA_KEY),
        ("RATE_LIMIT_PER_MINUTE", "off"),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::from_values(HashMap::from(values)).expect("a valid configuration");
    let clock = Clock::system();
    let store = app::open_store(&config, clock.clone())
        .await
        .expect("a database");
    let persona = app::persona_client(&config).expect("a client");
    let app = App::build(config, store, persona, clock, Shutdown::new());
    let router = web::router(app.state).expect("a router");

    let sign_in = Request::post("/api/session/demo").body(Body::empty());
    let response = router.clone().oneshot(sign_in.expect("a request")).await;
    let response = response.unwrap_or_else(|never| match never {});
    let cookies = response.headers().get_all(SET_COOKIE).iter();
    let cookies: Vec<_> = cookies
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .collect();
    (router, cookies.join("; "))
}

fn page(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let (router, cookie) = runtime.block_on(signed_in(folder.path()));
    let render = async || {
        let request = Request::get("/onboarding").header(COOKIE, &cookie);
        let request = request.body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await;
        let response = response.unwrap_or_else(|never| match never {});
        assert_eq!(response.status(), StatusCode::OK, "not signed in");
        response
            .into_body()
            .collect()
            .await
            .expect("a page")
            .to_bytes()
    };
    criterion.bench_function("page: GET /onboarding, signed in", |it| {
        it.iter(|| runtime.block_on(render()));
    });
}

criterion_group! {
    name = functions;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = webhooks, clicks, page
}
criterion_main!(functions);
