//! The events table: what Persona told us, written before it is acknowledged, applied afterwards.
//!
//! An event waits until it is settled: applied, outdated, ignored or parked. Bodies are sealed, and
//! are erased once they are of no more use.

use sqlx::{FromRow, Row as _, any::AnyRow};

use super::{Backend, Error, MirrorTransaction, Store, changes, placeholders};
use crate::model::{InquiryId, ReferenceId};

/// How many rows one statement writes at most.
const ROWS: usize = 100;

/// An event that has arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its ID, or the digest of what could not be read.
    pub id: String,
    /// What happened; empty if it could not be read.
    pub name: String,
    /// The inquiry that it is about.
    pub inquiry_id: Option<InquiryId>,
    /// When it happened at Persona, in milliseconds since 1970.
    pub happened_at: Option<i64>,
    /// What is kept of it.
    pub body: Vec<u8>,
    /// Why it is parked at once; `None` lets it wait.
    pub parked: Option<String>,
}

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

/// An event that is due. `body` is `None` if it was erased.
pub struct DueEvent {
    /// Its ID, or the digest of what could not be read.
    pub id: String,
    /// What is kept of it.
    pub body: Option<Vec<u8>>,
}

/// Which events to take.
#[derive(Debug, Clone, Copy)]
pub enum Due<'a> {
    /// So many, those first that have been due the longest.
    Most(u32),
    /// This one.
    One(&'a str),
}

/// How many events are in the states that somebody should know about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventCounts {
    /// Not yet applied.
    pub waiting: i64,
    /// Left to an operator.
    pub parked: i64,
}

pub(super) fn place(id: &str) -> String {
    format!("events/{id}")
}

impl Store {
    /// Writes down events that have arrived, all in one transaction, and returns the IDs of those
    /// that are new. When it returns they survive anything.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add_events(&self, events: &[NewEvent]) -> Result<Vec<String>, Error> {
        let mut transaction = self.begin_mirror().await?;
        let added = transaction.add_events(events).await?;
        transaction.commit().await?;
        Ok(added)
    }

    fn seal_event(&self, id: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
        self.cipher
            .seal(&place(id), body)
            .ok_or(Error::Inconsistent {
                table: "events",
                problem: "the body cannot be sealed",
            })
    }

    /// Finds an event.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_event(&self, id: &str) -> Result<Option<EventRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE id = $1");
        let row = sqlx::query_as(&sql).bind(id);
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
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE $1 = '' OR state = $1 \
             ORDER BY received_at DESC, id DESC LIMIT $2"
        );
        let rows = sqlx::query_as(&sql)
            .bind(state.map_or("", EventState::as_str))
            .bind(i64::from(limit));
        Ok(rows.fetch_all(&self.read).await?)
    }

    /// Lists the events of an inquiry, in the order in which they happened.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_events_of(&self, inquiry: &InquiryId) -> Result<Vec<EventRow>, Error> {
        let sql =
            format!("SELECT {COLUMNS} FROM events WHERE inquiry_id = $1 ORDER BY happened_at, id");
        let rows = sqlx::query_as(&sql).bind(inquiry.as_str());
        Ok(rows.fetch_all(&self.read).await?)
    }

    /// Lists the events about all of the user's inquiries, the newest arrival first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_events_of_user(
        &self,
        user: &ReferenceId,
        limit: u32,
    ) -> Result<Vec<EventRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM events \
             WHERE inquiry_id IN (SELECT id FROM inquiries WHERE user_id = $1) \
             ORDER BY received_at DESC, id DESC LIMIT $2"
        );
        let rows = sqlx::query_as(&sql)
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

    fn open_event(&self, id: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        self.cipher
            .open(&place(id), sealed)
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
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT state, COUNT(*) FROM events WHERE state = 'waiting' OR state = 'parked' \
             GROUP BY state",
        )
        .fetch_all(&self.read)
        .await?;
        let count = |name| {
            rows.iter()
                .find(|(state, _)| state == name)
                .map_or(0, |(_, count)| *count)
        };
        Ok(EventCounts {
            waiting: count("waiting"),
            parked: count("parked"),
        })
    }

    /// Lets a settled event wait again, as if it had just arrived; `false` if there is none with a
    /// body. The workers of all processes take note.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replay_event(&self, id: &str) -> Result<bool, Error> {
        let mut transaction = self.begin_mirror().await?;
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
                .bind(changes::EVENTS)
                .execute(transaction.connection())
                .await?;
        }
        transaction.commit().await?;
        self.events_elsewhere.notify_one();
        Ok(done.rows_affected() == 1)
    }

    /// Notes that applying an event has failed: it is due again later, or parked.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn postpone_event(
        &self,
        id: &str,
        reason: &str,
        due_at: i64,
        most_tries: i64,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE events SET tries = tries + 1, reason = $1, due_at = $2, \
             state = CASE WHEN tries + 1 >= $3 THEN 'parked' ELSE state END, \
             settled_at = CASE WHEN tries + 1 >= $3 THEN $4 ELSE settled_at END \
             WHERE id = $5 AND state = 'waiting'",
        )
        .bind(reason)
        .bind(due_at)
        .bind(most_tries)
        .bind(self.clock.now_ms())
        .bind(id)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Erases the bodies of events that arrived before this time and wait no more. Says how many.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prune_events(&self, before: i64) -> Result<u64, Error> {
        let done = sqlx::query(
            "UPDATE events SET body = NULL \
             WHERE received_at < $1 AND state <> 'waiting' AND body IS NOT NULL",
        )
        .bind(before)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected())
    }

    /// The IDs of events that are due, those first that have been due the longest.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_due_events(&self, limit: u32) -> Result<Vec<(String, i64)>, Error> {
        let rows = sqlx::query_as(
            "SELECT id, tries FROM events WHERE state = 'waiting' AND due_at <= $1 \
             ORDER BY due_at LIMIT $2",
        )
        .bind(self.clock.now_ms())
        .bind(i64::from(limit));
        Ok(rows.fetch_all(&self.read).await?)
    }
}

impl MirrorTransaction {
    /// Writes down events that have arrived, and returns the IDs of those that are new.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add_events(&mut self, events: &[NewEvent]) -> Result<Vec<String>, Error> {
        let now = self.now_ms();
        let mut added = Vec::new();
        for rows in events.chunks(ROWS) {
            let sql = format!(
                "INSERT INTO events (id, name, inquiry_id, happened_at, received_at, body, state, \
                 reason, tries, due_at, settled_at) VALUES {} ON CONFLICT (id) DO NOTHING \
                 RETURNING id",
                placeholders(rows.len(), 11)
            );
            let mut query = sqlx::query_as(&sql);
            for event in rows {
                let state = match event.parked {
                    None => EventState::Waiting,
                    Some(_) => EventState::Parked,
                };
                query = query
                    .bind(&event.id)
                    .bind(&event.name)
                    .bind(event.inquiry_id.as_ref().map(InquiryId::as_str))
                    .bind(event.happened_at)
                    .bind(now)
                    .bind(self.store.seal_event(&event.id, &event.body)?)
                    .bind(state.as_str())
                    .bind(&event.parked)
                    .bind(0_i64)
                    .bind(now)
                    .bind(event.parked.as_ref().map(|_| now));
            }
            let rows: Vec<(String,)> = query.fetch_all(self.connection()).await?;
            added.extend(rows.into_iter().map(|(id,)| id));
        }
        Ok(added)
    }

    /// Takes events that are due, which no other worker has in its hands.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn take_due_events(&mut self, due: Due<'_>) -> Result<Vec<DueEvent>, Error> {
        let now = self.now_ms();
        let lock = match self.store.backend {
            // The whole database is locked already.
            Backend::Sqlite => "",
            Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        };
        let (which, limit) = match due {
            Due::Most(limit) => ("", i64::from(limit)),
            Due::One(id) => (id, 1),
        };
        let sql = format!(
            "SELECT id, body FROM events WHERE state = 'waiting' AND due_at <= $1 \
             AND ($2 = '' OR id = $2) ORDER BY due_at LIMIT $3 {lock}"
        );
        let rows: Vec<(String, Option<Vec<u8>>)> = sqlx::query_as(&sql)
            .bind(now)
            .bind(which)
            .bind(limit)
            .fetch_all(self.connection())
            .await?;
        rows.into_iter()
            .map(|(id, sealed)| {
                let body = match sealed {
                    None => None,
                    Some(sealed) => Some(self.store.open_event(&id, &sealed)?),
                };
                Ok(DueEvent { id, body })
            })
            .collect()
    }

    /// Settles events.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn settle_events(
        &mut self,
        ids: &[String],
        state: EventState,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let now = self.now_ms();
        for ids in ids.chunks(ROWS) {
            let among = (0..ids.len()).map(|index| format!("${}", index + 4));
            let sql = format!(
                "UPDATE events SET state = $1, reason = $2, settled_at = $3 WHERE id IN ({})",
                among.collect::<Vec<_>>().join(", ")
            );
            let mut query = sqlx::query(&sql)
                .bind(state.as_str())
                .bind(reason)
                .bind(now);
            for id in ids {
                query = query.bind(id);
            }
            query.execute(self.connection()).await?;
        }
        Ok(())
    }

    pub(super) async fn erase_events_of(&mut self, inquiry: &InquiryId) -> Result<(), Error> {
        sqlx::query(
            "UPDATE events SET body = NULL \
             WHERE inquiry_id = $1 AND state <> 'waiting' AND body IS NOT NULL",
        )
        .bind(inquiry.as_str())
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
