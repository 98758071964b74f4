//! The onboarding server: reads the configuration, starts what is needed, serves, and drains.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use clap::{Parser, Subcommand};
use persona_onboarding::{
    clock::Clock,
    commands::{self, EventsCommand, UsersCommand},
    domain::{Inbox, Reconciler},
    server::{self, AppState, ClickLimit, Config, Live, Shutdown},
    store::{Cipher, Store},
    tasks::Tasks,
};
use secrecy::ExposeSecret;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// How long background tasks may take to end.
const TASKS_GRACE: Duration = Duration::from_secs(10);

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
    /// Look at the events that Persona has sent, and apply parked ones again.
    #[command(subcommand)]
    Events(EventsCommand),
    /// Find an account's user ID, and open its sign-in again.
    #[command(subcommand)]
    Users(UsersCommand),
}

fn main() -> ExitCode {
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    // The environment may change only while there is one thread.
    let result = server::load_env_file()
        .map_err(Into::into)
        .and_then(|()| run(command));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("persona-onboarding cannot go on: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
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
    server::init_telemetry(&config);
    server::log_panics();
    server::announce(&config);
    server::check_files(&config)?;
    let shutdown = Shutdown::on_signals(config.drain)?;
    server::allow_many_connections();
    // Ports first: a taken one is the commonest mistake, and says so at once.
    let listener = listen("LEPTOS_SITE_ADDR", config.addr)?;
    let metrics_listener = match config.metrics_addr {
        Some(addr) => Some(listen("METRICS_ADDR", addr)?),
        None => None,
    };
    // It serves what still runs here when the shutdown begins, and ends after it.
    let sandbox_end = CancellationToken::new();
    let sandbox = start_sandbox(&config, &sandbox_end).await?;

    let clock = Clock::system();
    let store = open_store(&config, clock.clone()).await?;
    let client = persona_client(&config)?;
    tokio::select! {
        checked = server::check_persona(&client, &config.persona) => {
            // Persona may be away for now: only what is certain stops the start.
            checked?;
        }
        () = shutdown.closing().cancelled() => return Ok(()),
    }

    let tasks = Tasks::new(shutdown.closing().clone());
    if let Some(listener) = metrics_listener {
        let metrics = server::metrics_router(store.clone(), &tasks)?;
        let shutdown = shutdown.clone();
        tasks.spawn_once("metrics", server::serve(listener, metrics, shutdown));
    }
    start_background_tasks(&config, &store, &client, &clock, &tasks);
    let inbox = Inbox::open(store.clone(), config.persona.template.clone(), &tasks);
    let live = Live::new(shutdown.closing());
    let (followed, changed) = (live.clone(), store.clone());
    tasks.spawn("live_updates", move || followed.follow(&changed));

    let base_url = config.base_url.clone();
    let state = AppState {
        leptos: server::leptos_options(&config),
        clicks: ClickLimit::new(config.click_limit),
        config: Arc::new(config),
        store: store.clone(),
        persona: client,
        inbox,
        clock,
        live,
        tasks: tasks.clone(),
        shutdown: shutdown.clone(),
    };
    let app = server::router(state)?;
    tracing::info!("The app is at {}", base_url.as_str().trim_end_matches('/'));
    server::serve(listener, app, shutdown).await;
    tasks.finish(TASKS_GRACE).await;
    store.close().await;
    sandbox_end.cancel();
    if let Some(sandbox) = sandbox {
        // It may be sending, and writes its state at the end.
        sandbox.await.context("the sandbox ended badly")?;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Starts what runs beside the requests, until the shutdown.
fn start_background_tasks(
    config: &Config,
    store: &Store,
    client: &persona_api::Client,
    clock: &Clock,
    tasks: &Tasks,
) {
    if config.data_keys.len() > 1 {
        let rotation = server::move_to_newest_key(store.clone(), tasks.shutdown().clone());
        tasks.spawn_once("key_rotation", rotation);
    }
    let shutdown = tasks.shutdown().clone();
    let token = shutdown.clone();
    tasks.spawn("memory", move || server::give_memory_back(token.clone()));
    let (listening, token) = (store.clone(), shutdown.clone());
    tasks.spawn("store", move || {
        let (store, shutdown) = (listening.clone(), token.clone());
        async move { store.listen(shutdown).await }
    });
    let (reconciler, token) = (Reconciler::new(client, store.clone()), shutdown.clone());
    tasks.spawn("reconciler", move || reconciler.clone().run(token.clone()));
    let (store, clock) = (store.clone(), clock.clone());
    tasks.spawn("housekeeping", move || {
        server::keep_house(store.clone(), clock.clone(), shutdown.clone())
    });
}

async fn migrate() -> anyhow::Result<()> {
    let config = Config::from_env_as_is()?;
    server::init_telemetry(&config);
    let url = config.database_url.expose_secret();
    Store::migrate(url).await?;
    let store = Store::open_existing(url, false, cipher(&config), Clock::system()).await?;
    let age = store.schema_age().await;
    store.close().await;
    tracing::info!("the schema is up to date: {}", age?);
    Ok(())
}

async fn doctor() -> anyhow::Result<()> {
    let config = Config::from_env_as_is()?;
    server::init_telemetry(&config);
    server::announce(&config);
    tracing::info!("the configuration is complete");
    if let Err(error) = server::check_files(&config) {
        tracing::warn!("`serve` would not start here: {error}");
    }
    // All of it is looked at: one thing that is wrong must not hide another.
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
        _ => Err(anyhow!("something is wrong: see the errors above")),
    }
}

async fn check_database(config: &Config) -> anyhow::Result<()> {
    let url = config.database_url.expose_secret();
    let store = Store::open_existing(url, false, cipher(config), Clock::system()).await?;
    let checked = commands::check_database(&store, !config.data_keys.is_empty()).await;
    store.close().await;
    checked
}

fn persona_client(config: &Config) -> anyhow::Result<persona_api::Client> {
    let client = persona_api::Client::new(&config.persona.connection)
        .context("the client of Persona's API cannot be made")?;
    Ok(client.with_observer(Arc::new(persona_onboarding::metrics::PersonaMetrics)))
}

async fn check_persona(config: &Config) -> anyhow::Result<()> {
    if config.sandbox.is_some() {
        tracing::info!("no PERSONA_API_KEY: `serve` will use the built-in sandbox");
        return Ok(());
    }
    let client = persona_client(config)?;
    if !server::check_persona(&client, &config.persona).await? {
        return Err(anyhow!("Persona could not be asked: see above"));
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
    // With other keys no e-mail is found.
    store.verify_keys().await?;
    let done = commands::users(&store, command, &mut std::io::stdout().lock()).await;
    store.close().await;
    done
}

async fn open_store(config: &Config, clock: Clock) -> anyhow::Result<Store> {
    let url = config.database_url.expose_secret();
    let pool_size = config.database_pool_size;
    Ok(Store::open_with_pool(url, pool_size, cipher(config), clock).await?)
}

fn cipher(config: &Config) -> Cipher {
    Cipher::from_keys(&config.data_keys)
}

fn listen(variable: &str, addr: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    server::bind(addr).map_err(|error| match error.kind() {
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

/// The sandbox's events go to this app, by an address of this machine.
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

/// Without the `sandbox` feature there is none: the configuration has insisted on a key.
#[cfg(not(feature = "sandbox"))]
#[expect(clippy::unused_async, reason = "the same shape as with the sandbox")]
async fn start_sandbox(
    _: &Config,
    _: &CancellationToken,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    Ok(None)
}
