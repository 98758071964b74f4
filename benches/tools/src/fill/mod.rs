//! Fills a database whose schema exists with users, and signs the first of them in.

mod history;
mod housekeeping;
mod sealed;
mod table;

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::users;
use sealed::{Cipher, Session};
use table::{Database, Value};

/// The columns of a session.
const SESSION_COLUMNS: [&str; 7] = [
    "id_digest",
    "public_id",
    "user_id",
    "data",
    "created_at",
    "last_seen_at",
    "expires_at",
];

/// What is filled in.
#[derive(Args)]
pub struct Options {
    /// The database: `sqlite://FILE` or `postgres://…`. `persona-onboarding migrate` makes its schema.
    #[arg(long)]
    database: String,
    /// The app's `DATA_KEYS`: one key.
    #[arg(long)]
    data_key: String,
    /// The app's `SESSION_SECRET`.
    #[arg(long)]
    session_secret: String,
    /// How many users there are.
    #[arg(long, default_value_t = 1_000)]
    users: u64,
    /// How many of them are signed in.
    #[arg(long, default_value_t = 1_000)]
    signed_in: u64,
    /// How many finished inquiries each user has had over the last year.
    #[arg(long, default_value_t = 0)]
    inquiries_per_user: u64,
    /// How many events there are of each inquiry, up to 4, each of which changed its status.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=4))]
    events_per_inquiry: u64,
    /// How many inquiries the reconciler finds stale.
    #[arg(long, default_value_t = 0)]
    stale_inquiries: u64,
    /// How many sessions and entries of the activity log, each, housekeeping deletes.
    #[arg(long, default_value_t = 0)]
    old_rows: u64,
    /// Where to write the cookies of the signed-in users, one a line, in the order of their numbers.
    #[arg(long)]
    cookies: PathBuf,
}

/// Fills the database.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let database = Database::open(&options.database)?;
    #[expect(clippy::disallowed_methods, reason = "the fill's own clock")]
    let now = Timestamp::now();
    fill_users(&database, options, now)?;
    fill_sessions(&database, options, now)?;
    history::fill(&database, options, now)?;
    housekeeping::fill(&database, options, now)?;
    database.analyze()
}

fn fill_users(database: &Database, options: &Options, now: Timestamp) -> anyhow::Result<()> {
    let cipher = Cipher::new(&options.data_key)?;
    let rows = (1..=options.users).map(|number| {
        let id = users::reference_id(number);
        let profile = format!(
            r#"{{"first_name":"Alexander","last_name":"Sample{number}","birthdate":"1977-08-31","email":null}}"#
        );
        let profile = cipher.seal(&format!("users/{id}"), profile.as_bytes())?;
        let created_at = now.as_millisecond();
        Ok(vec![Value::Text(id), Value::Blob(profile), Value::Int(created_at)])
    });
    database.load("users", &["id", "profile", "created_at"], rows)
}

fn fill_sessions(database: &Database, options: &Options, now: Timestamp) -> anyhow::Result<()> {
    let mut cookies = String::new();
    let now_ms = now.as_millisecond();
    let end = (now + SignedDuration::from_hours(7 * 24)).as_millisecond();
    let rows = (1..=options.signed_in.min(options.users)).map(|number| {
        let user_id = users::reference_id(number);
        let session = Session::new(&options.session_secret, &user_id)?;
        writeln!(cookies, "{}", session.cookie)?;
        let data = format!(r#"{{"user_id":"{user_id}","browser":"Firefox on Linux"}}"#);
        Ok(vec![
            Value::Text(session.id_digest),
            Value::Text(format!("public{number:016}")),
            Value::Text(user_id),
            Value::Text(data),
            Value::Int(now_ms),
            Value::Int(now_ms),
            Value::Int(end),
        ])
    });
    database.load("sessions", &SESSION_COLUMNS, rows)?;
    Ok(std::fs::write(&options.cookies, cookies)?)
}
