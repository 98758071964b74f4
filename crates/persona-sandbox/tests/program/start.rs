//! Starting: the ready line and file, the ports, the log, and what stops a start.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use serde_json::{Value, json};

use crate::{Program, client, command, refused};

#[tokio::test]
async fn the_ready_line_says_where_it_answers() {
    let program = Program::start(["--environment-id", "env_Own", "--template", "itmpl_Own"]);
    let addr = program.addr("addr");
    let url = format!("http://localhost:{}", addr.port());
    assert_ne!(addr.port(), 0);
    let expected = json!({
        "event": "ready",
        "version": env!("CARGO_PKG_VERSION"),
        "pid": program.child.id(),
        "addr": addr.to_string(),
        "url": url,
        "api_url": format!("{url}/api/v1"),
        "dashboard_url": format!("{url}/dashboard"),
        "template_id": "itmpl_Own",
        "environment_id": "env_Own",
        "tls_addr": null,
        "ca_file": null,
        "ca_public_key_pin": null,
        "sdk_versions": [],
    });
    assert_eq!(program.ready, expected);
    let health = client(None, addr)
        .get(format!("{url}/_sandbox/health"))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
    let body: Value = health.json().await.unwrap();
    assert_eq!(
        body,
        json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })
    );
}

#[tokio::test]
async fn health_is_answered_by_any_name_and_controls_by_known_ones() {
    let program = Program::start([
        "--internal-url",
        "http://sandbox.internal:3002",
        "--allow-host",
        "persona",
    ]);
    assert_eq!(
        program.text("api_url"),
        "http://sandbox.internal:3002/api/v1"
    );
    let addr = program.addr("addr");
    let status = async |path: &str, host: &str| {
        let request = client(None, addr).get(format!("http://{addr}{path}"));
        request.header("host", host).send().await.unwrap().status()
    };
    assert_eq!(status("/_sandbox/health", "elsewhere:3002").await, 200);
    assert_eq!(status("/_sandbox/clock", "elsewhere:3002").await, 403);
    assert_eq!(status("/_sandbox/clock", "persona:3002").await, 200);
    assert_eq!(
        status("/_sandbox/clock", "sandbox.internal:3002").await,
        200
    );
}

#[tokio::test]
async fn localhost_is_both_families() {
    let program = Program::start_at("localhost:0", ["--tls-addr", "localhost:0"]);
    let port = program.addr("addr").port();
    for ip in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
        let addr = SocketAddr::new(ip, port);
        let answer = client(None, addr)
            .get(format!("http://{addr}/_sandbox/health"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{addr}");
        let tls = SocketAddr::new(ip, program.addr("tls_addr").port());
        tokio::net::TcpStream::connect(tls).await.unwrap();
    }
}

#[cfg(unix)]
#[test]
fn the_ready_file_is_there_while_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ready.json");
    std::fs::write(&file, "left by an earlier one").unwrap();
    let program = Program::start(["--ready-file".as_ref(), file.as_os_str()]);
    // It is written after the ready line.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let text = loop {
        match std::fs::read_to_string(&file) {
            Ok(text) => break text,
            Err(error) => assert!(std::time::Instant::now() < deadline, "{error}"),
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), program.ready);
    program.stop();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn logs_in_json_are_json_alone() {
    let program = Program::start(["--json-logs"]);
    let addr = program.text("addr").to_owned();
    let log = program.stop();
    let records: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let ready = records
        .iter()
        .find(|record| record["fields"]["message"] == "ready");
    assert_eq!(ready.unwrap()["fields"]["addr"], addr.as_str());
}

#[test]
fn a_port_that_is_taken_is_named_with_its_flag() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = other.local_addr().unwrap().to_string();
    let text = refused(["--tls-addr", &addr]);
    assert!(text.contains(&format!("{addr} is in use")), "{text}");
    assert!(text.contains("choose another with --tls-addr"), "{text}");
    let output = command(["--addr", &addr]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("choose another with --addr"), "{text}");
}

#[test]
fn a_ready_file_that_cannot_be_written_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("none/ready.json");
    let text = refused(["--ready-file".as_ref(), file.as_os_str()]);
    assert!(text.contains("could not write --ready-file"), "{text}");
    assert!(text.contains(&*file.to_string_lossy()), "{text}");
}

#[test]
fn a_folder_without_the_sdk_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let text = refused(["--sdk".as_ref(), folder.path().as_os_str()]);
    assert!(text.contains("--sdk cannot be used"), "{text}");
    assert!(text.contains("npm install persona"), "{text}");
}

#[test]
fn flags_that_make_no_sense_are_refused_with_the_form_they_need() {
    for (flag, value, form) in [
        (
            "--environment-id",
            "sandbox",
            "must be env_ and letters or digits",
        ),
        ("--internal-url", "http://persona/api", "must have no path"),
        (
            "--tls-addr",
            "4443",
            "must be an IP address or localhost, and a port",
        ),
        ("--ca", "/no/such.pem", "could not read --ca /no/such.pem"),
        ("--ca", "Cargo.toml", "holds no certificate in PEM"),
    ] {
        let text = refused([flag, value]);
        assert!(text.contains(form), "{flag}: {text}");
    }
}
