//! Runs a sandbox in this process, as a test of a Rust program would, and creates an inquiry in it by the
//! API.
//!
//! `cargo run --example in_process`

use std::error::Error;
use std::time::Duration;

use persona_sandbox::in_process::Finish;
use persona_sandbox::{Config, Sandbox};
use serde_json::{Value, json};

#[expect(clippy::print_stdout, reason = "an example prints its result")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start(Config::default()).await?;

    // What an application does.
    let attributes = json!({
        "inquiry-template-id": sandbox.template_id(),
        "reference-id": "user-42",
    });
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(persona_sandbox::tls_config(None)?)
        .build()?;
    let created: Value = client
        .post(format!("{}/inquiries", sandbox.api_url()))
        .bearer_auth(sandbox.api_key())
        .json(&json!({"data": {"attributes": attributes}}))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let id = created["data"]["id"].as_str().unwrap_or_default();

    // What a test does: the person completes the flow, and a moment later the workflow approves.
    sandbox.finish(id, &Finish::default())?;
    sandbox.advance(Duration::from_secs(1))?;
    let event = sandbox
        .wait_for_event("inquiry.approved", id, Duration::from_secs(5))
        .await?;
    println!("{id} is approved by {}", event.id);

    sandbox.stop().await?;
    Ok(())
}
