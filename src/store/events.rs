//! The events table as people read it, and their wish to have an event applied again.
//!
//! An event waits until it is settled: applied, outdated, ignored or parked. How it gets there is
//! the matter of `inbox`.

use sqlx::{AssertSqlSafe, FromRow, Row as _, any::AnyRow};

use super::{Backend, Error, Store, changes};
use crate::model::{InquiryId, ReferenceId};

/// Where an event stands with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventState {
    /// Not yet applied.
    Waiting,
    /// The mirror says what it said.
    Applied,
    /// Something newer was known already.
    Outdated,
    /// It is of no concern here.
    Ignored,
    /// It could not be applied, and waits for an operator.
    Parked,
}

impl EventState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Applied,
        Self::Outdated,
        Self::Ignored,
        Self::Parked,
    ];

    /// The state as the table has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Applied => "applied",
            Self::Outdated => "outdated",
            Self::Ignored => "ignored",
            Self::Parked => "parked",
        }
    }

    /// Reads a state's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// An event as the table has it, without its body. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its ID, or the digest of what could not be read.
    pub id: String,
    /// What happened; empty if it could not be read.
    pub name: String,
    /// The inquiry that it is about.
    pub inquiry_id: Option<String>,
    /// When it happened at Persona.
    pub happened_at: Option<i64>,
    /// When it arrived here.
    pub received_at: i64,
    /// Where it stands.
    pub state: EventState,
    /// Why it is parked, ignored, or was tried in vain.
    pub reason: Option<String>,
    /// How often it was tried in vain.
    pub tries: i64,
    /// Since when it is no longer waiting.
    pub settled_at: Option<i64>,
    /// Whether its body is still there: without it, it cannot be applied again.
    pub has_body: bool,
}

const COLUMNS: &str = "id, name, inquiry_id, happened_at, received_at, state, reason, tries, \
     settled_at, CASE WHEN body IS NULL THEN 0 ELSE 1 END AS has_body";

impl FromRow<'_, AnyRow> for EventRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let state: String = row.try_get("state")?;
        // Postgres counts in 32 bits here, SQLite in 64.
        let has_body = row
            .try_get::<i64, _>("has_body")
            .or_else(|_| row.try_get::<i32, _>("has_body").map(i64::from))?;
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            inquiry_id: row.try_get("inquiry_id")?,
            happened_at: row.try_get("happened_at")?,
            received_at: row.try_get("received_at")?,
            state: EventState::parse(&state).ok_or_else(|| sqlx::Error::Decode("state".into()))?,
            reason: row.try_get("reason")?,
            tries: row.try_get("tries")?,
            settled_at: row.try_get("settled_at")?,
            has_body: has_body == 1,
        })
    }
}

/// How many events are in the states that somebody should know about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventCounts {
    /// Not yet applied.
    pub waiting: i64,
    /// Left to an operator.
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

    /// Lists events, the newest arrival first; those in one state alone, if it is named.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_events(
        &self,
        state: Option<EventState>,
        limit: u32,
    ) -> Result<Vec<EventRow>, Error> {
        // As a part of the statement: the index of a state is of no use for any other.
        let among = state.map_or_else(String::new, |state| {
            format!("WHERE state = '{}'", state.as_str())
        });
        let sql = format!(
            "SELECT {COLUMNS} FROM events {among} ORDER BY received_at DESC, id DESC LIMIT $1"
        );
        let rows = sqlx::query_as(AssertSqlSafe(sql)).bind(i64::from(limit));
        Ok(rows.fetch_all(&self.read).await?)
    }

    /// Lists the events of an inquiry, in the order in which they happened.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_inquiry_events(&self, inquiry: &InquiryId) -> Result<Vec<EventRow>, Error> {
        let sql =
            format!("SELECT {COLUMNS} FROM events WHERE inquiry_id = $1 ORDER BY happened_at, id");
        let rows = sqlx::query_as(AssertSqlSafe(sql)).bind(inquiry.as_str());
        Ok(rows.fetch_all(&self.read).await?)
    }

    /// Lists the events about all of the user's inquiries, the newest arrival first.
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

    /// What is kept of an event; `None` if there is none, or if it was erased.
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

    /// Counts the events that wait or are parked.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count_events(&self) -> Result<EventCounts, Error> {
        // One by one: each state has an index of its own.
        let (waiting, parked) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM events WHERE state = 'waiting'), \
             (SELECT COUNT(*) FROM events WHERE state = 'parked')",
        )
        .fetch_one(&self.read)
        .await?;
        Ok(EventCounts { waiting, parked })
    }

    /// Lets a settled event wait again, as if it had just arrived; `false` if there is none with a
    /// body. The workers of all processes take note.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replay_event(&self, id: &str) -> Result<bool, Error> {
        let mut transaction = self.begin_sync().await?;
        let done = sqlx::query(
            "UPDATE events SET state = 'waiting', reason = NULL, tries = 0, due_at = $1, \
             settled_at = NULL WHERE id = $2 AND state <> 'waiting' AND body IS NOT NULL",
        )
        .bind(self.clock.now_ms())
        .bind(id)
        .execute(transaction.connection())
        .await?;
        if self.backend == Backend::Postgres {
            sqlx::query("SELECT pg_notify($1, '')")
                .bind(changes::EVENTS_CHANNEL)
                .execute(transaction.connection())
                .await?;
        }
        transaction.commit().await?;
        self.remote_events.notify_one();
        Ok(done.rows_affected() == 1)
    }
}
