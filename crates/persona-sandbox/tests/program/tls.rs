//! The TLS port: applications with hard-coded addresses of Persona run unchanged.

use std::path::Path;

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::{Program, client};

/// A program with a TLS port and no file, and a client that trusts its authority.
async fn start(args: &[&str]) -> (Program, Client) {
    let program = Program::start(["--tls-addr", "127.0.0.1:0"].iter().chain(args));
    let url = format!("http://{}/_sandbox/ca.pem", program.text("addr"));
    let plain = client(None, program.addr("addr"));
    let pem = plain.get(url).send().await.unwrap().text().await.unwrap();
    let client = client(Some(&pem), program.addr("tls_addr"));
    (program, client)
}

/// An address at one of Persona's names, with the port that the test has instead of 443.
fn at(program: &Program, name: &str, path: &str) -> String {
    format!("https://{name}:{}{path}", program.addr("tls_addr").port())
}

async fn create(client: &Client, url: String) -> Value {
    let body = json!({
        "data": { "attributes": { "inquiry-template-id": "itmpl_sandboxKYC" } },
        "meta": { "auto-create-one-time-link": true },
    });
    let request = client
        .post(url)
        .bearer_auth("persona_sandbox_x")
        .json(&body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 201);
    response.json().await.unwrap()
}

#[tokio::test]
async fn the_api_answers_by_its_names_and_links_lead_to_persona_s() {
    let (program, client) = start(&[]).await;
    for name in ["api.withpersona.com", "withpersona.com"] {
        let created = create(&client, at(&program, name, "/api/v1/inquiries")).await;
        let link = created["meta"]["one-time-link"].as_str().unwrap();
        let begin = at(&program, "withpersona.com", "/verify?code=");
        assert!(link.starts_with(&begin), "{link}");
        let page = client.get(link).send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert!(page.text().await.unwrap().contains("Verify your identity"));
    }
    // By the sandbox's own name, links are the sandbox's.
    let url = format!("{}/inquiries", program.text("api_url"));
    let created = create(&client, url).await;
    let link = created["meta"]["one-time-link"].as_str().unwrap();
    assert!(link.starts_with(program.text("url")), "{link}");
}

#[tokio::test]
async fn a_public_url_that_is_given_is_that_of_all_links() {
    let (program, client) = start(&["--public-url", "http://localhost:3999"]).await;
    let url = at(&program, "api.withpersona.com", "/api/v1/inquiries");
    let created = create(&client, url).await;
    let link = created["meta"]["one-time-link"].as_str().unwrap();
    assert!(
        link.starts_with("http://localhost:3999/verify?code="),
        "{link}"
    );
}

#[tokio::test]
async fn the_flow_has_its_name_and_no_control_has_one_of_persona_s() {
    let (program, client) = start(&[]).await;
    let get = async |name: &str, path: &str| {
        let url = at(&program, name, path);
        client.get(url).send().await.unwrap()
    };
    let flow = "inquiry.withpersona.com";
    let page = get(flow, "/verify?inquiry-template-id=itmpl_sandboxKYC").await;
    assert_eq!(page.status(), 200);
    assert_eq!(get(flow, "/preload").await.status(), 200);
    let refused = get(flow, "/api/v1/inquiries").await;
    assert_eq!(refused.status(), 404);
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("api.withpersona.com")
    );
    for path in ["/_sandbox/clock", "/dashboard"] {
        assert_eq!(get("withpersona.com", path).await.status(), 403, "{path}");
    }
    // Its own name has the controls.
    let own = at(&program, "localhost", "/_sandbox/clock");
    assert_eq!(client.get(own).send().await.unwrap().status(), 200);
}

fn install(folder: &Path, version: &str) {
    std::fs::create_dir_all(folder.join("dist")).unwrap();
    let package = json!({ "name": "persona", "version": version });
    std::fs::write(folder.join("package.json"), package.to_string()).unwrap();
    std::fs::write(folder.join("dist/persona.js"), format!("// {version}")).unwrap();
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn the_cdn_serves_the_versions_of_the_sdk_that_are_installed() {
    let modules = tempfile::tempdir().unwrap();
    install(&modules.path().join("persona"), "5.9.0");
    install(&modules.path().join("persona-5.1"), "5.1.2");
    let (program, client) = start(&["--sdk", modules.path().to_str().unwrap()]).await;
    assert_eq!(program.ready["sdk_versions"], json!(["5.1.2", "5.9.0"]));
    let get = async |path: &str| {
        let url = at(&program, "cdn.withpersona.com", path);
        client.get(url).send().await.unwrap()
    };
    let script = get("/dist/persona-v5.1.2.js").await;
    assert_eq!(script.status(), 200);
    assert_eq!(
        header(&script, "content-type"),
        "text/javascript; charset=utf-8"
    );
    assert_eq!(header(&script, "access-control-allow-origin"), "*");
    assert_eq!(script.text().await.unwrap(), "// 5.1.2");

    let missing = get("/dist/persona-v4.13.0.js").await;
    assert_eq!(missing.status(), 404);
    let text = missing.text().await.unwrap();
    assert!(
        text.contains("npm install persona-4.13.0@npm:persona@4.13.0"),
        "{text}"
    );
    assert!(text.contains("5.1.2, 5.9.0"), "{text}");
    assert_eq!(get("/api/v1/inquiries").await.status(), 404);
}

#[tokio::test]
async fn without_a_folder_the_cdn_says_what_to_do() {
    let (program, client) = start(&[]).await;
    let url = at(&program, "cdn.withpersona.com", "/dist/persona-v5.9.0.js");
    let missing = client.get(url).send().await.unwrap();
    assert_eq!(missing.status(), 404);
    let text = missing.text().await.unwrap();
    assert!(text.contains("start the sandbox with --sdk"), "{text}");
}

#[tokio::test]
async fn faults_end_connections_with_tls_too() {
    let (program, client) = start(&[]).await;
    for kind in ["reset", "drop_answer"] {
        let fault = json!({ "operation": "list", "kind": kind, "count": 1 });
        let url = format!("{}/_sandbox/faults", program.text("url"));
        let set = client.post(url).json(&fault).send().await.unwrap();
        assert_eq!(set.status(), 200);
        let url = at(&program, "api.withpersona.com", "/api/v1/inquiries");
        let list = client.get(&url).bearer_auth("persona_sandbox_x");
        assert!(list.try_clone().unwrap().send().await.is_err(), "{kind}");
        assert_eq!(list.send().await.unwrap().status(), 200);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_client_without_trust_gets_no_answer_and_the_log_says_why() {
    let (program, _) = start(&[]).await;
    let stranger = client(None, program.addr("tls_addr"));
    let url = at(&program, "api.withpersona.com", "/api/v1/inquiries");
    let error = stranger.get(url).send().await.unwrap_err();
    assert!(error.is_connect(), "{error}");
    // The alert may come after the client's own error.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let log = program.stop();
    assert!(log.contains("rejected the certificate"), "{log}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_client_that_says_nothing_does_not_hold_up_the_end() {
    let (program, _) = start(&[]).await;
    let silent = tokio::net::TcpStream::connect(program.addr("tls_addr"))
        .await
        .unwrap();
    let began = std::time::Instant::now();
    program.stop();
    assert!(began.elapsed() < std::time::Duration::from_secs(4));
    drop(silent);
}
