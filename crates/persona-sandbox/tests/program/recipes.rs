//! The recipes in YAML of `docs/testing.md`, read from it. `packaging/recipes.py` runs the others.

use reqwest::header;
use serde_json::Value;

use super::{Program, client};

const DOCUMENT: &str = include_str!("../../docs/testing.md");

/// The block of YAML below this heading.
fn recipe(heading: &str) -> Value {
    let (_, below) = DOCUMENT.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = below.split_once("```yaml\n").unwrap();
    let (block, _) = block.split_once("\n```").unwrap();
    serde_saphyr::from_str(block).unwrap()
}

#[tokio::test]
async fn the_compose_file_starts_a_sandbox_that_the_app_reaches_by_the_service_s_name() {
    let services = &recipe("docker compose")["services"];
    let (persona, app) = (&services["persona"], &services["app"]);
    let image = format!("persona-sandbox:{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(persona["image"], image.as_str());
    assert_eq!(app["depends_on"][0], "persona");
    let command = persona["command"].as_array().unwrap().iter();
    let command = command.map(|argument| argument.as_str().unwrap());
    let addr = "0.0.0.0:3002";
    assert!(command.clone().any(|argument| argument == addr));
    assert_eq!(persona["ports"][0], "3002:3002");
    // The port may be taken on this machine.
    let program = Program::spawn(&mut super::command(command.map(
        |argument| match argument {
            argument if argument == addr => "127.0.0.1:0",
            argument => argument,
        },
    )));

    let environment = &app["environment"];
    let api_url = environment["PERSONA_API_URL"].as_str().unwrap();
    let path = api_url.strip_prefix("http://persona:3002").unwrap();
    let at = async |path: &str| {
        let url = format!("http://{}{path}", program.addr("addr"));
        let request = client(None, program.addr("addr")).get(url);
        let request = request.header(header::HOST, "persona:3002");
        let key = environment["PERSONA_API_KEY"].as_str().unwrap();
        request.bearer_auth(key).send().await.unwrap().status()
    };
    for path in [
        "/_sandbox/health",
        "/_sandbox/environments",
        &format!("{path}/inquiries"),
    ] {
        assert_eq!(at(path).await, 200, "{path}");
    }
}

#[test]
fn the_workflow_has_steps_that_run_or_use_something() {
    let job = &recipe("GitHub Actions")["jobs"]["test"];
    assert_eq!(job["runs-on"], "ubuntu-latest");
    let steps = job["steps"].as_array().unwrap();
    assert!(steps.len() > 2);
    for step in steps {
        match (step["uses"].as_str(), step["run"].as_str()) {
            (Some(action), None) => {
                let (name, version) = action.split_once('@').unwrap();
                assert!(name.contains('/') && version.starts_with('v'), "{action}");
            }
            (None, Some(command)) => assert!(!command.is_empty()),
            _ => panic!("{step}"),
        }
    }
}
