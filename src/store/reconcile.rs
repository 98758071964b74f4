//! Which inquiries have not been heard of for too long.
//!
//! How long is too long grows with the age of what is believed: half that age, within limits. A
//! word that was lost is so missed soon while things are moving, and old inquiries cost little.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::{Error, Store};
use crate::model::{InquiryId, ReferenceId};

/// How long a silence may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StalenessPolicy {
    /// At least this long, always.
    pub min_age: Duration,
    /// At most this long while an inquiry is not decided.
    pub max_age: Duration,
    /// At most this long once it is decided.
    pub max_age_decided: Duration,
    /// Nobody is asked about what is older than this.
    pub give_up_after: Duration,
}

/// $1 now, $2 least, $3 most, $4 most once decided, $5 give up; all in milliseconds.
const IS_DUE: &str = "redacted_at IS NULL \
     AND seen_at BETWEEN $1 - $5 AND $1 - $2 \
     AND COALESCE(asked_at, 0) <= $1 - $2 \
     AND COALESCE(status_at, seen_at) >= $1 - $5 \
     AND ((seen_at <= ($1 + COALESCE(status_at, seen_at)) / 2 \
           AND COALESCE(asked_at, 0) <= ($1 + COALESCE(status_at, seen_at)) / 2) \
       OR (seen_at <= $1 - CASE WHEN status IN ('approved', 'declined') THEN $4 ELSE $3 END \
           AND COALESCE(asked_at, 0) \
             <= $1 - CASE WHEN status IN ('approved', 'declined') THEN $4 ELSE $3 END))";

impl Store {
    /// Takes up to `limit` inquiries that have been silent for too long, those first that were
    /// heard of the longest ago, and notes that Persona is asked about them now: nobody else
    /// takes them for a while.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn claim_stale_inquiries(
        &self,
        policy: StalenessPolicy,
        limit: u8,
    ) -> Result<Vec<(InquiryId, ReferenceId)>, Error> {
        let ms = |it: Duration| i64::try_from(it.as_millis()).unwrap_or(i64::MAX);
        // Who is just being written about is heard of: nobody waits for them, nor they for us.
        let lock = self.skip_locked();
        let sql = format!(
            "WITH due AS MATERIALIZED \
             (SELECT id FROM inquiries WHERE {IS_DUE} ORDER BY seen_at LIMIT $6 {lock}) \
             UPDATE inquiries SET asked_at = $1 WHERE id IN (SELECT id FROM due) \
             RETURNING id, user_id"
        );
        let rows: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(self.clock.now_ms())
            .bind(ms(policy.min_age))
            .bind(ms(policy.max_age))
            .bind(ms(policy.max_age_decided))
            .bind(ms(policy.give_up_after))
            .bind(i64::from(limit))
            .fetch_all(&self.write)
            .await?;
        rows.into_iter()
            .map(|(id, user_id)| {
                Some((
                    InquiryId::parse(id).ok()?,
                    ReferenceId::parse(user_id).ok()?,
                ))
            })
            .collect::<Option<_>>()
            .ok_or(Error::Inconsistent {
                table: "inquiries",
                problem: "an ID is none",
            })
    }

    /// Takes an inquiry that Persona is to be asked about now, unless it was asked less than
    /// `pause` ago, and notes the asking: nobody else takes it for a while.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn claim_inquiry(
        &self,
        id: &InquiryId,
        min_interval: Duration,
    ) -> Result<bool, Error> {
        let now = self.clock.now_ms();
        let min_interval = i64::try_from(min_interval.as_millis()).unwrap_or(i64::MAX);
        // What lies in the future was written before the clock was set back, and means nothing.
        let done = sqlx::query(
            "UPDATE inquiries SET asked_at = $1 \
             WHERE id = $2 AND (asked_at IS NULL OR asked_at <= $3 OR asked_at > $1)",
        )
        .bind(now)
        .bind(id.as_str())
        .bind(now.saturating_sub(min_interval))
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives back what was taken and could not be asked about: the next round takes it again, but
    /// for those about whom something is being written meanwhile.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn release_inquiries(
        &self,
        claimed: &[(InquiryId, ReferenceId)],
    ) -> Result<(), Error> {
        let places: Vec<_> = (1..=claimed.len())
            .map(|place| format!("${place}"))
            .collect();
        let lock = self.skip_locked();
        let sql = format!(
            "WITH claimed AS MATERIALIZED (SELECT id FROM inquiries WHERE id IN ({}) {lock}) \
             UPDATE inquiries SET asked_at = NULL WHERE id IN (SELECT id FROM claimed)",
            places.join(", ")
        );
        let update = claimed
            .iter()
            .fold(sqlx::query(AssertSqlSafe(sql)), |update, (id, _)| {
                update.bind(id.as_str())
            });
        update.execute(&self.write).await?;
        Ok(())
    }
}
