//! The events table for operators: lists, bodies and replay.
//!
//! An event waits until it is settled: applied, outdated, ignored or parked. `inbox` contains the
//! writes on the way.

use sqlx::{AssertSqlSafe, FromRow, Row as _, any::AnyRow};

use super::{Backend, Error, Store, changes, value::Value};
use crate::model::{InquiryId, ReferenceId};

/// The state of an event.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum EventState {
    /// Not applied yet.
    Waiting,
    /// Applied: the inquiry has the event's status or a confirmed one.
    Applied,
    /// A newer update had been applied before.
    Outdated,
    /// Irrelevant for this app.
    Ignored,
    /// Not applicable: it waits for an operator.
    Parked,
}

impl EventState {
    /// The name in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A row of the events table without its body. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The event's ID, or the digest of an undecodable body.
    pub id: String,
    /// The event's name; empty if the body could not be decoded.
    pub name: String,
    /// The inquiry that the event describes.
    pub inquiry_id: Option<String>,
    /// When the event was created at Persona.
    pub happened_at: Option<i64>,
    /// When the event was received.
    pub received_at: i64,
    /// The state.
    pub state: EventState,
    /// Why the event is parked or ignored, or why the last try failed.
    pub reason: Option<String>,
    /// The number of failed tries.
    pub tries: i64,
    /// When the event was settled.
    pub settled_at: Option<i64>,
    /// Whether the body is still stored. Without it the event cannot be applied again.
    pub has_body: bool,
}

const COLUMNS: &str = "id, name, inquiry_id, happened_at, received_at, state, reason, tries, \
     settled_at, CASE WHEN body IS NULL THEN 0 ELSE 1 END AS has_body";

impl FromRow<'_, AnyRow> for EventRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let state: String = row.try_get("state")?;
        // The integer is 32 bits wide on Postgres, 64 on SQLite.
        let has_body = row
            .try_get::<i64, _>("has_body")
            .or_else(|_| row.try_get::<i32, _>("has_body").map(i64::from))?;
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            inquiry_id: row.try_get("inquiry_id")?,
            happened_at: row.try_get("happened_at")?,
            received_at: row.try_get("received_at")?,
            state: state
                .parse()
                .map_err(|_| sqlx::Error::Decode("state".into()))?,
            reason: row.try_get("reason")?,
            tries: row.try_get("tries")?,
            settled_at: row.try_get("settled_at")?,
            has_body: has_body == 1,
        })
    }
}

/// The number of events in the states that need attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventCounts {
    /// Not applied yet.
    pub waiting: i64,
    /// Parked for an operator.
    pub parked: i64,
}

pub(super) fn aad(id: &str) -> String {
    format!("events/{id}")
}

impl Store {
    /// Finds an event.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_event(&self, id: &str) -> Result<Option<EventRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE id = $1");
        let row = sqlx::query_as(AssertSqlSafe(sql)).bind(id);
        Ok(row.fetch_optional(&self.read).await?)
    }

    /// Lists events, the newest arrival first, optionally of one state.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_events(
        &self,
        state: Option<EventState>,
        limit: u32,
    ) -> Result<Vec<EventRow>, Error> {
        // In the statement's text, because each state has a partial index.
        let among = state.map_or_else(String::new, |state| {
            format!("WHERE state = '{}'", state.as_str())
        });
        let sql = format!(
            "SELECT {COLUMNS} FROM events {among} ORDER BY received_at DESC, id DESC LIMIT $1"
        );
        let rows = sqlx::query_as(AssertSqlSafe(sql)).bind(i64::from(limit));
        Ok(rows.fetch_all(&self.read).await?)
    }

    /// Lists the events of an inquiry, in the order of their creation.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_inquiry_events(&self, inquiry: &InquiryId) -> Result<Vec<EventRow>, Error> {
        let sql =
            format!("SELECT {COLUMNS} FROM events WHERE inquiry_id = $1 ORDER BY happened_at, id");
        let rows = sqlx::query_as(AssertSqlSafe(sql)).bind(inquiry.as_str());
        Ok(rows.fetch_all(&self.read).await?)
    }

    /// Lists the events of all of the user's inquiries, the newest arrival first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_user_events(
        &self,
        user: &ReferenceId,
        limit: u32,
    ) -> Result<Vec<EventRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM events \
             WHERE inquiry_id IN (SELECT id FROM inquiries WHERE user_id = $1) \
             ORDER BY received_at DESC, id DESC LIMIT $2"
        );
        let rows = sqlx::query_as(AssertSqlSafe(sql))
            .bind(user.as_str())
            .bind(i64::from(limit));
        Ok(rows.fetch_all(&self.read).await?)
    }

    /// Finds an event's body; `None` if there is no such event or the body is erased. It is redacted,
    /// unless it could not be decoded on arrival: then it is stored whole.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_event_body(&self, id: &str) -> Result<Option<Vec<u8>>, Error> {
        let row: Option<(Option<Vec<u8>>,)> =
            sqlx::query_as("SELECT body FROM events WHERE id = $1")
                .bind(id)
                .fetch_optional(&self.read)
                .await?;
        let Some((Some(sealed),)) = row else {
            return Ok(None);
        };
        self.open_event(id, &sealed).map(Some)
    }

    pub(super) fn open_event(&self, id: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        self.cipher
            .open(&aad(id), sealed)
            .ok_or(Error::Inconsistent {
                table: "events",
                problem: "no key of DATA_KEYS opens the body",
            })
    }

    /// Counts waiting and parked events.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count_events(&self) -> Result<EventCounts, Error> {
        // One subquery per state, because each state has a partial index.
        let (waiting, parked) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM events WHERE state = 'waiting'), \
             (SELECT COUNT(*) FROM events WHERE state = 'parked')",
        )
        .fetch_one(&self.read)
        .await?;
        Ok(EventCounts { waiting, parked })
    }

    /// Returns a settled event to the waiting state, as if it had just arrived; `false` if there is
    /// none with a body. Notifies the workers of all processes.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replay_event(&self, id: &str) -> Result<bool, Error> {
        let mut transaction = self.begin_sync().await?;
        let update = "UPDATE events SET state = 'waiting', reason = NULL, tries = 0, due_at = $1, \
             settled_at = NULL WHERE id = $2 AND state <> 'waiting' AND body IS NOT NULL";
        let values = [Value::Integer(self.clock.now_ms()), Value::Text(id)];
        let changed = transaction.connection.execute(update, &values).await?;
        if self.backend == Backend::Postgres {
            let values = [Value::Text(changes::EVENTS_CHANNEL)];
            transaction
                .connection
                .execute("SELECT pg_notify($1, '')", &values)
                .await?;
        }
        transaction.commit().await?;
        self.remote_events.notify_one();
        Ok(changed == 1)
    }
}
