//! The attempts table: what is about to be asked of Persona, written down before it is asked.
//!
//! Every change names the turn it was read with, and does nothing if another writer has taken over
//! since. All rules about when to change what are the domain's.

use std::time::Instant;

use super::{Backend, Error, Store};
use crate::{
    clock::Clock,
    model::{ReferenceId, TemplateId},
    persona::template_of_body,
};

/// A user's newest attempt. Times are milliseconds since 1970. No `Debug`: the body holds personal
/// data.
#[derive(Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Which attempt of the user's it is, from 1.
    pub number: i64,
    /// Grows whenever the writer changes.
    pub turn: i64,
    /// Until when the writer has the row to itself; 0 is free.
    pub lease_until: i64,
    /// The key that is sent.
    pub idempotency_key: String,
    /// When the key was first sent.
    pub key_since: i64,
    /// The exact body that is sent; `None` once the attempt is settled.
    pub body: Option<Vec<u8>>,
    /// Until when a send of this key may still be under way.
    pub sent_until: i64,
    /// The template of the body, also once the attempt is settled; `None` in rows from before it
    /// was kept.
    pub template_id: Option<TemplateId>,
}

/// The database's time, which all processes share: as it was read, and as it has run since.
#[derive(Debug, Clone)]
pub struct DatabaseTime {
    read_ms: i64,
    read_at: Instant,
    clock_ms: i64,
    clock: Clock,
}

impl DatabaseTime {
    /// The time now, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        // `Instant` may stand still while a machine sleeps, and a clock may be set back: what says
        // that more time has passed is the safer guess.
        let monotonic = i64::try_from(self.read_at.elapsed().as_millis()).unwrap_or(i64::MAX);
        let by_clock = self.clock.now_ms().saturating_sub(self.clock_ms);
        self.read_ms.saturating_add(monotonic.max(by_clock))
    }
}

/// A key and a body that are about to be sent for the first time.
#[derive(Clone, Copy)]
pub struct FirstSend<'a> {
    /// The key.
    pub idempotency_key: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// Until when the sender has the row to itself.
    pub lease_until: i64,
    /// Until when the send may be under way.
    pub sent_until: i64,
}

/// All but the first are NULL where the user has no attempt.
type Columns = (
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<i64>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<String>,
);

pub(super) fn place(user: &ReferenceId) -> String {
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

    /// Reads a user's newest attempt, and the database's time.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn read_attempt(
        &self,
        user: &ReferenceId,
    ) -> Result<(DatabaseTime, Option<AttemptRow>), Error> {
        let now = match self.backend {
            Backend::Sqlite => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
            Backend::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        };
        let sql = format!(
            "SELECT {now}, number, turn, lease_until, idempotency_key, key_since, body, \
             sent_until, template_id \
             FROM (SELECT 1 AS one) AS time LEFT JOIN attempts ON user_id = $1"
        );
        // Taken before the question: if the answer is slow, more time counts as passed.
        let (read_at, clock_ms) = (Instant::now(), self.clock.now_ms());
        let row: Columns = sqlx::query_as(&sql)
            .bind(user.as_str())
            .fetch_one(&self.read)
            .await?;
        let time = DatabaseTime {
            read_ms: row.0,
            read_at,
            clock_ms,
            clock: self.clock.clone(),
        };
        let (
            _,
            Some(number),
            Some(turn),
            Some(lease_until),
            Some(idempotency_key),
            Some(key_since),
            sealed,
            Some(sent_until),
            template_id,
        ) = row
        else {
            return Ok((time, None));
        };
        let body = match sealed {
            None => None,
            Some(sealed) => Some(self.cipher.open(&place(user), &sealed).ok_or(
                Error::Inconsistent {
                    table: "attempts",
                    problem: "no key of DATA_KEYS opens the body",
                },
            )?),
        };
        let row = AttemptRow {
            number,
            turn,
            lease_until,
            idempotency_key,
            key_since,
            body,
            sent_until,
            template_id: template_id.and_then(|id| TemplateId::parse(id).ok()),
        };
        Ok((time, Some(row)))
    }

    /// Begins the user's next attempt and takes its lease, if the row is still as it was read:
    /// absent (`None`), or settled and at this turn. Returns the new turn.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin_attempt(
        &self,
        user: &ReferenceId,
        read_turn: Option<i64>,
        send: FirstSend<'_>,
    ) -> Result<Option<i64>, Error> {
        let statement = match read_turn {
            None => {
                "INSERT INTO attempts (user_id, number, turn, lease_until, idempotency_key, \
                 key_since, body, sent_until, template_id) \
                 VALUES ($1, 1, 1, $2, $3, $4, $5, $6, $7) \
                 ON CONFLICT (user_id) DO NOTHING RETURNING turn"
            }
            Some(_) => {
                "UPDATE attempts SET number = number + 1, turn = turn + 1, lease_until = $2, \
                 idempotency_key = $3, key_since = $4, body = $5, sent_until = $6, \
                 template_id = $7 \
                 WHERE user_id = $1 AND turn = $8 AND body IS NULL RETURNING turn"
            }
        };
        let mut query = sqlx::query_as(statement)
            .bind(user.as_str())
            .bind(send.lease_until)
            .bind(send.idempotency_key)
            .bind(self.clock.now_ms())
            .bind(self.seal_body(user, send.body)?)
            .bind(send.sent_until)
            .bind(template_of_body(send.body).map(String::from));
        if let Some(turn) = read_turn {
            query = query.bind(turn);
        }
        let row: Option<(i64,)> = query.fetch_optional(&self.write).await?;
        Ok(row.map(|(turn,)| turn))
    }

    /// Notes that the attempt's key and body are about to be sent again, and takes or keeps the
    /// lease, if the row is still at this turn. Returns the new turn.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn resend_attempt(
        &self,
        user: &ReferenceId,
        turn: i64,
        lease_until: i64,
        sent_until: i64,
    ) -> Result<Option<i64>, Error> {
        let row: Option<(i64,)> = sqlx::query_as(
            "UPDATE attempts SET turn = turn + 1, lease_until = $3, \
             sent_until = CASE WHEN sent_until > $4 THEN sent_until ELSE $4 END \
             WHERE user_id = $1 AND turn = $2 AND body IS NOT NULL RETURNING turn",
        )
        .bind(user.as_str())
        .bind(turn)
        .bind(lease_until)
        .bind(sent_until)
        .fetch_optional(&self.write)
        .await?;
        Ok(row.map(|(turn,)| turn))
    }

    /// Keeps the lease while nothing is sent, if the row is still at this turn. Returns the new turn.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn hold_attempt(
        &self,
        user: &ReferenceId,
        turn: i64,
        lease_until: i64,
    ) -> Result<Option<i64>, Error> {
        let row: Option<(i64,)> = sqlx::query_as(
            "UPDATE attempts SET turn = turn + 1, lease_until = $3 \
             WHERE user_id = $1 AND turn = $2 AND body IS NOT NULL RETURNING turn",
        )
        .bind(user.as_str())
        .bind(turn)
        .bind(lease_until)
        .fetch_optional(&self.write)
        .await?;
        Ok(row.map(|(turn,)| turn))
    }

    /// Gives the attempt another key and body, if the row is still at this turn. Returns the new
    /// turn.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rekey_attempt(
        &self,
        user: &ReferenceId,
        turn: i64,
        send: FirstSend<'_>,
    ) -> Result<Option<i64>, Error> {
        let row: Option<(i64,)> = sqlx::query_as(
            "UPDATE attempts SET turn = turn + 1, lease_until = $3, idempotency_key = $4, \
             key_since = $5, body = $6, sent_until = $7, template_id = $8 \
             WHERE user_id = $1 AND turn = $2 AND body IS NOT NULL RETURNING turn",
        )
        .bind(user.as_str())
        .bind(turn)
        .bind(send.lease_until)
        .bind(send.idempotency_key)
        .bind(self.clock.now_ms())
        .bind(self.seal_body(user, send.body)?)
        .bind(send.sent_until)
        .bind(template_of_body(send.body).map(String::from))
        .fetch_optional(&self.write)
        .await?;
        Ok(row.map(|(turn,)| turn))
    }

    /// Settles the attempt and frees the lease, if the row is still at this turn: its inquiry is
    /// known, or there will be none. `sent_until` says until when a send may still act; 0 is never.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn settle_attempt(
        &self,
        user: &ReferenceId,
        turn: i64,
        sent_until: i64,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE attempts SET turn = turn + 1, lease_until = 0, body = NULL, sent_until = $3 \
             WHERE user_id = $1 AND turn = $2",
        )
        .bind(user.as_str())
        .bind(turn)
        .bind(sent_until)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Frees the lease and leaves the attempt to the next click, if the row is still at this turn.
    /// `sent_until` says until when a send may still act; 0 is never.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn release_attempt(
        &self,
        user: &ReferenceId,
        turn: i64,
        sent_until: i64,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE attempts SET lease_until = 0, sent_until = $3 WHERE user_id = $1 AND turn = $2",
        )
        .bind(user.as_str())
        .bind(turn)
        .bind(sent_until)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    fn seal_body(&self, user: &ReferenceId, body: &[u8]) -> Result<Vec<u8>, Error> {
        self.cipher
            .seal(&place(user), body)
            .ok_or(Error::Inconsistent {
                table: "attempts",
                problem: "the body cannot be sealed",
            })
    }
}
