//! Selects stale inquiries for the reconciler.
//!
//! The polling interval is half the age of the last known status, within limits, so a lost webhook
//! is noticed quickly on fresh inquiries and old ones cost little. When an inquiry is due follows from
//! its row alone, and the index `inquiries_due` has it in this order, without the inquiries that are
//! not checked any more: a round costs what is due, however many inquiries there are.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::{Backend, Error, Store};
use crate::model::{InquiryId, ReferenceId};

// The index has these numbers, too: a change of one needs a migration that replaces the index.
/// The minimum interval between checks, in milliseconds.
const MIN_AGE: i64 = 60_000;
/// The maximum interval while the inquiry is undecided, in milliseconds.
const MAX_AGE: i64 = 60 * 60_000;
/// The maximum interval once the inquiry is decided, in milliseconds.
const MAX_AGE_DECIDED: i64 = 24 * 60 * 60_000;
/// No check is due later than this after the inquiry's status, in milliseconds.
const GIVE_UP_AFTER: i64 = 30 * 24 * 60 * 60_000;

/// SQL for the time at which an inquiry is due for a check, in milliseconds since 1970, and for whether
/// it is still checked; as in the index.
fn due_sql(backend: Backend) -> (String, String) {
    let (greatest, least) = match backend {
        Backend::Sqlite => ("MAX", "MIN"),
        Backend::Postgres => ("GREATEST", "LEAST"),
    };
    let checked_at = format!("{greatest}(seen_at, COALESCE(asked_at, 0))");
    let status_at = "COALESCE(status_at, seen_at)";
    let due_at = format!(
        "{greatest}({checked_at} + {MIN_AGE}, \
         {least}(2 * {checked_at} - {status_at}, {checked_at} + \
         CASE WHEN status IN ('approved', 'declined') THEN {MAX_AGE_DECIDED} ELSE {MAX_AGE} END))"
    );
    let is_checked = format!(
        "redacted_at IS NULL AND {due_at} <= {least}(seen_at, {status_at}) + {GIVE_UP_AFTER}"
    );
    (due_at, is_checked)
}

impl Store {
    /// Claims up to `limit` stale inquiries, the longest overdue first: sets `asked_at`, so that no
    /// other process claims them until they are due again.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn claim_stale_inquiries(
        &self,
        limit: u8,
    ) -> Result<Vec<(InquiryId, ReferenceId)>, Error> {
        // Locked rows are being updated, so they are not stale.
        let lock = self.skip_locked();
        let (due_at, is_checked) = due_sql(self.backend);
        let sql = format!(
            "WITH due AS MATERIALIZED \
             (SELECT id FROM inquiries WHERE {is_checked} AND {due_at} <= $1 \
             ORDER BY {due_at} LIMIT $2 {lock}) \
             UPDATE inquiries SET asked_at = $1 WHERE id IN (SELECT id FROM due) \
             RETURNING id, user_id"
        );
        let rows: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(self.clock.now_ms())
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
