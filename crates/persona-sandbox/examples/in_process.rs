//! Runs a sandbox in this process, as a test of a Rust program would, and creates an inquiry in it.
//!
//! `cargo run --example in_process`

use std::error::Error;

use persona_sandbox::{Config, Sandbox};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[expect(clippy::print_stdout, reason = "an example prints its result")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/api/v1/inquiries", listener.local_addr()?);
    let shutdown = CancellationToken::new();
    let sandbox = Sandbox::open(Config::default())?;
    let serving = tokio::spawn(sandbox.serve(listener, shutdown.clone()));

    let attributes = json!({"inquiry-template-id": "itmpl_sandboxKYC", "reference-id": "user-42"});
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(persona_sandbox::tls_config(None)?)
        .build()?;
    let created: Value = client
        .post(url)
        .bearer_auth("persona_sandbox_example")
        .json(&json!({"data": {"attributes": attributes}}))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    println!("created {}", created["data"]["id"]);

    shutdown.cancel();
    serving.await??;
    Ok(())
}
