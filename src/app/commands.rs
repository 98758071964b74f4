//! Operators' commands in a shell.
//!
//! Their output is for people. It holds IDs, names of events, times and reasons, and no personal data.

use std::io::Write;

use anyhow::{Context as _, anyhow, bail};
use clap::Subcommand;
use jiff::Timestamp;
use strum::VariantNames as _;

use crate::{
    domain::Email,
    store::{EventRow, EventState, Store},
};

/// How many parked events one command replays.
const MAX_REPLAYED: u32 = 100_000;

/// `persona-onboarding events …`
#[derive(Subcommand, Debug)]
pub enum EventsCommand {
    /// List events, the newest arrival first.
    List {
        /// Only those that are parked.
        #[arg(long, conflicts_with = "state")]
        parked: bool,
        /// Only those in this state: waiting, applied, outdated, ignored or parked.
        #[arg(long, value_parser = parse_state)]
        state: Option<EventState>,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show an event's state, reason and times.
    Show {
        /// The event's ID.
        id: String,
    },
    /// Queue events to be applied again. A running server applies them within seconds.
    Replay {
        /// The events' IDs.
        #[arg(required_unless_present = "parked", conflicts_with = "parked")]
        ids: Vec<String>,
        /// All that are parked.
        #[arg(long)]
        parked: bool,
    },
}

/// `persona-onboarding users …`
#[derive(Subcommand, Debug)]
pub enum UsersCommand {
    /// Print the ID of the account with this e-mail.
    Find {
        /// The account's e-mail.
        email: String,
    },
    /// End all sign-in pauses of this e-mail, and reset its count of wrong passwords.
    Unlock {
        /// The account's e-mail.
        email: String,
    },
}

impl EventsCommand {
    /// Whether the command changes events.
    #[must_use]
    pub fn changes_events(&self) -> bool {
        matches!(self, Self::Replay { .. })
    }
}

impl UsersCommand {
    /// Whether the command changes rows.
    #[must_use]
    pub fn changes_rows(&self) -> bool {
        matches!(self, Self::Unlock { .. })
    }
}

/// Reports the schema's version, and checks that the data keys are those of this database. Changes
/// nothing.
///
/// # Errors
/// If the program could not serve from this database.
pub async fn check_database(store: &Store, has_keys: bool) -> anyhow::Result<()> {
    let age = store
        .schema_status()
        .await
        .context("the database does not answer")?;
    tracing::info!("the database answers; {age}");
    if !age.unfinished.is_empty() {
        bail!("a migration failed half-way: restore the schema by hand, then run `migrate`");
    }
    if !age.is_compatible() {
        bail!("the schema is older than this program: run `persona-onboarding migrate`");
    }
    if !has_keys {
        bail!(
            "DATA_KEYS is not set, and `data/data-key` does not exist: `serve` generates it, unless \
             this database was written with another key: then set DATA_KEYS to that"
        );
    }
    store.verify_keys().await?;
    tracing::info!("DATA_KEYS open what is sealed in the database");
    if store.is_read_only().await? {
        bail!(
            "the database is read-only (a standby, or configured so): set DATABASE_URL to the \
             primary"
        );
    }
    Ok(())
}

fn parse_state(text: &str) -> Result<EventState, String> {
    text.parse()
        .map_err(|_| format!("use one of {}", EventState::VARIANTS.join(", ")))
}

/// Runs the command and writes its output.
///
/// # Errors
/// If the database fails, an event does not exist, or the output cannot be written.
pub async fn events(
    store: &Store,
    command: EventsCommand,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        EventsCommand::List {
            parked,
            state,
            limit,
        } => {
            let state = if parked {
                Some(EventState::Parked)
            } else {
                state
            };
            for event in store.list_events(state, limit).await? {
                writeln!(output, "{}", line(&event))?;
            }
            let counts = store.count_events().await?;
            writeln!(
                output,
                "{} waiting, {} parked in all",
                counts.waiting, counts.parked
            )?;
        }
        EventsCommand::Show { id } => {
            let event = store.find_event(&id).await?;
            let event = event.with_context(|| format!("there is no event {id}"))?;
            show(&event, output)?;
        }
        EventsCommand::Replay { ids, parked } => {
            let ids = if parked {
                let events = store.list_events(Some(EventState::Parked), MAX_REPLAYED);
                // In the order of their arrival.
                let events = events.await?.into_iter().rev();
                events
                    .filter(|event| event.has_body)
                    .map(|event| event.id)
                    .collect()
            } else {
                ids
            };
            replay(store, &ids, output).await?;
        }
    }
    Ok(())
}

/// Runs the command and writes its output, which does not repeat the e-mail.
///
/// # Errors
/// If the database fails, the e-mail is not valid or has no account, or the output cannot be written.
pub async fn users(
    store: &Store,
    command: UsersCommand,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let parse = |email: &str| {
        Email::parse(email).map_err(|_| anyhow!("this is no e-mail: use one like name@example.com"))
    };
    match command {
        UsersCommand::Find { email } => {
            let found = store.find_credentials(parse(&email)?.as_str()).await?;
            let found = found.context("no account has this e-mail")?;
            writeln!(output, "{}", found.user_id)?;
        }
        UsersCommand::Unlock { email } => {
            let email = parse(&email)?;
            let said = match store.delete_all_login_throttles(email.as_str()).await? {
                true => "sign-in with this e-mail is open again",
                false => "sign-in with this e-mail was not paused",
            };
            writeln!(output, "{said}")?;
        }
    }
    Ok(())
}

async fn replay(store: &Store, ids: &[String], output: &mut impl Write) -> anyhow::Result<()> {
    let mut failed = Vec::new();
    for id in ids {
        if store.replay_event(id).await? {
            writeln!(output, "{id} waits to be applied")?;
        } else {
            failed.push(id.as_str());
        }
    }
    if !failed.is_empty() {
        bail!(
            "could not replay these events, because they are unknown, are waiting already, or \
             have no body any more: {}",
            failed.join(", ")
        );
    }
    writeln!(output, "{} events replayed", ids.len())?;
    Ok(())
}

/// An event in a line.
fn line(event: &EventRow) -> String {
    let mut line = format!(
        "{}  {:<8}  {}  {}  {}",
        time(Some(event.received_at)),
        event.state.as_str(),
        event.id,
        or_dash(Some(&event.name)),
        or_dash(event.inquiry_id.as_deref()),
    );
    if let Some(reason) = &event.reason {
        line.push_str("  ");
        line.push_str(reason);
    }
    line
}

fn show(event: &EventRow, output: &mut impl Write) -> std::io::Result<()> {
    let tries = event.tries.to_string();
    let body = if event.has_body { "kept" } else { "erased" };
    for (name, value) in [
        ("event", event.id.as_str()),
        ("name", or_dash(Some(&event.name))),
        ("inquiry", or_dash(event.inquiry_id.as_deref())),
        ("happened", &time(event.happened_at)),
        ("received", &time(Some(event.received_at))),
        ("state", event.state.as_str()),
        ("settled", &time(event.settled_at)),
        ("reason", or_dash(event.reason.as_deref())),
        ("failures", &tries),
        ("body", body),
    ] {
        writeln!(output, "{name:<9} {value}")?;
    }
    Ok(())
}

fn or_dash(text: Option<&str>) -> &str {
    text.filter(|text| !text.is_empty()).unwrap_or("-")
}

fn time(ms: Option<i64>) -> String {
    ms.and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| "-".to_owned(), |at| format!("{at:.3}"))
}
