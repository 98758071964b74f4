//! What the background work of a server finds to do at its start.

use jiff::{SignedDuration, Timestamp};

use super::{Options, SESSION_COLUMNS, table::Database, table::Value};
use crate::users;

/// Longer ago than any row of these tables is kept.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);
/// An open inquiry without an event for so long is stale.
const STALE_FOR: SignedDuration = SignedDuration::from_hours(6);

/// Fills the tables.
pub fn fill(database: &Database, options: &Options, now: Timestamp) -> anyhow::Result<()> {
    let user_id = |number: u64| users::reference_id(number % options.users + 1);
    let stale_since = (now - STALE_FOR).as_millisecond();
    let rows = (0..options.stale_inquiries).map(|number| {
        Ok(vec![
            Value::Text(format!("inq_s{number:09}")),
            Value::Text(user_id(number)),
            Value::Text("created".to_owned()),
            Value::Int(stale_since),
            Value::Int(stale_since),
            Value::Int(stale_since),
            Value::Int(stale_since),
        ])
    });
    let columns = [
        "id",
        "user_id",
        "status",
        "created_at",
        "updated_at",
        "seen_at",
        "status_at",
    ];
    database.load("inquiries", &columns, rows)?;

    let long_ago = (now - LONG_AGO).as_millisecond();
    let rows = (0..options.old_rows).map(|number| {
        Ok(vec![
            Value::Text(format!("{number:064x}")),
            Value::Text(format!("ended{number:017}")),
            Value::Text(user_id(number)),
            Value::Text("{}".to_owned()),
            Value::Int(long_ago),
            Value::Int(long_ago),
            Value::Int(long_ago),
        ])
    });
    database.load("sessions", &SESSION_COLUMNS, rows)?;

    let rows = (0..options.old_rows).map(|number| {
        Ok(vec![
            Value::Text(user_id(number)),
            Value::Int(long_ago),
            Value::Text("click".to_owned()),
            Value::Text("get or create".to_owned()),
            Value::Int(1),
        ])
    });
    let columns = ["user_id", "at", "kind", "what", "elapsed_ms"];
    database.load("activity", &columns, rows)
}
