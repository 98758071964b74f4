//! The events table for the inbox: events are stored before they are acknowledged, and applied with
//! their arrival or afterwards.
//!
//! Bodies are encrypted, and erased when they are no longer needed. A body that could not be decoded
//! is stored whole, because redaction needs its structure: it may hold personal data.

use std::collections::HashSet;

use super::{
    Backend, Error, EventState, Store, SyncTransaction, events::aad, lookup::Row, value::Value,
};
use crate::model::InquiryId;

/// The maximum number of IDs in one update.
const MAX_IDS_PER_UPDATE: usize = 100;

/// An event to insert.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The event's ID, or the digest of an undecodable body.
    pub id: String,
    /// The event's name; empty if the body could not be decoded.
    pub name: String,
    /// The inquiry that the event describes.
    pub inquiry_id: Option<InquiryId>,
    /// When the event was created at Persona, in milliseconds since 1970.
    pub happened_at: Option<i64>,
    /// The redacted body; the whole body if it could not be decoded.
    pub body: Vec<u8>,
    /// The reason for parking it immediately; `None` for a waiting event.
    pub parked: Option<String>,
}

impl NewEvent {
    /// The state of an event that is not applied yet, and the reason.
    fn initial_state(&self) -> (EventState, Option<&str>) {
        match &self.parked {
            None => (EventState::Waiting, None),
            Some(reason) => (EventState::Parked, Some(reason)),
        }
    }
}

/// A due event. `body` is `None` if it was erased.
pub struct DueEvent {
    /// The event's ID, or the digest of an undecodable body.
    pub id: String,
    /// The redacted body; the whole body if it could not be decoded.
    pub body: Option<Vec<u8>>,
    /// Since when it is due, in milliseconds since 1970.
    pub due_at: i64,
}

/// Which events to claim.
#[derive(Debug, Clone, Copy)]
pub enum Due<'a> {
    /// At most `limit`, the longest due first, of those due at or after `since`.
    Batch {
        /// The maximum number of events.
        limit: u32,
        /// Milliseconds since 1970. A claim from 0 reads past each event that was settled since
        /// Postgres last vacuumed the table.
        since: i64,
    },
    /// The event with this ID.
    One(&'a str),
}

impl Store {
    /// Whether every write of the database waits for all others, as on SQLite: then applying an
    /// event with its arrival makes nothing wait longer than applying it afterwards.
    #[must_use]
    pub fn has_one_writer(&self) -> bool {
        self.backend == Backend::Sqlite
    }

    /// Inserts events in one transaction and returns the IDs of the new ones. They are durable when
    /// it returns.
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

    /// Records a failed try: the event is due again later, or parked after `max_tries`.
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

    /// Erases the bodies of settled events received before this time. Returns their number.
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

    /// Lists the IDs and tries of due events, the longest due first.
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
    /// Finds which of these IDs are those of stored events.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_known_events(&mut self, ids: &[&str]) -> Result<HashSet<String>, Error> {
        let select = "SELECT id FROM events WHERE id IN";
        let known = self
            .connection
            .fetch_by_keys(select, ids, "", |row| row.text(0))
            .await?;
        Ok(known.into_iter().collect())
    }

    /// Inserts events to be applied later, and returns the IDs of the new ones.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add_events(&mut self, events: &[NewEvent]) -> Result<Vec<String>, Error> {
        let events: Vec<&NewEvent> = events.iter().collect();
        let skip_known = "ON CONFLICT (id) DO NOTHING RETURNING id";
        self.insert_events(events, |_| None, skip_known).await
    }

    /// Inserts events that are unknown ([`find_known_events`](Self::find_known_events)) in the state
    /// that `settled` gives for an ID, with its reason; one that it does not know is inserted as
    /// [`add_events`](Self::add_events) does.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add_settled_events<'a>(
        &mut self,
        events: Vec<&'a NewEvent>,
        settled: impl Fn(&str) -> Option<(EventState, Option<&'a str>)>,
    ) -> Result<(), Error> {
        self.insert_events(events, settled, "").await?;
        Ok(())
    }

    async fn insert_events<'a>(
        &mut self,
        mut events: Vec<&'a NewEvent>,
        settled: impl Fn(&str) -> Option<(EventState, Option<&'a str>)>,
        tail: &str,
    ) -> Result<Vec<String>, Error> {
        let now = self.now_ms();
        // All processes insert in the same order, so that two that insert the same events cannot
        // deadlock.
        events.sort_by(|one, other| one.id.cmp(&other.id));
        let sealed = events
            .iter()
            .map(|event| self.store.seal_event(&event.id, &event.body))
            .collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<_> = events
            .iter()
            .zip(&sealed)
            .map(|(event, sealed)| {
                let (state, reason) = settled(&event.id).unwrap_or_else(|| event.initial_state());
                let settled_at = (state != EventState::Waiting).then_some(now);
                [
                    Value::Text(&event.id),
                    Value::Text(&event.name),
                    Value::OptionalText(event.inquiry_id.as_ref().map(InquiryId::as_str)),
                    Value::OptionalInteger(event.happened_at),
                    Value::Integer(now),
                    Value::Bytes(sealed),
                    Value::Text(state.as_str()),
                    Value::OptionalText(reason),
                    Value::Integer(0),
                    Value::Integer(now),
                    Value::OptionalInteger(settled_at),
                ]
            })
            .collect();
        let insert = "INSERT INTO events (id, name, inquiry_id, happened_at, received_at, body, \
             state, reason, tries, due_at, settled_at) VALUES";
        self.connection
            .insert(insert, &rows, tail, |row| row.text(0))
            .await
    }

    /// Claims due events by row locks, skipping those that another worker has locked.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn claim_due_events(&mut self, due: Due<'_>) -> Result<Vec<DueEvent>, Error> {
        let now = self.now_ms();
        let lock = self.store.skip_locked();
        let (which, limit, since) = match due {
            Due::Batch { limit, since } => ("", i64::from(limit), since),
            Due::One(id) => (id, 1, 0),
        };
        let sql = format!(
            "SELECT id, body, due_at FROM events \
             WHERE state = 'waiting' AND due_at >= $1 AND due_at <= $2 \
             AND ($3 = '' OR id = $3) ORDER BY due_at LIMIT $4 {lock}"
        );
        let values = [
            Value::Integer(since),
            Value::Integer(now),
            Value::Text(which),
            Value::Integer(limit),
        ];
        let read = |row: &Row<'_>| Ok((row.text(0)?, row.optional_bytes(1)?, row.integer(2)?));
        let rows = self.connection.fetch(&sql, &values, read).await?;
        rows.into_iter()
            .map(|(id, sealed, due_at)| {
                let body = match sealed {
                    None => None,
                    Some(sealed) => Some(self.store.open_event(&id, &sealed)?),
                };
                Ok(DueEvent { id, body, due_at })
            })
            .collect()
    }

    /// Sets the final state of events.
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
        for ids in ids.chunks(MAX_IDS_PER_UPDATE) {
            let mut placeholders = self.store.placeholders();
            let sql = format!(
                "UPDATE events SET state = {}, reason = {}, settled_at = {} WHERE id IN {}",
                placeholders.one(),
                placeholders.one(),
                placeholders.one(),
                placeholders.list(ids.len())
            );
            let mut values = vec![
                Value::Text(state.as_str()),
                Value::OptionalText(reason),
                Value::Integer(now),
            ];
            values.extend(ids.iter().map(|id| Value::Text(id)));
            self.connection.execute(&sql, &values).await?;
        }
        Ok(())
    }

    pub(super) async fn erase_event_bodies(&mut self, inquiry: &InquiryId) -> Result<(), Error> {
        let update = "UPDATE events SET body = NULL \
             WHERE inquiry_id = $1 AND state <> 'waiting' AND body IS NOT NULL";
        self.connection
            .execute(update, &[Value::Text(inquiry.as_str())])
            .await?;
        Ok(())
    }
}
