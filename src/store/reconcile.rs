//! Selects stale inquiries for the reconciler.
//!
//! The polling interval is half the age of the last known status, within limits, so a lost webhook
//! is noticed quickly on fresh inquiries and old ones cost little.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::{Error, Store};
use crate::model::{InquiryId, ReferenceId};

/// When an inquiry is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StalenessPolicy {
    /// The minimum interval between checks.
    pub min_age: Duration,
    /// The maximum interval while the inquiry is undecided.
    pub max_age: Duration,
    /// The maximum interval once the inquiry is decided.
    pub max_age_decided: Duration,
    /// Inquiries whose status is older than this are not checked.
    pub give_up_after: Duration,
}

/// $1 now, $2 `min_age`, $3 `max_age`, $4 `max_age_decided`, $5 `give_up_after`; all in
/// milliseconds.
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
    /// Claims up to `limit` stale inquiries, the least recently updated first: sets `asked_at`, so
    /// that no other process claims them until they are stale again.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn claim_stale_inquiries(
        &self,
        policy: StalenessPolicy,
        limit: u8,
    ) -> Result<Vec<(InquiryId, ReferenceId)>, Error> {
        let ms = |it: Duration| i64::try_from(it.as_millis()).unwrap_or(i64::MAX);
        // Locked rows are being updated, so they are not stale.
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
                problem: "an ID is not valid",
            })
    }

    /// Claims an inquiry for a check now; `false` if it was claimed within `min_interval`.
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
        // A time in the future was written before the clock was set back, so it is ignored.
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

    /// Releases claims whose check failed, so that the next round retries them. Skips locked rows,
    /// which are being updated.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn release_inquiries(
        &self,
        claimed: &[(InquiryId, ReferenceId)],
    ) -> Result<(), Error> {
        let lock = self.skip_locked();
        let sql = format!(
            "WITH claimed AS MATERIALIZED (SELECT id FROM inquiries WHERE id IN {} {lock}) \
             UPDATE inquiries SET asked_at = NULL WHERE id IN (SELECT id FROM claimed)",
            self.placeholders().list(claimed.len())
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
