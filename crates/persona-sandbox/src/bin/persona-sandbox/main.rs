//! The Persona sandbox as a program of its own, for any team in any language.
//!
//! Reads flags and environment, binds, serves until SIGINT or SIGTERM; or runs a scenario file.
//! Everything else is in `persona_sandbox`.
//!
//! Longer than 400 lines: every flag, with what it says of itself and how its value is read.

mod ca;
mod ports;
mod ready;
mod run;
mod setup;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use persona_sandbox::{
    CertificateAuthority, Config, OpenApi, Sandbox, SdkFolder, StateLocation, WebhookTarget,
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use ports::Ports;
use ready::{Ready, ReadyFile};

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The value of `--template` with which every template ID is known.
const ANY_TEMPLATE: &str = "any";

/// An emulator of Persona (withpersona.com) for development and tests.
///
/// Not emulated: real checks, extraction and databases, transactions, lists, legacy templates, theming,
/// production keys. Emulated: inquiries, accounts, cases, reports, sessions, one-time links, events,
/// webhooks, the widget for Persona's own JS SDK, the hosted flow, a dashboard.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    serve: ServeArgs,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Run(Box<run::RunArgs>),
    Ca(ca::CaArgs),
    /// Print the JSON Schema of persona-sandbox.yaml, the file of --config
    Schema,
}

#[derive(Args)]
struct ServeArgs {
    /// Address to listen on; other machines reach it only if it is not a loopback address
    #[arg(
        long,
        env = "SANDBOX_ADDR",
        default_value = "127.0.0.1:3002",
        value_name = "IP:PORT",
        value_parser = address
    )]
    addr: SocketAddr,

    /// Address to listen on with TLS, for Persona's own host names: resolve api.withpersona.com,
    /// withpersona.com, inquiry.withpersona.com and cdn.withpersona.com to it
    #[arg(long, env = "SANDBOX_TLS_ADDR", value_name = "IP:PORT", value_parser = address)]
    tls_addr: Option<SocketAddr>,

    /// Folder of the certificate authority for the TLS port, created on first use; the state's folder
    /// if absent, or in memory like the state
    #[arg(long, env = "SANDBOX_CA_DIR", value_name = "DIR")]
    ca_dir: Option<PathBuf>,

    /// Your npm folder with Persona's SDK, for pages that load it from cdn.withpersona.com:
    /// `node_modules`, or `node_modules/persona`
    #[arg(long, env = "SANDBOX_SDK", value_name = "DIR")]
    sdk: Option<PathBuf>,

    /// Your copy of Persona's OpenAPI file (YAML or JSON): what the sandbox does not emulate is checked
    /// against it and answered with its examples
    #[arg(long, env = "SANDBOX_OPENAPI", value_name = "FILE")]
    openapi: Option<PathBuf>,

    /// File that keeps the state over restarts (SQLite), or `memory` for none
    #[arg(
        long,
        env = "SANDBOX_STATE",
        default_value = "memory",
        value_name = "FILE"
    )]
    state: PathBuf,

    /// File with the shape of your account, in YAML or JSON: templates, accounts, webhooks;
    /// `persona-sandbox.yaml` in the working folder if absent and there
    #[arg(long, env = "SANDBOX_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// ID of the built-in KYC template, or `any`: then each unknown template ID makes such a template
    #[arg(long, default_value = "itmpl_sandboxKYC", value_name = "ITMPL_ID", value_parser = template_or_any)]
    template: String,

    /// ID of the environment, for code with a hard-coded environment ID; that of --config or
    /// `env_sandbox` if absent
    #[arg(long, value_name = "ENV_ID", value_parser = environment_id)]
    environment_id: Option<String>,

    /// URL that takes webhooks
    #[arg(long, value_name = "URL", value_parser = webhook_url)]
    webhook: Option<String>,

    /// Secret that signs the webhooks
    #[arg(
        long,
        env = "SANDBOX_WEBHOOK_SECRET",
        hide_env_values = true,
        default_value = "wbhsec_sandbox",
        value_name = "SECRET"
    )]
    webhook_secret: String,

    /// File with certificates (PEM) that webhooks' receivers may be signed by, besides the public
    /// authorities: that of a development certificate
    #[arg(long, env = "SANDBOX_CA", value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Milliseconds from the end of a flow to the decision of the template's workflow
    #[arg(long, default_value_t = 1000, value_name = "MS")]
    approve_after_ms: u64,

    /// Address under which browsers reach the sandbox; `localhost` with the port if absent
    #[arg(long, env = "SANDBOX_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    public_url: Option<String>,

    /// URL by which your servers reach the sandbox, if it differs from the public one: with the
    /// service's name in a compose file, for example
    #[arg(long, env = "SANDBOX_INTERNAL_URL", value_name = "URL", value_parser = public_url)]
    internal_url: Option<String>,

    /// Name by which the controls and the dashboard may be addressed, besides `localhost`
    /// (repeatable): the service's name in a compose file, for example
    #[arg(long = "allow-host", env = "SANDBOX_ALLOW_HOST", value_delimiter = ',', value_name = "NAME", value_parser = host_name)]
    allow_hosts: Vec<String>,

    /// Makes identifiers and chances the same on every run
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// File that receives the ready line once the sandbox answers, and is removed when it stops
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,

    /// Log in JSON, one record per line
    #[arg(long)]
    json_logs: bool,
}

fn template_id(text: &str) -> Result<String, &'static str> {
    if is_id(text, "itmpl_") {
        Ok(text.to_owned())
    } else {
        Err("must be itmpl_ and letters or digits")
    }
}

fn template_or_any(text: &str) -> Result<String, &'static str> {
    if text == ANY_TEMPLATE {
        return Ok(text.to_owned());
    }
    template_id(text).map_err(|_| "must be itmpl_ and letters or digits, or any")
}

fn environment_id(text: &str) -> Result<String, &'static str> {
    if is_id(text, "env_") {
        Ok(text.to_owned())
    } else {
        Err("must be env_ and letters or digits")
    }
}

fn is_id(text: &str, prefix: &str) -> bool {
    let rest = text.strip_prefix(prefix).unwrap_or_default();
    !rest.is_empty() && rest.chars().all(|letter| letter.is_ascii_alphanumeric())
}

fn web_address(text: &str) -> Result<url::Url, &'static str> {
    let url = url::Url::parse(text).map_err(|_| "must be a URL")?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err("must begin with http:// or https://")
    }
}

fn webhook_url(text: &str) -> Result<String, &'static str> {
    web_address(text).map(|_| text.to_owned())
}

fn public_url(text: &str) -> Result<String, &'static str> {
    let url = web_address(text)?;
    if url.path() == "/" && url.query().is_none() && url.fragment().is_none() {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("must have no path")
    }
}

/// `localhost` is both loopback addresses: the other one is added when the sandbox serves.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let text = match text.strip_prefix("localhost:") {
        Some(port) => &format!("127.0.0.1:{port}"),
        None => text,
    };
    text.parse()
        .map_err(|_| "must be an IP address or localhost, and a port: 127.0.0.1:3002")
}

fn host_name(text: &str) -> Result<String, &'static str> {
    match url::Host::parse(text) {
        Ok(url::Host::Domain(name)) => Ok(name),
        Ok(_) => Err("is an address, and those are always allowed"),
        Err(_) => Err("must be a host's name, without scheme and port"),
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.serve.json_logs);
    let (result, failure) = match cli.command {
        None => (serve(cli.serve), ExitCode::FAILURE),
        // 1 says that the scenario failed.
        Some(Command::Run(args)) => (run_scenario(*args), ExitCode::from(2)),
        Some(Command::Ca(args)) => (ca::print(args), ExitCode::FAILURE),
        Some(Command::Schema) => (setup::print_schema(), ExitCode::FAILURE),
    };
    result.unwrap_or_else(|error| {
        eprintln!("persona-sandbox: {error:#}");
        failure
    })
}

fn log_to_stderr(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
}

#[tokio::main]
async fn run_scenario(args: run::RunArgs) -> anyhow::Result<ExitCode> {
    run::run(args).await
}

#[tokio::main]
async fn serve(mut args: ServeArgs) -> anyhow::Result<ExitCode> {
    let json_logs = args.json_logs;
    let sdk = args.sdk.as_deref().map(SdkFolder::open).transpose();
    let sdk = sdk.context("--sdk cannot be used")?;
    let mut setup = setup::read(args.config.take())?;
    if let Some(id) = &args.environment_id {
        setup.set_environment_id(id);
    }
    let openapi = args.openapi.take();
    let openapi = openapi.or_else(|| setup.openapi().map(PathBuf::from));
    let openapi = openapi.as_deref().map(OpenApi::open).transpose();
    let openapi = openapi.context("--openapi cannot be used")?;
    let ports = Ports::bind(args.addr, args.tls_addr).await?;
    // After the ports: the file may be that of a sandbox that runs on them.
    let ready_file = args.ready_file.take().map(ReadyFile::new).transpose()?;
    let authority = match ports.tls {
        Some(_) => Some(authority(
            args.ca_dir.take(),
            &location(args.state.clone()),
        )?),
        None => None,
    };
    let mut config = config(args, ports.addr)?;
    if let Some(id) = setup.environment_id() {
        id.clone_into(&mut config.environment_id);
    }
    let ready = Ready::new(&config, &ports, authority.as_ref(), sdk.as_ref());
    let mut sandbox = Sandbox::open_with_setup(config, setup)?;
    if let Some(sdk) = sdk {
        sandbox = sandbox.with_sdk(sdk);
    }
    if let Some(openapi) = openapi {
        sandbox = sandbox.with_openapi(openapi);
    }
    if let (Some((listener, _)), Some(authority)) = (ports.tls, &authority) {
        sandbox = sandbox.with_tls(listener, authority)?;
    }
    let shutdown = shutdown_signal()?;
    if json_logs {
        ready.log();
    } else {
        eprint!("{}", ready.banner());
    }
    ready.print();
    if let Some(file) = &ready_file {
        file.write(&ready)?;
    }
    sandbox
        .serve(ports.plain, shutdown)
        .await
        .context("could not serve")?;
    Ok(ExitCode::SUCCESS)
}

/// The authority of the TLS port: in a folder, or in memory.
fn authority(
    ca_dir: Option<PathBuf>,
    state: &StateLocation,
) -> anyhow::Result<CertificateAuthority> {
    match ca_folder(ca_dir, state) {
        Some(folder) => Ok(CertificateAuthority::open(&folder)?),
        None => Ok(CertificateAuthority::in_memory()?),
    }
}

/// The folder of the authority: the given one, else that of the state file.
fn ca_folder(ca_dir: Option<PathBuf>, state: &StateLocation) -> Option<PathBuf> {
    match (ca_dir, state) {
        (Some(folder), _) => Some(folder),
        (None, StateLocation::File(file)) => {
            let parent = file
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            Some(parent.unwrap_or(Path::new(".")).to_owned())
        }
        (None, StateLocation::Memory) => None,
    }
}

fn location(state: PathBuf) -> StateLocation {
    if state.as_os_str() == "memory" {
        StateLocation::Memory
    } else {
        StateLocation::File(state)
    }
}

/// The certificates of a file, once they can be read as such.
fn certificates(path: &Path) -> anyhow::Result<Vec<u8>> {
    let pem =
        std::fs::read(path).with_context(|| format!("could not read --ca {}", path.display()))?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(pem),
        _ => anyhow::bail!("--ca {} holds no certificate in PEM", path.display()),
    }
}

fn config(args: ServeArgs, addr: SocketAddr) -> anyhow::Result<Config> {
    let webhook = args.webhook.map(|url| WebhookTarget {
        url,
        secret: args.webhook_secret,
        enabled_events: None,
    });
    let any_template = args.template == ANY_TEMPLATE;
    let defaults = Config::default();
    Ok(Config {
        state: location(args.state),
        webhook_ca: args.ca.as_deref().map(certificates).transpose()?,
        any_template,
        template_id: if any_template {
            defaults.template_id
        } else {
            args.template
        },
        approve_after: Duration::from_millis(args.approve_after_ms),
        webhook,
        internal_url: args.internal_url,
        links_follow_host: args.public_url.is_none(),
        // Persona's SDK takes a host without a scheme, and speaks plain http to `localhost` only.
        public_url: args
            .public_url
            .unwrap_or_else(|| format!("http://localhost:{}", addr.port())),
        allowed_hosts: args.allow_hosts,
        seed: args.seed,
        ..defaults
    })
}

/// Cancelled by SIGINT or SIGTERM.
#[cfg(unix)]
fn shutdown_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt()).context("could not watch for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("could not watch for SIGTERM")?;
    Ok(cancelled_by(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }))
}

/// Cancelled by Ctrl-C, Ctrl-Break, or the end of the console.
#[cfg(windows)]
fn shutdown_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};

    let mut interrupt = ctrl_c().context("could not watch for Ctrl-C")?;
    let mut quit = ctrl_break().context("could not watch for Ctrl-Break")?;
    let mut close = ctrl_close().context("could not watch for the end of the console")?;
    Ok(cancelled_by(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = quit.recv() => {}
            _ = close.recv() => {}
        }
    }))
}

fn cancelled_by(signal: impl Future<Output = ()> + Send + 'static) -> CancellationToken {
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    tokio::spawn(async move {
        signal.await;
        token.cancel();
    });
    shutdown
}
