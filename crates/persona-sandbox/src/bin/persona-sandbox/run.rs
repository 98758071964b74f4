//! `persona-sandbox run FILE`: a scenario against a running sandbox, or in one of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use persona_sandbox::scenario::Report;
use persona_sandbox::{Config, Sandbox};
use reqwest::StatusCode;
use serde::Deserialize;

use super::{address, location, template_id, web_address};

/// How long a running sandbox may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a file is made of, under the help.
const FORMAT: &str = "\
A scenario is YAML or JSON: who, which steps, which results, when.

  name: Approved within a day
  seed: 7                      # the same IDs on every empty sandbox
  now: 2026-01-05T10:00:00Z    # sets the clock
  steps:
    - create: {as: walker, reference_id: usr_ABC123, fields: {name_first: Alexander}}
    - open: walker
    - submit_government_id: {inquiry: walker, result: pass}
    - submit_selfie: {inquiry: walker, result: pass}
    - advance: 1d
    - expect: {inquiry: walker, status: approved}
    - expect_count: {reference_id: usr_ABC123, inquiries: 1}

Steps: create, open, submit_government_id, submit_selfie, submit (any step), cancel;
start, complete, fail (simulated); resume, approve, decline, mark_for_review, expire, redact; advance, clock;
fault, clear_faults; refused; expect, expect_count.

Exit code: 0 if all went as written, 1 if a step was refused or an expectation does not
hold, 2 if the file is wrong or no sandbox answers.";

/// Run a scenario file against a running sandbox, or with --state in one of its own
#[derive(Args)]
#[command(after_long_help = FORMAT)]
pub(crate) struct RunArgs {
    /// The scenario
    file: PathBuf,

    /// Address of the running sandbox
    #[arg(
        long,
        env = "SANDBOX_ADDR",
        default_value = "127.0.0.1:3002",
        value_name = "IP:PORT",
        value_parser = address
    )]
    addr: SocketAddr,

    /// Address of the running sandbox, as a URL
    #[arg(long, value_name = "URL", value_parser = web_address)]
    url: Option<url::Url>,

    /// Run in this environment of the running sandbox, which is opened if it is new; the default one
    /// if absent
    #[arg(long, value_name = "NAME", conflicts_with = "state")]
    environment: Option<String>,

    /// Run in a sandbox of its own: with the state in this file, or `memory`
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    state: Option<PathBuf>,

    /// ID of the built-in KYC template, with --state
    #[arg(long, requires = "state", default_value = "itmpl_sandboxKYC", value_name = "ITMPL_ID", value_parser = template_id)]
    template: String,

    /// Milliseconds from the end of a flow to the workflow's decision, with --state
    #[arg(long, requires = "state", default_value_t = 1000, value_name = "MS")]
    approve_after_ms: u64,
}

/// Runs the file and prints the report.
pub(crate) async fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let file = args.file.display().to_string();
    let text = std::fs::read_to_string(&args.file)
        .with_context(|| format!("could not read the scenario {file}"))?;
    let report = match args.state {
        Some(state) => {
            let config = Config {
                state: location(state),
                template_id: args.template,
                approve_after: Duration::from_millis(args.approve_after_ms),
                ..Config::default()
            };
            Sandbox::open(config)?
                .run_scenario(&text)
                .with_context(|| file)?
        }
        None => {
            let url = match args.url {
                Some(url) => url,
                None => url::Url::parse(&format!("http://{}", args.addr))
                    .context("could not make a URL of --addr")?,
            };
            post(&url, args.environment.as_deref(), text, &file).await?
        }
    };
    writeln!(std::io::stdout().lock(), "{report}").context("could not print the report")?;
    Ok(if report.passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn post(
    base: &url::Url,
    environment: Option<&str>,
    text: String,
    file: &str,
) -> anyhow::Result<Report> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let mut url = base
        .join("/_sandbox/scenarios")
        .context("could not make a URL of --url")?;
    if let Some(name) = environment {
        url.query_pairs_mut().append_pair("environment", name);
    }
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(persona_sandbox::tls_config(None)?)
        .timeout(TIMEOUT)
        .build()
        .context("could not make an HTTP client")?;
    let answer = client.post(url).body(text).send().await.map_err(|error| {
        if error.is_connect() {
            anyhow::anyhow!(
                "no sandbox answers at {base}; start one with `persona-sandbox`, say where it is \
                 with --addr or --url, or run the file in one of its own with --state memory"
            )
        } else {
            anyhow::Error::new(error.without_url()).context("could not ask the sandbox")
        }
    })?;
    let status = answer.status();
    let body = answer.bytes().await.context("could not read the report")?;
    if status == StatusCode::OK {
        return serde_json::from_slice(&body)
            .with_context(|| format!("{base} is not a sandbox that runs scenarios"));
    }
    match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) => bail!("{file}: {}", refusal.error),
        Err(_) => bail!("{base} is not a sandbox that runs scenarios (it answered {status})"),
    }
}
