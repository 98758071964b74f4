//! The authority of the TLS port: where it is kept, and the command that prints it.

use std::path::Path;
use std::process::Output;

use crate::{Program, client, command, refused};

fn ca(args: &[&str]) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(["ca"].iter().chain(args)).output().unwrap();
    let text = if status.success() { stdout } else { stderr };
    (status.success(), String::from_utf8(text).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn the_command_and_the_port_share_the_authority_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (printed, pem) = ca(&["--ca-dir", text(folder.path()), "--pem"]);
    assert!(printed, "{pem}");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    let args = ["--tls-addr", "127.0.0.1:0", "--ca-dir", text(folder.path())];
    let program = Program::start(args);
    let file = folder.path().join("persona-sandbox-ca.pem");
    assert_eq!(program.text("ca_file"), text(&file));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), pem);
    let addr = program.addr("tls_addr");
    let url = format!("https://localhost:{}/_sandbox/health", addr.port());
    let answer = client(Some(&pem), addr).get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn the_authority_is_in_the_state_s_folder() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.db");
    let program = Program::start(["--tls-addr", "127.0.0.1:0", "--state", text(&state)]);
    let file = folder.path().join("persona-sandbox-ca.pem");
    assert_eq!(program.text("ca_file"), text(&file));
    let (printed, instructions) = ca(&["--state", text(&state)]);
    assert!(printed, "{instructions}");
    for part in [
        &format!("Certificate: {}", file.display()),
        &format!("NODE_EXTRA_CA_CERTS={}", file.display()),
        &format!("REQUESTS_CA_BUNDLE={}", file.display()),
        "SSL_CERT_FILE=",
        "update-ca-certificates",
        "security add-trusted-cert",
        &format!(
            "--ignore-certificate-errors-spki-list={}",
            program.text("ca_public_key_pin")
        ),
    ] {
        assert!(instructions.contains(part), "no {part} in:\n{instructions}");
    }
    assert!(!instructions.contains("PRIVATE KEY"));
}

#[test]
fn in_memory_there_is_none_to_print() {
    let (printed, error) = ca(&[]);
    assert!(!printed);
    assert!(error.contains("--ca-dir"), "{error}");
    let program = Program::start(["--tls-addr", "127.0.0.1:0"]);
    assert!(program.ready["ca_file"].is_null());
    assert_eq!(program.text("ca_public_key_pin").len(), 44);
}

#[test]
fn an_authority_that_cannot_be_written_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let inside = file.join("ca");
    let error = refused(["--tls-addr", "127.0.0.1:0", "--ca-dir", text(&inside)]);
    assert!(error.contains("--ca-dir"), "{error}");
    assert!(error.contains(text(&inside)), "{error}");
    let (printed, error) = ca(&["--ca-dir", text(&inside)]);
    assert!(!printed);
    assert!(error.contains(text(&inside)), "{error}");
}
