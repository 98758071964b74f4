//! The file with the shape of the user's account, and its schema.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::{Program, client, command, refused};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/persona-sandbox.yaml");

async fn template_ids(program: &Program) -> Vec<String> {
    let url = format!("{}/_sandbox/templates", program.text("url"));
    let answer = client(None, program.addr("addr"))
        .get(url)
        .send()
        .await
        .unwrap();
    let list: Value = answer.json().await.unwrap();
    let data = list["data"].as_array().unwrap().iter();
    data.map(|it| it["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_named_file_shapes_the_sandbox_and_a_flag_wins_over_it() {
    let program = Program::start(["--config", EXAMPLE]);
    assert_eq!(program.text("environment_id"), "env_Yours");
    assert_eq!(
        template_ids(&program).await,
        ["itmpl_sandboxKYC", "itmpl_Yours"]
    );
    let program = Program::start(["--config", EXAMPLE, "--environment-id", "env_Flag"]);
    assert_eq!(program.text("environment_id"), "env_Flag");
}

#[tokio::test]
async fn the_file_of_the_working_folder_is_read_if_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start_in(folder.path());
    assert_eq!(template_ids(&program).await, ["itmpl_sandboxKYC"]);
    fs::copy(EXAMPLE, folder.path().join("persona-sandbox.yaml")).unwrap();
    let program = Program::start_in(folder.path());
    assert_eq!(
        template_ids(&program).await,
        ["itmpl_sandboxKYC", "itmpl_Yours"]
    );
}

#[test]
fn a_wrong_file_stops_the_start_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.yaml");
    fs::write(&file, "templates:\n  - id: itmpl_A\n    colour: red\n").unwrap();
    let text = refused([Path::new("--config"), &file]);
    assert!(text.contains("own.yaml: line 3, column 5: "), "{text}");
    assert!(text.contains("colour"), "{text}");
    let text = refused(["--config", "absent.yaml"]);
    assert!(text.contains("--config absent.yaml"), "{text}");
}

#[test]
fn the_schema_is_printed() {
    let output = command(["schema"]).output().unwrap();
    assert!(output.status.success());
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(schema["properties"]["templates"]["type"], json!("array"));
}

#[tokio::test]
async fn any_template_is_taken_and_the_log_says_so() {
    let program = Program::start(["--template", "any"]);
    assert_eq!(program.text("template_id"), "itmpl_sandboxKYC");
    let url = format!("{}/inquiries", program.text("api_url"));
    let attributes = json!({ "inquiry-template-id": "itmpl_Theirs" });
    let request = client(None, program.addr("addr")).post(url);
    let request = request.bearer_auth("persona_sandbox_x");
    let answer = request
        .json(&json!({ "data": { "attributes": attributes } }))
        .send();
    assert_eq!(answer.await.unwrap().status(), 201);
    let log = program.stop();
    assert!(
        log.contains("made a KYC template") && log.contains("itmpl_Theirs"),
        "{log}"
    );
}

#[tokio::test]
async fn a_scenario_runs_in_the_named_environment() {
    let program = Program::start([""; 0]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.yaml");
    fs::write(
        &file,
        "steps:\n  - create: {as: walker, reference_id: usr_1}\n",
    )
    .unwrap();
    let run = |environment: &str| {
        let mut run = command([
            "run",
            "--url",
            program.text("url"),
            "--environment",
            environment,
        ]);
        run.arg(&file).output().unwrap()
    };
    assert!(run("test-1").status.success());
    let wrong = run("a b");
    assert_eq!(wrong.status.code(), Some(2));
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert!(text.contains("letters, digits and hyphens"), "{text}");
    let count = async |environment: &str| {
        let url = format!(
            "{}/_sandbox/inquiries?environment={environment}",
            program.text("url")
        );
        let answer = client(None, program.addr("addr"))
            .get(url)
            .send()
            .await
            .unwrap();
        let list: Value = answer.json().await.unwrap();
        list["data"].as_array().unwrap().len()
    };
    assert_eq!((count("test-1").await, count("default").await), (1, 0));
}

#[tokio::test]
async fn an_openapi_file_answers_what_is_not_emulated_and_another_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.yaml");
    let vendors = "openapi: 3.1.0
info: {title: Persona API Reference}
servers: [{url: https://api.withpersona.com/api/v1}]
paths:
  /theme-sets:
    get: {responses: {'200': {content: {application/json: {example: {data: []}}}}}}
";
    fs::write(&file, vendors).unwrap();
    let setup = folder.path().join("own.yaml");
    fs::write(&setup, format!("openapi: {}\n", file.display())).unwrap();
    for (flag, path) in [("--openapi", &file), ("--config", &setup)] {
        let program = Program::start([Path::new(flag), path]);
        let url = format!("{}/api/v1/theme-sets", program.text("url"));
        let request = client(None, program.addr("addr")).get(url);
        let answer = request.bearer_auth("persona_sandbox_x").send().await;
        let answer = answer.unwrap();
        let fidelity = &answer.headers()["persona-sandbox-fidelity"];
        assert_eq!(
            (answer.status().as_u16(), fidelity),
            (200, &"example".parse().unwrap())
        );
    }
    fs::write(&file, vendors.replace("Persona", "Kennel")).unwrap();
    let text = refused([Path::new("--openapi"), &file]);
    assert!(
        text.contains("another API (Kennel API Reference)"),
        "{text}"
    );
    let text = refused(["--openapi", "absent.yaml"]);
    assert!(text.contains("could not read absent.yaml"), "{text}");
}
