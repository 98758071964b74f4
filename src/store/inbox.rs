//! The events table as the inbox uses it: what Persona told us, written before it is acknowledged,
//! applied afterwards.
//!
//! Bodies are sealed, and are erased once they are of no more use.

use sqlx::AssertSqlSafe;

use super::{Error, EventState, Store, SyncTransaction, events::aad, placeholders};
use crate::model::InquiryId;

/// How many rows one statement writes at most.
const MAX_ROWS_PER_STATEMENT: usize = 100;

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
    Batch(u32),
    /// This one.
    One(&'a str),
}

impl Store {
    /// Writes down events that have arrived, all in one transaction, and returns the IDs of those
    /// that are new. When it returns they survive anything.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add_events(&self, events: &[NewEvent]) -> Result<Vec<String>, Error> {
        let mut transaction = self.begin_sync().await?;
        let added = transaction.add_events(events).await?;
        transaction.commit().await?;
        Ok(added)
    }

    fn seal_event(&self, id: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
        self.cipher.seal(&aad(id), body).ok_or(Error::Inconsistent {
            table: "events",
            problem: "the body cannot be sealed",
        })
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
        max_tries: i64,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE events SET tries = tries + 1, reason = $1, due_at = $2, \
             state = CASE WHEN tries + 1 >= $3 THEN 'parked' ELSE state END, \
             settled_at = CASE WHEN tries + 1 >= $3 THEN $4 ELSE settled_at END \
             WHERE id = $5 AND state = 'waiting'",
        )
        .bind(reason)
        .bind(due_at)
        .bind(max_tries)
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
    pub async fn erase_event_bodies_before(&self, before: i64) -> Result<u64, Error> {
        let lock = self.skip_locked();
        let sql = format!(
            "WITH old AS MATERIALIZED (SELECT id FROM events WHERE body IS NOT NULL \
             AND received_at < $1 AND state <> 'waiting' ORDER BY received_at LIMIT $2 {lock}) \
             UPDATE events SET body = NULL WHERE id IN (SELECT id FROM old)"
        );
        self.sweep(sql, before).await
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

impl SyncTransaction {
    /// Writes down events that have arrived, and returns the IDs of those that are new.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add_events(&mut self, events: &[NewEvent]) -> Result<Vec<String>, Error> {
        let now = self.now_ms();
        let mut added = Vec::new();
        // All processes in the same order: where two bring the same events, one waits for the
        // other, and never both.
        let mut events: Vec<&NewEvent> = events.iter().collect();
        events.sort_by(|one, other| one.id.cmp(&other.id));
        for rows in events.chunks(MAX_ROWS_PER_STATEMENT) {
            let sql = format!(
                "INSERT INTO events (id, name, inquiry_id, happened_at, received_at, body, state, \
                 reason, tries, due_at, settled_at) VALUES {} ON CONFLICT (id) DO NOTHING \
                 RETURNING id",
                placeholders(rows.len(), 11)
            );
            let mut query = sqlx::query_as(AssertSqlSafe(sql));
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
    pub async fn claim_due_events(&mut self, due: Due<'_>) -> Result<Vec<DueEvent>, Error> {
        let now = self.now_ms();
        let lock = self.store.skip_locked();
        let (which, limit) = match due {
            Due::Batch(limit) => ("", i64::from(limit)),
            Due::One(id) => (id, 1),
        };
        let sql = format!(
            "SELECT id, body FROM events WHERE state = 'waiting' AND due_at <= $1 \
             AND ($2 = '' OR id = $2) ORDER BY due_at LIMIT $3 {lock}"
        );
        let rows: Vec<(String, Option<Vec<u8>>)> = sqlx::query_as(AssertSqlSafe(sql))
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
        for ids in ids.chunks(MAX_ROWS_PER_STATEMENT) {
            let among = (0..ids.len()).map(|index| format!("${}", index + 4));
            let sql = format!(
                "UPDATE events SET state = $1, reason = $2, settled_at = $3 WHERE id IN ({})",
                among.collect::<Vec<_>>().join(", ")
            );
            let mut query = sqlx::query(AssertSqlSafe(sql))
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

    pub(super) async fn erase_event_bodies(&mut self, inquiry: &InquiryId) -> Result<(), Error> {
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
