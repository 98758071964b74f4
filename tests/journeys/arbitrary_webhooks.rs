//! Every webhook is refused, parked or applied, whatever it contains: random bodies and signatures.
//!
//! `PROPTEST_CASES=10000` is the long form.

use persona_api::{WebhookEvent, verify_signature};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};
use reqwest::{Method, StatusCode, header};
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    mutation::{cases, fixture, mutate, mutations},
    support::TestApp,
    webhook_sender::{SECRET, now, sign},
};

fn config() -> Config {
    Config {
        cases: cases(256),
        failure_persistence: None,
        ..Config::default()
    }
}

/// The golden event, as it is sent.
fn golden() -> Value {
    let file = fixture("webhook-inquiry-approved.json");
    serde_json::from_str(file["body"].as_str().unwrap()).unwrap()
}

/// What is changed in a right signature.
#[derive(Debug, Clone)]
enum Forgery {
    Nothing,
    Time(String),
    Mac(String),
    Splice(Index, Vec<u8>),
    Repeat(usize),
    Other(Vec<u8>),
}

fn forgery() -> impl Strategy<Value = Forgery> {
    let time = select(vec![
        "",
        "0",
        "-1",
        "+1",
        "999999999999",
        "9999999999999",
        "9223372036854775807",
        "18446744073709551616",
        "1e9",
        "NaN",
        "\u{661}",
    ]);
    prop_oneof![
        Just(Forgery::Nothing),
        time.prop_map(|it| Forgery::Time(it.to_owned())),
        "[0-9a-fA-F]{0,130}".prop_map(Forgery::Mac),
        (any::<Index>(), vec(any::<u8>(), 1..10)).prop_map(|(a, b)| Forgery::Splice(a, b)),
        (2_usize..2_000).prop_map(Forgery::Repeat),
        vec(any::<u8>(), 0..200).prop_map(Forgery::Other),
    ]
}

impl Forgery {
    fn apply(&self, body: &[u8], t: i64) -> Vec<u8> {
        let right = sign(SECRET, t, body);
        let mac = right.split("v1=").nth(1).unwrap();
        match self {
            Self::Nothing => right.into_bytes(),
            Self::Time(time) => format!("t={time},v1={mac}").into_bytes(),
            Self::Mac(mac) => format!("t={t},v1={mac}").into_bytes(),
            Self::Splice(place, odd) => {
                let mut bytes = right.into_bytes();
                let place = place.index(bytes.len());
                bytes.splice(place..=place, odd.iter().copied());
                bytes
            }
            Self::Repeat(count) => format!("{right} ").repeat(*count).into_bytes(),
            Self::Other(odd) => odd.clone(),
        }
    }
}

#[test]
fn every_signature_and_body_has_a_result() {
    const T: i64 = 1_767_607_620;
    let golden = golden();
    let result = TestRunner::new(config()).run(
        &(mutations(), vec(forgery(), 0..3)),
        |(mutations, forgeries)| {
            let body = mutate(&golden, &mutations);
            let headers: Vec<_> = forgeries.iter().map(|it| it.apply(&body, T)).collect();
            let verified = verify_signature(
                headers.iter().map(Vec::as_slice),
                &body,
                &[SecretString::from(SECRET)],
                jiff::Timestamp::from_second(T).unwrap(),
            );
            let is_right = matches!(forgeries.as_slice(), [Forgery::Nothing]);
            prop_assert!(!is_right || verified.is_ok(), "{verified:?}");

            if let Ok((event, kept)) = WebhookEvent::decode_and_redact(&body) {
                prop_assert_eq!(WebhookEvent::decode(&kept), Ok(event));
            }
            Ok(())
        },
    );
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn every_signed_event_is_accepted_and_settled() {
    let golden = golden();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let app = runtime.block_on(TestApp::start());
    runtime.block_on(app.sign_in());
    let result =
        TestRunner::new(config()).run(&(mutations(), forgery()), |(mutations, forgery)| {
            let body = mutate(&golden, &mutations);
            let signature = forgery.apply(&body, now());
            let Ok(signature) = header::HeaderValue::from_bytes(&signature) else {
                // No HTTP client sends it.
                return Ok(());
            };
            let request = app
                .request(Method::POST, "/webhooks/persona")
                .header(header::CONTENT_TYPE, "application/json")
                .header("persona-signature", signature)
                .body(body);
            let status = runtime.block_on(async { request.send().await.unwrap().status() });
            let is_refused = matches!(status.as_u16(), 401 | 431);
            let expected = match forgery {
                Forgery::Nothing => status == StatusCode::OK,
                _ => status == StatusCode::OK || is_refused,
            };
            prop_assert!(expected, "{status}");
            Ok(())
        });
    if let Err(error) = result {
        panic!("{error}");
    }

    // What was taken has been applied, ignored or parked: nothing waits for ever.
    let settled = async {
        while app.store.count_events().await.unwrap().waiting > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let limit = std::time::Duration::from_secs(60);
    runtime
        .block_on(async { tokio::time::timeout(limit, settled).await })
        .unwrap();
    let taken = runtime
        .block_on(app.store.list_events(None, 100_000))
        .unwrap();
    assert!(taken.len() > 10, "{}", taken.len());
}
