//! Scenario files, over HTTP and by the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use persona_sandbox::{Config, Sandbox};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, TestSandbox};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/scenarios")
        .join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(example(name)).unwrap()
}

async fn post(sandbox: &TestSandbox, file: &str) -> Answer {
    let url = format!("{}/_sandbox/scenarios", sandbox.base);
    TestSandbox::send(sandbox.client.post(url).body(file.to_owned())).await
}

/// The steps that failed, with what was wrong.
fn failures(report: &Value) -> Vec<(u64, &str)> {
    let steps = report["steps"].as_array().unwrap();
    steps
        .iter()
        .filter(|step| step["outcome"] == "failed")
        .map(|step| {
            let detail = step["detail"].as_str().unwrap();
            (step["line"].as_u64().unwrap(), detail)
        })
        .collect()
}

fn program(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_persona-sandbox"))
        .arg("run")
        .args(args)
        .env_remove("SANDBOX_ADDR")
        .output()
        .unwrap()
}

#[tokio::test]
async fn the_example_runs_over_http_and_the_api_sees_what_it_did() {
    let sandbox = TestSandbox::start().await;
    let answer = post(&sandbox, &text("second-try.yaml")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.body["passed"], true, "{:#}", answer.body);
    let shown = sandbox
        .get(&format!("/inquiries/{}", answer.text("/inquiries/second")))
        .await;
    assert_eq!(shown.text("/data/attributes/status"), "approved");
    assert_eq!(shown.text("/data/attributes/reference-id"), "usr_ABC123");
    // The same verbs as ever, so the same events as ever.
    let id = answer.text("/inquiries/first");
    let events = sandbox
        .get(&format!("/events?filter[object-id]={id}&page[size]=100"))
        .await;
    let mut names: Vec<_> = events.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["attributes"]["name"].as_str().unwrap())
        .collect();
    names.reverse();
    assert_eq!(
        names,
        [
            "inquiry.created",
            "inquiry.transitioned",
            "inquiry.started",
            "inquiry.transitioned",
            "inquiry.expired",
            "inquiry.transitioned",
            "inquiry.failed",
            "inquiry.declined",
        ]
    );
    assert!(!answer.body.to_string().contains("eyJ"), "a session token");
}

#[tokio::test]
async fn faults_of_a_scenario_meet_the_api() {
    let sandbox = TestSandbox::start().await;
    let answer = post(&sandbox, &text("outage.json")).await;
    assert_eq!(answer.body["passed"], true, "{:#}", answer.body);
    let lists = [
        sandbox.get("/inquiries").await.status,
        sandbox.get("/inquiries").await.status,
    ];
    assert_eq!(lists, [StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK]);
}

#[test]
fn a_seeded_scenario_comes_out_the_same_on_every_empty_sandbox() {
    let file = text("second-try.yaml");
    let run = |file: &str| {
        let sandbox = Sandbox::open(Config::default()).unwrap();
        let first = sandbox.run_scenario(file).unwrap();
        (first, sandbox)
    };
    let (first, sandbox) = run(&file);
    assert!(first.passed, "{first}");
    assert_eq!(run(&file).0, first);
    assert_ne!(
        run(&file.replace("seed: 7", "seed: 8")).0.inquiries,
        first.inquiries
    );
    // On a sandbox that has them already, new ones are made.
    let again = sandbox.run_scenario(&file).unwrap();
    assert_ne!(again.inquiries, first.inquiries);
    assert!(!again.passed, "there are four inquiries now");
}

#[tokio::test]
async fn what_does_not_hold_is_reported_with_its_line() {
    let sandbox = TestSandbox::start().await;
    let file = "
steps:
  - create: {as: a, reference_id: usr_1, fields: {name_first: Ada}}
  - expect: {inquiry: a, status: approved}
  - expect: {inquiry: a, fields: {name_first: Eve}}
  - expect_count: {reference_id: usr_1, inquiries: 2}
  - refused: {approve: a}
  - approve: a
  - open: a
";
    let answer = post(&sandbox, file).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["passed"], false);
    assert_eq!(
        failures(&answer.body),
        [
            (4, "status is created, not approved"),
            (5, "name_first is \"Ada\", not \"Eve\""),
            (6, "1 inquiries, not 2"),
            (7, "it was not refused"),
            (8, "Inquiry cannot be approved while its status is approved"),
        ]
    );
    assert_eq!(answer.body["steps"][6]["outcome"], "not_run");
}

#[tokio::test]
async fn a_step_that_would_do_nothing_is_refused() {
    let sandbox = TestSandbox::start().await;
    let file = "
steps:
  - create: {as: a}
  - open: a
  - submit_selfie: {inquiry: a, result: pass}
";
    let answer = post(&sandbox, file).await;
    assert_eq!(
        failures(&answer.body),
        [(5, "the flow is at start, so nothing was submitted")]
    );
}

#[tokio::test]
async fn a_wrong_file_does_nothing() {
    let sandbox = TestSandbox::start().await;
    let answer = post(&sandbox, "steps:\n  - create: {as: a}\n  - aprove: a\n").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let error = answer.text("/error");
    assert!(error.starts_with("line 3, column 5: "), "{error}");
    assert!(error.contains("approve,"), "{error}");
    let all = sandbox
        .control(reqwest::Method::GET, "inquiries", Value::Null)
        .await;
    assert_eq!(all, json!({"data": []}));
}

#[test]
fn the_program_runs_a_scenario_in_a_sandbox_of_its_own() {
    let path = example("second-try.yaml");
    let path = path.to_str().unwrap();
    let passed = program(&[path, "--state", "memory"]);
    let report = String::from_utf8(passed.stdout).unwrap();
    assert_eq!(passed.status.code(), Some(0), "{report}");
    assert!(
        report.starts_with("Approved at the second inquiry\n"),
        "{report}"
    );
    assert!(
        report.contains("passed: 24 passed, 0 failed, 0 not run"),
        "{report}"
    );

    // Never decided within the ten seconds of the file.
    let late = program(&[path, "--state", "memory", "--approve-after-ms", "60000"]);
    let report = String::from_utf8(late.stdout).unwrap();
    assert_eq!(late.status.code(), Some(1), "{report}");
    assert!(
        report.contains("status is completed, not approved"),
        "{report}"
    );

    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.yaml");
    std::fs::write(&wrong, "steps:\n  - open: nobody\n").unwrap();
    let refused = program(&[wrong.to_str().unwrap(), "--state", "memory"]);
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{message}");
    assert!(
        message.contains("line 2, column 5: no step before"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_runs_a_scenario_against_a_running_sandbox() {
    let sandbox = TestSandbox::start().await;
    let path = example("outage.json");
    let run = |url: String| {
        let path = path.to_str().unwrap().to_owned();
        tokio::task::spawn_blocking(move || program(&[&path, "--url", &url]))
    };
    let passed = run(sandbox.base.clone()).await.unwrap();
    assert_eq!(passed.status.code(), Some(0), "{passed:?}");
    assert_eq!(
        sandbox
            .get("/inquiries?filter[status]=needs_review")
            .await
            .status,
        503
    );
    assert_eq!(
        sandbox
            .get("/inquiries?filter[status]=needs_review")
            .await
            .ids()
            .len(),
        1
    );
    let base = sandbox.base.clone();
    sandbox.stop().await;
    let refused = run(base).await.unwrap();
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{message}");
    assert!(message.contains("--state memory"), "{message}");
}

#[tokio::test]
async fn a_scenario_finishes_inquiries_that_the_application_made() {
    let sandbox = TestSandbox::start().await;
    let own = sandbox.create("usr_1").await;
    let other = sandbox.create("usr_2").await;
    let file = format!(
        "steps:
  - use: {{as: walker, inquiry: {own}}}
  - open: walker
  - finish: {{inquiry: walker, outcome: needs_review, failed_checks: [expired_document]}}
  - expect: {{inquiry: walker, status: needs_review, fields: {{name_first: ALEXANDER J}}}}
  - finish: {{use: {other}, outcome: declined, document: {{name_first: Grace}}}}
  - use: {other}
  - expect: {{inquiry: {other}, status: declined, fields: {{name_first: Grace}}}}
  - refused: {{finish: {{inquiry: walker}}}}
  - create: {{as: own}}
  - finish: {{inquiry: own, abandon_at: selfie}}
  - expect: {{inquiry: own, status: pending, next_step: selfie}}
"
    );
    let answer = post(&sandbox, &file).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.body["passed"], true, "{:#}", answer.body);
    assert_eq!(answer.text("/inquiries/walker"), own);
    let shown = sandbox.get(&format!("/inquiries/{other}")).await;
    assert_eq!(shown.text("/data/attributes/status"), "declined");
}

#[tokio::test]
async fn a_finish_that_makes_no_sense_is_refused_with_its_line() {
    let sandbox = TestSandbox::start().await;
    for (steps, line, fix) in [
        ("- finish: {outcome: approved}", "line 2", "use"),
        ("- finish: {use: inq_1, inquiry: a}", "line 2", "use"),
        ("- finish: {inquiry: walker}", "line 2", "use: {as: walker"),
        ("- use: walker", "line 2", "inq_"),
        ("- use: inq_1\n- use: inq_1", "line 3", "already"),
        (
            "- finish: {use: inq_1, outcome: rejected}",
            "line 2",
            "needs_review",
        ),
        (
            "- finish: {use: inq_1, failed_checks: [x]}",
            "line 2",
            "blurred_photo",
        ),
    ] {
        let answer = post(&sandbox, &format!("steps:\n{steps}\n")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{steps}");
        let error = answer.text("/error");
        assert!(
            error.starts_with(line) && error.contains(fix),
            "{steps}: {error}"
        );
    }
    let unknown = post(&sandbox, "steps: [{use: inq_unknown}]").await;
    assert_eq!(unknown.body["passed"], false, "{:#}", unknown.body);
}
