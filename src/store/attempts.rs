//! The attempts table: the durable record of a create before it is sent to Persona.
//!
//! Each write names the version (the fencing token) that it is based on, and does nothing if
//! another process has changed the row since. `domain::get_or_create::attempt` holds the rules. The
//! version's column is named `turn`.

use std::time::Instant;

use super::{Error, Store, value::Value};
use crate::{
    base::Clock,
    model::{ReferenceId, TemplateId},
};
use persona_api::template_id_from_body;

/// A user's newest attempt. Times are milliseconds since 1970. No `Debug`, because the body
/// contains personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// The number of the attempt among the user's, from 1.
    pub number: i64,
    /// The fencing token: incremented whenever the lease is taken or renewed, or the attempt is
    /// completed.
    pub version: i64,
    /// When the lease expires; 0 if it is free.
    pub lease_until: i64,
    /// The idempotency key.
    pub idempotency_key: String,
    /// When the key was first sent, by the sending process's clock.
    pub key_since: i64,
    /// The exact body of the create; `None` once the attempt is complete.
    pub body: Option<Vec<u8>>,
    /// Until when a send with this key may still take effect.
    pub sent_until: i64,
    /// The body's template, also once the attempt is complete; `None` in rows written before this
    /// column existed.
    pub template_id: Option<TemplateId>,
}

/// A change of the row. Times are the database's, except `key_since`. No `Debug`, as above.
#[derive(Clone, PartialEq, Eq)]
pub enum AttemptWrite {
    /// Starts the user's next attempt and takes its lease. The row must be absent (no version) or
    /// complete.
    Begin(FirstSend),
    /// Takes or renews the lease, to send the same key and body again.
    Resend {
        /// When the lease expires.
        lease_until: i64,
        /// Until when the send may take effect.
        sent_until: i64,
    },
    /// Replaces key and body of the attempt, and takes or renews the lease.
    RotateKey(FirstSend),
    /// Renews the lease while nothing is sent.
    RenewLease {
        /// When the lease expires.
        lease_until: i64,
    },
    /// Completes the attempt and frees the lease: its inquiry is known, or none will be created.
    Complete {
        /// Until when a send may still take effect; 0 if none can.
        sent_until: i64,
    },
    /// Frees the lease and leaves the attempt to the next click.
    Release {
        /// Until when a send may still take effect; 0 if none can.
        sent_until: i64,
    },
}

/// A key and body before their first send.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstSend {
    /// The key.
    pub idempotency_key: String,
    /// When the key is first sent, by this process's clock.
    pub key_since: i64,
    /// The body.
    pub body: Vec<u8>,
    /// When the lease expires.
    pub lease_until: i64,
    /// Until when the send may take effect.
    pub sent_until: i64,
}

/// The database's time, shared by all processes, extrapolated from one reading.
///
/// It is an interval: its width is the duration of the query plus any time that this machine slept.
/// What other processes may still do is judged by the earliest time, what this process may still do
/// by the latest.
#[derive(Debug, Clone)]
pub struct DatabaseTime {
    read_ms: i64,
    asked: Reading,
    answered: Reading,
    clock: Clock,
}

/// A reading of this process's two clocks.
#[derive(Debug, Clone, Copy)]
struct Reading {
    instant: Instant,
    clock_ms: i64,
}

impl Reading {
    fn now(clock: &Clock) -> Self {
        Self {
            instant: Instant::now(),
            clock_ms: clock.now_ms(),
        }
    }

    /// The elapsed milliseconds by each clock. `Instant` may stop while the machine sleeps, and the
    /// wall clock may be set.
    fn elapsed_ms(self, clock: &Clock) -> (i64, i64) {
        let monotonic = i64::try_from(self.instant.elapsed().as_millis()).unwrap_or(i64::MAX);
        (monotonic, clock.now_ms().saturating_sub(self.clock_ms))
    }
}

impl DatabaseTime {
    /// The earliest possible current time, in milliseconds since 1970.
    #[must_use]
    pub fn earliest_ms(&self) -> i64 {
        let (monotonic, by_clock) = self.answered.elapsed_ms(&self.clock);
        self.read_ms.saturating_add(monotonic.min(by_clock).max(0))
    }

    /// The latest possible current time, in milliseconds since 1970.
    #[must_use]
    pub fn latest_ms(&self) -> i64 {
        let (monotonic, by_clock) = self.asked.elapsed_ms(&self.clock);
        self.read_ms.saturating_add(monotonic.max(by_clock))
    }
}

pub(super) fn aad(user: &ReferenceId) -> String {
    format!("attempts/{user}")
}

impl Store {
    /// Reads a user's newest attempt.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_attempt(&self, user: &ReferenceId) -> Result<Option<AttemptRow>, Error> {
        Ok(self.read_attempt(user).await?.1)
    }

    /// Reads a user's newest attempt and the database's time.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn read_attempt(
        &self,
        user: &ReferenceId,
    ) -> Result<(DatabaseTime, Option<AttemptRow>), Error> {
        // The columns of the table are NULL if the user has no attempt.
        let sql = format!(
            "SELECT {}, number, turn, lease_until, idempotency_key, key_since, body, \
             sent_until, template_id \
             FROM (SELECT 1 AS one) AS time LEFT JOIN attempts ON user_id = $1",
            self.backend.now_ms_sql()
        );
        let asked = Reading::now(&self.clock);
        let values = [Value::Text(user.as_str())];
        let found = self.look_up(&sql, &values, |row| {
            let read_ms = row.integer(0)?;
            let Some(number) = row.optional_integer(1)? else {
                return Ok((read_ms, None));
            };
            let sealed = AttemptRow {
                number,
                version: row.integer(2)?,
                lease_until: row.integer(3)?,
                idempotency_key: row.text(4)?,
                key_since: row.integer(5)?,
                body: row.optional_bytes(6)?,
                sent_until: row.integer(7)?,
                template_id: row
                    .optional_text(8)?
                    .and_then(|id| TemplateId::parse(id).ok()),
            };
            Ok((read_ms, Some(sealed)))
        });
        let (read_ms, mut row) = found
            .await?
            .ok_or(Error::Driver(sqlx::Error::RowNotFound))?;
        let time = DatabaseTime {
            read_ms,
            asked,
            answered: Reading::now(&self.clock),
            clock: self.clock.clone(),
        };
        if let Some(row) = &mut row
            && let Some(sealed) = row.body.take()
        {
            let body = self.cipher.open(&aad(user), &sealed);
            row.body = Some(body.ok_or(Error::Inconsistent {
                table: "attempts",
                problem: "no key of DATA_KEYS opens the body",
            })?);
        }
        Ok((time, row))
    }

    /// Writes the user's attempt if the row is at this version, or absent if `version` is `None`.
    /// Returns the new version; `None` if another process has changed the row.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn write_attempt(
        &self,
        user: &ReferenceId,
        version: Option<i64>,
        write: &AttemptWrite,
    ) -> Result<Option<i64>, Error> {
        // $1 is the user, $2 the version; then the times, then the values of a first send.
        let (sql, times, first) = match write {
            AttemptWrite::Begin(first) if version.is_none() => (
                "INSERT INTO attempts (user_id, number, turn, lease_until, sent_until, \
                 idempotency_key, key_since, body, template_id) \
                 VALUES ($1, 1, $2 + 1, $3, $4, $5, $6, $7, $8) \
                 ON CONFLICT (user_id) DO NOTHING RETURNING turn",
                vec![first.lease_until, first.sent_until],
                Some(first),
            ),
            AttemptWrite::Begin(first) => (
                "UPDATE attempts SET number = number + 1, turn = turn + 1, lease_until = $3, \
                 sent_until = $4, idempotency_key = $5, key_since = $6, body = $7, \
                 template_id = $8 \
                 WHERE user_id = $1 AND turn = $2 AND body IS NULL RETURNING turn",
                vec![first.lease_until, first.sent_until],
                Some(first),
            ),
            AttemptWrite::RotateKey(first) => (
                "UPDATE attempts SET turn = turn + 1, lease_until = $3, sent_until = $4, \
                 idempotency_key = $5, key_since = $6, body = $7, template_id = $8 \
                 WHERE user_id = $1 AND turn = $2 AND body IS NOT NULL RETURNING turn",
                vec![first.lease_until, first.sent_until],
                Some(first),
            ),
            AttemptWrite::Resend {
                lease_until,
                sent_until,
            } => (
                "UPDATE attempts SET turn = turn + 1, lease_until = $3, \
                 sent_until = CASE WHEN sent_until > $4 THEN sent_until ELSE $4 END \
                 WHERE user_id = $1 AND turn = $2 AND body IS NOT NULL RETURNING turn",
                vec![*lease_until, *sent_until],
                None,
            ),
            AttemptWrite::RenewLease { lease_until } => (
                "UPDATE attempts SET turn = turn + 1, lease_until = $3 \
                 WHERE user_id = $1 AND turn = $2 AND body IS NOT NULL RETURNING turn",
                vec![*lease_until],
                None,
            ),
            AttemptWrite::Complete { sent_until } => (
                "UPDATE attempts SET turn = turn + 1, lease_until = 0, body = NULL, \
                 sent_until = $3 WHERE user_id = $1 AND turn = $2 RETURNING turn",
                vec![*sent_until],
                None,
            ),
            AttemptWrite::Release { sent_until } => (
                "UPDATE attempts SET lease_until = 0, sent_until = $3 \
                 WHERE user_id = $1 AND turn = $2 RETURNING turn",
                vec![*sent_until],
                None,
            ),
        };
        let mut query = sqlx::query_as(sql)
            .bind(user.as_str())
            .bind(version.unwrap_or(0));
        for time in times {
            query = query.bind(time);
        }
        if let Some(first) = first {
            query = query
                .bind(&first.idempotency_key)
                .bind(first.key_since)
                .bind(self.seal_body(user, &first.body)?)
                .bind(template_id_from_body(&first.body).map(String::from));
        }
        let row: Option<(i64,)> = query.fetch_optional(&self.write).await?;
        Ok(row.map(|(version,)| version))
    }

    fn seal_body(&self, user: &ReferenceId, body: &[u8]) -> Result<Vec<u8>, Error> {
        self.cipher
            .seal(&aad(user), body)
            .ok_or(Error::Inconsistent {
                table: "attempts",
                problem: "the body cannot be sealed",
            })
    }
}
