//! The onboarding server: reads the configuration, starts what is needed, serves, and drains.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, anyhow};
use clap::{Parser, Subcommand};
use persona_onboarding::{
    app::{
        self, App, Config,
        commands::{self, EventsCommand, UsersCommand},
    },
    base::{Clock, Shutdown},
    store::{Cipher, Store},
    web,
};
use secrecy::ExposeSecret;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// `app::memory` says why it is this one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long background tasks may take to end.
const TASK_SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Identity onboarding with Persona's Embedded Flow.
///
/// The configuration is read from the environment and from `.env`; `docs/operating.md` lists the variables.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the app (the default).
    Serve,
    /// Bring the database's schema up to date.
    Migrate,
    /// Check the configuration, the database and Persona, and say what is wrong. Changes nothing.
    Doctor,
    /// List the events that Persona has sent, and apply parked ones again.
    #[command(subcommand)]
    Events(EventsCommand),
    /// Find an account's user ID, and end its sign-in pauses.
    #[command(subcommand)]
    Users(UsersCommand),
}

fn main() -> ExitCode {
    app::configure_allocator();
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    // The environment may change only while there is one thread.
    let result = app::load_env_file().map_err(Into::into).and_then(|()| {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime
            .enable_all()
            .on_thread_park(app::collect_unused_memory)
            .build()?
            .block_on(run(command))
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("persona-onboarding cannot go on: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve => serve().await,
        Command::Migrate => migrate().await,
        Command::Doctor => doctor().await,
        Command::Events(command) => events(command).await,
        Command::Users(command) => users(command).await,
    }
}

async fn serve() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    app::init_telemetry(&config);
    web::log_panics();
    app::announce(&config);
    web::check_files(&config)?;
    let shutdown = Shutdown::on_signals(config.drain)?;
    web::allow_many_connections();
    // Ports first: a port in use is the most common mistake, and is reported at once.
    let listener = listen("LEPTOS_SITE_ADDR", config.addr)?;
    let metrics_listener = match config.metrics_addr {
        Some(addr) => Some(listen("METRICS_ADDR", addr)?),
        None => None,
    };
    // The sandbox outlives the app's shutdown, since running requests still call it.
    let sandbox_end = CancellationToken::new();
    let sandbox = start_sandbox(&config, &sandbox_end).await?;

    let clock = Clock::system();
    let store = app::open_store(&config, clock.clone()).await?;
    let client = app::persona_client(&config)?;
    tokio::select! {
        checked = app::check_persona(&client, &config.persona) => {
            // An outage of Persona does not stop the start; a wrong setting does.
            checked?;
        }
        () = shutdown.closing().cancelled() => return Ok(()),
    }

    let base_url = config.base_url.clone();
    let app = App::build(config, store.clone(), client, clock, shutdown.clone());
    let tasks = app.state.tasks.clone();
    if let Some(listener) = metrics_listener {
        let metrics = web::metrics_router(store.clone(), &tasks)?;
        tasks.spawn_once("metrics", web::serve(listener, metrics, shutdown.clone()));
    }
    app.start_periodic_tasks();
    let router = web::router(app.state)?;
    app::release_program_pages();
    tracing::info!("The app is at {}", base_url.as_str().trim_end_matches('/'));
    web::serve(listener, router, shutdown).await;
    tasks.finish(TASK_SHUTDOWN_GRACE).await;
    store.close().await;
    sandbox_end.cancel();
    if let Some(sandbox) = sandbox {
        // The sandbox may be sending webhooks, and commits its state at the end.
        sandbox.await.context("the sandbox panicked")?;
    }
    tracing::info!("stopped");
    Ok(())
}

async fn migrate() -> anyhow::Result<()> {
    let config = Config::from_env_as_is()?;
    app::init_telemetry(&config);
    let url = config.database_url.expose_secret();
    Store::migrate(url).await?;
    let store = Store::open_existing(url, false, cipher(&config), Clock::system()).await?;
    let age = store.schema_status().await;
    store.close().await;
    tracing::info!("the schema is up to date: {}", age?);
    Ok(())
}

async fn doctor() -> anyhow::Result<()> {
    let config = Config::from_env_as_is()?;
    app::init_telemetry(&config);
    app::announce(&config);
    tracing::info!("the configuration is complete");
    if let Err(error) = web::check_files(&config) {
        tracing::warn!("`serve` would not start here: {error}");
    }
    // Every check runs: one problem must not hide another.
    let mut problems = 0;
    if let Err(error) = check_database(&config).await {
        tracing::error!("{error:#}");
        problems += 1;
    }
    if let Err(error) = check_persona(&config).await {
        tracing::error!("{error:#}");
        problems += 1;
    }
    match problems {
        0 => Ok(()),
        _ => Err(anyhow!("some checks failed: see the errors above")),
    }
}

async fn check_database(config: &Config) -> anyhow::Result<()> {
    let url = config.database_url.expose_secret();
    let store = Store::open_existing(url, false, cipher(config), Clock::system()).await?;
    let checked = commands::check_database(&store, !config.data_keys.is_empty()).await;
    store.close().await;
    checked
}

async fn check_persona(config: &Config) -> anyhow::Result<()> {
    if config.sandbox.is_some() {
        tracing::info!("no PERSONA_API_KEY: `serve` will use the built-in sandbox");
        return Ok(());
    }
    let client = app::persona_client(config)?;
    if !app::check_persona(&client, &config.persona).await? {
        return Err(anyhow!(
            "could not check the settings with Persona: see the warning above"
        ));
    }
    tracing::info!("Persona accepts the key; warnings above, if any, say what to look at");
    Ok(())
}

async fn events(command: EventsCommand) -> anyhow::Result<()> {
    let config = Config::from_env_as_is()?;
    let url = config.database_url.expose_secret();
    let may_write = command.changes_events();
    let store = Store::open_existing(url, may_write, cipher(&config), Clock::system()).await?;
    store.check_schema().await?;
    let done = commands::events(&store, command, &mut std::io::stdout().lock()).await;
    store.close().await;
    done
}

async fn users(command: UsersCommand) -> anyhow::Result<()> {
    let config = Config::from_env_as_is()?;
    let url = config.database_url.expose_secret();
    let may_write = command.changes_rows();
    let store = Store::open_existing(url, may_write, cipher(&config), Clock::system()).await?;
    store.check_schema().await?;
    // With other keys no e-mail would be found.
    store.verify_keys().await?;
    let done = commands::users(&store, command, &mut std::io::stdout().lock()).await;
    store.close().await;
    done
}

fn cipher(config: &Config) -> Cipher {
    Cipher::from_keys(&config.data_keys)
}

fn listen(variable: &str, addr: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    web::bind(addr).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow!(
            "{addr} is taken: stop the program that listens there, or set {variable} to another \
             address"
        ),
        _ => anyhow!("could not listen on {addr} ({error}): set {variable} to another address"),
    })
}

/// Starts the sandbox in this process when the configuration names no Persona.
#[cfg(feature = "sandbox")]
async fn start_sandbox(
    config: &Config,
    end: &CancellationToken,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    use persona_sandbox::{Sandbox, StateLocation};

    let Some(settings) = &config.sandbox else {
        return Ok(None);
    };
    let listener = listen("SANDBOX_ADDR", settings.addr)?;
    let public_url = format!("http://localhost:{}", settings.addr.port());
    let state = settings
        .state
        .clone()
        .map_or(StateLocation::Memory, StateLocation::File);
    let sandbox = Sandbox::open(persona_sandbox::Config {
        state,
        template_id: config.persona.template.as_str().to_owned(),
        webhook: webhook_target(config),
        public_url: public_url.clone(),
        ..persona_sandbox::Config::default()
    })
    .context("SANDBOX_STATE")?;
    tracing::info!(
        "No PERSONA_API_KEY: the built-in Persona sandbox is used. Its dashboard is at \
         {public_url}/dashboard"
    );
    let end = end.clone();
    Ok(Some(tokio::spawn(async move {
        if let Err(error) = sandbox.serve(listener, end).await {
            tracing::error!("the sandbox stopped: {error}");
        }
    })))
}

/// The sandbox sends its webhooks to this app, at an address of this machine.
#[cfg(feature = "sandbox")]
fn webhook_target(config: &Config) -> Option<persona_sandbox::WebhookTarget> {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

    let ip = match config.addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let addr = SocketAddr::new(ip, config.addr.port());
    let secret = config.persona.webhook_secrets.first()?;
    Some(persona_sandbox::WebhookTarget {
        url: format!("http://{addr}/webhooks/persona"),
        secret: secret.expose_secret().to_owned(),
        enabled_events: None,
    })
}

/// Without the `sandbox` feature there is no sandbox: the configuration has required an API key.
#[cfg(not(feature = "sandbox"))]
#[expect(clippy::unused_async, reason = "the same shape as with the sandbox")]
async fn start_sandbox(
    _: &Config,
    _: &CancellationToken,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    Ok(None)
}
