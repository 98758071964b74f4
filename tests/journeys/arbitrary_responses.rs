//! Every call ends before its deadline with a result, whatever Persona sends: random statuses, headers,
//! bodies and broken connections for every operation of the client.
//!
//! `PROPTEST_CASES=10000` is the long form, with that many responses to each operation.
//!
//! Longer than 400 lines: one server of random responses, for all operations.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use persona_api::{Client, Connection, Error, InquiryFilter};
use persona_onboarding::model::{InquiryId, TemplateId};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::Instant,
};

use crate::mutation::{Mutation, cases, fixture, mutate, mutations};

/// The number of concurrent cases: they wait more than they compute.
const CONCURRENCY: u32 = 50;
/// The time limit of a call.
const CALL_TIMEOUT: Duration = Duration::from_millis(150);
/// How late a call may end on a machine that is busy with other tests.
const MAX_DELAY: Duration = Duration::from_secs(2);

/// The golden answers, one of which each answer is made from.
const GOLDEN: [&str; 14] = [
    "inquiry-create.json",
    "inquiry-list.json",
    "inquiry-list-empty.json",
    "inquiry-retrieve-approved.json",
    "inquiry-retrieve-unforeseen.json",
    "inquiry-resume.json",
    "inquiry-one-time-link.json",
    "inquiry-template.json",
    "error-rate-limited.json",
    "error-unauthorized.json",
    "error-unprocessable.json",
    "error-bad-request.json",
    "error-not-found.json",
    "error-conflict.json",
];

/// The golden answer of an operation.
fn own_golden(operation: &str) -> &'static str {
    match operation {
        "create" => "inquiry-create.json",
        "list" | "probe" => "inquiry-list.json",
        "resume" => "inquiry-resume.json",
        "link" => "inquiry-one-time-link.json",
        "template" => "inquiry-template.json",
        _ => "inquiry-retrieve-approved.json",
    }
}

/// How the response states the body's length.
#[derive(Debug, Clone)]
enum Framing {
    Length,
    /// Another length than the body has.
    WrongLength(String),
    Chunks,
    /// Chunks whose sizes are this.
    WrongChunks(String),
    UntilClose,
    Nothing,
}

/// How the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Close,
    /// Nothing more comes, and it stays open.
    Stall,
}

#[derive(Clone)]
struct Answer {
    /// `None` for the operation's own.
    golden: Option<&'static str>,
    mutations: Vec<Mutation>,
    /// `None` for the golden one's.
    status: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
    framing: Framing,
    end: End,
}

fn odd_text() -> impl Strategy<Value = Vec<u8>> {
    let known = select(vec![
        "0",
        "1",
        "-1",
        "300",
        "4294967295",
        "4294967296",
        "9223372036854775807",
        "18446744073709551615",
        "18446744073709551616",
        "1e400",
        "NaN",
        "",
        " ",
        "0x10",
        "1, 2",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ]);
    prop_oneof![
        4 => known.prop_map(|it| it.as_bytes().to_vec()),
        1 => any::<u64>().prop_map(|it| it.to_string().into_bytes()),
        1 => any::<i64>().prop_map(|it| it.to_string().into_bytes()),
        1 => "[0-9]{1,400}".prop_map(String::into_bytes),
        // What a header may hold, and some of what it may not.
        1 => vec(any::<u8>(), 0..40),
        1 => (0_usize..9_000).prop_map(|length| vec![b'a'; length]),
    ]
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let name = prop_oneof![
        12 => select(vec![
            "ratelimit-limit",
            "ratelimit-remaining",
            "ratelimit-reset",
            "quota-reset",
            "retry-after",
            "request-id",
            "persona-environment-id",
            "content-type",
            "content-encoding",
            "connection",
            "location",
            "date",
            "set-cookie",
        ])
        .prop_map(ToOwned::to_owned),
        // Against the framing, or no name.
        1 => select(vec!["content-length", "transfer-encoding"]).prop_map(ToOwned::to_owned),
        1 => "[ -~]{0,20}",
    ];
    (name, odd_text())
}

fn answer() -> impl Strategy<Value = Answer> {
    let status = prop_oneof![
        6 => Just(None),
        3 => select(vec![
            "200", "201", "202", "204", "206", "301", "302", "304", "307", "400", "401", "403",
            "404", "409", "418", "422", "429", "500", "502", "503", "504", "529",
        ])
        .prop_map(|it| Some(it.to_owned())),
        1 => (100_u16..1000).prop_map(|it| Some(it.to_string())),
        1 => "[ -~]{0,5}".prop_map(Some),
    ];
    let framing = prop_oneof![
        12 => Just(Framing::Length),
        2 => "[0-9]{1,25}|-1|1e3||0x10".prop_map(Framing::WrongLength),
        2 => Just(Framing::Chunks),
        1 => "[0-9a-f]{1,20}|-1||zz".prop_map(Framing::WrongChunks),
        2 => Just(Framing::UntilClose),
        1 => Just(Framing::Nothing),
    ];
    let end = prop_oneof![20 => Just(End::Close), 1 => Just(End::Stall)];
    let golden = prop_oneof![3 => Just(None), 1 => select(&GOLDEN[..]).prop_map(Some)];
    (
        golden,
        mutations(),
        status,
        vec(header(), 0..4),
        framing,
        end,
    )
        .prop_map(
            |(golden, mutations, status, headers, framing, end)| Answer {
                golden,
                mutations,
                status,
                headers,
                framing,
                end,
            },
        )
}

impl std::fmt::Debug for Answer {
    /// Everything that the bytes are made from, in a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            golden,
            mutations,
            status,
            headers,
            framing,
            end,
        } = self;
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
            .collect();
        write!(
            f,
            "{golden:?} {mutations:?} {status:?} {headers:?} {framing:?} {end:?}"
        )
    }
}

impl Answer {
    /// The bytes on the wire.
    fn bytes(&self, operation: &str, golden: &HashMap<&str, Value>) -> Vec<u8> {
        let golden = &golden[self.golden.unwrap_or_else(|| own_golden(operation))]["response"];
        let body = mutate(&golden["body"], &self.mutations);
        let mut bytes = b"HTTP/1.1 ".to_vec();
        match &self.status {
            Some(status) => bytes.extend_from_slice(status.as_bytes()),
            None => bytes.extend_from_slice(golden["status"].to_string().as_bytes()),
        }
        bytes.extend_from_slice(b" Odd\r\n");
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        match &self.framing {
            Framing::Length => {
                bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
            }
            Framing::WrongLength(length) => {
                bytes.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
            }
            Framing::Chunks | Framing::WrongChunks(_) => {
                bytes.extend_from_slice(b"transfer-encoding: chunked\r\n");
            }
            Framing::UntilClose => bytes.extend_from_slice(b"connection: close\r\n"),
            Framing::Nothing => return body,
        }
        bytes.extend_from_slice(b"\r\n");
        match &self.framing {
            Framing::Chunks => {
                bytes.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
                bytes.extend_from_slice(&body);
                bytes.extend_from_slice(b"\r\n0\r\n\r\n");
            }
            Framing::WrongChunks(size) => {
                bytes.extend_from_slice(format!("{size}\r\n").as_bytes());
                bytes.extend_from_slice(&body);
                bytes.extend_from_slice(b"\r\n0\r\n\r\n");
            }
            _ => bytes.extend_from_slice(&body),
        }
        bytes
    }
}

/// What each case's requests are answered with: the first segment of the path is the case.
type Script = Arc<Mutex<HashMap<usize, (Vec<u8>, End)>>>;

/// A server that answers from the script.
async fn server(script: Script) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let script = script.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 16 * 1024];
                let length = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let case = request
                    .split('/')
                    .nth(1)
                    .and_then(|case| case.parse::<usize>().ok());
                let answer = case.and_then(|case| script.lock().unwrap().get(&case).cloned());
                let Some((bytes, end)) = answer else { return };
                let _ = stream.write_all(&bytes).await;
                if end == End::Stall {
                    let _ = stream.read(&mut [0; 1]).await;
                }
            });
        }
    });
    url
}

/// Calls an operation.
async fn call(operation: &str, client: &Client, deadline: Instant) -> Result<(), Error> {
    let inquiry = InquiryId::parse("inq_1").unwrap();
    let template = TemplateId::parse("itmpl_1").unwrap();
    let all = InquiryFilter::ALL;
    match operation {
        "create" => {
            let created = client.create_inquiry(b"{}".to_vec(), None, deadline).await;
            created.map(|it| {
                let _ = client.has_other_template_version(&it);
            })
        }
        "list" => client.list_inquiries(all, deadline).await.map(drop),
        "probe" => client.probe_environment(deadline).await.map(drop),
        "retrieve" => client.retrieve_inquiry(&inquiry, deadline).await.map(drop),
        "resume" => client.resume_inquiry(&inquiry, deadline).await.map(drop),
        "redirect" => {
            let uri = "http://localhost/";
            client.set_redirect_uri(&inquiry, uri, deadline).await
        }
        "link" => client
            .generate_one_time_link(&inquiry, deadline)
            .await
            .map(drop),
        "template" => client
            .retrieve_template(&template, deadline)
            .await
            .map(drop),
        _ => panic!("no operation {operation}"),
    }
}

/// One case: the same answer to two calls of one client, since what the first one's headers say
/// concerns the second.
async fn run(operation: &str, url: String) -> Result<Vec<&'static str>, TestCaseError> {
    let client = Client::new(&Connection {
        base_url: url.parse().unwrap(),
        api_key: "persona_sandbox_test".to_owned().into(),
        version: "2025-10-27".to_owned(),
        user_agent: "journeys".to_owned(),
    })
    .unwrap();
    let mut results = Vec::new();
    for client in [client.clone(), client.in_background()] {
        let deadline = Instant::now() + CALL_TIMEOUT;
        let result = call(operation, &client, deadline).await;
        let late = Instant::now().saturating_duration_since(deadline);
        prop_assert!(late < MAX_DELAY, "{late:?} too late");
        results.push(match result {
            Ok(()) => "ok",
            Err(error) => {
                let text = format!("{error}: {} {:?}", error.kind, error.request_id);
                prop_assert!(text.len() < 1_000, "{} bytes", text.len());
                prop_assert!(!text.contains("Alexander"), "{text}");
                prop_assert!(!text.contains(char::is_control), "{text:?}");
                error.kind.name()
            }
        });
    }
    Ok(results)
}

/// Tries an operation with random answers.
fn try_operation(operation: &'static str) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let golden: HashMap<&str, Value> = GOLDEN.map(|name| (name, fixture(name))).into();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let script = Script::default();
    let url = runtime.block_on(server(script.clone()));

    let started = std::time::Instant::now();
    let counts = Mutex::new(HashMap::<&str, usize>::new());
    let mut runner = TestRunner::new(Config {
        cases: cases(CONCURRENCY * 2).div_ceil(CONCURRENCY),
        failure_persistence: None,
        max_shrink_iters: 100,
        ..Config::default()
    });
    let batch = vec(answer(), usize::try_from(CONCURRENCY).unwrap());
    let result = runner.run(&batch, |batch| {
        let calls = batch.iter().map(|answer| {
            let case = NEXT.fetch_add(1, Ordering::SeqCst);
            let bytes = answer.bytes(operation, &golden);
            script.lock().unwrap().insert(case, (bytes, answer.end));
            run(operation, format!("{url}/{case}/api/v1"))
        });
        let results = runtime.block_on(join_all(calls.collect::<Vec<_>>()));
        script.lock().unwrap().clear();
        for (answer, result) in batch.iter().zip(results) {
            match result {
                Ok(names) => {
                    for name in names {
                        *counts.lock().unwrap().entry(name).or_default() += 1;
                    }
                }
                Err(error) => prop_assert!(false, "{error}: {answer:?}"),
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{operation}: {error}");
    }

    let mut counts: Vec<_> = counts.into_inner().unwrap().into_iter().collect();
    counts.sort_unstable();
    eprintln!("{operation}: {counts:?} in {:?}", started.elapsed());
    // Neither all nor none of them may be understood, or nothing was tried.
    for expected in ["ok", "lost_answer", "unreadable"] {
        assert!(
            counts.iter().any(|(name, _)| *name == expected),
            "{counts:?}"
        );
    }
}

macro_rules! arbitrary_responses {
    ($($operation:ident)*) => {
        $(#[test]
        fn $operation() {
            try_operation(stringify!($operation));
        })*
    };
}

arbitrary_responses!(create list probe retrieve resume redirect link template);
