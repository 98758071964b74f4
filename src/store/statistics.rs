//! Statistics for operators: how many people reach which stage, what fails, how long decisions take.
//!
//! Counts are kept by day, so that a page reads a few rows for each day, however many people there are.
//! `statistics_queue.rs` writes them.

use super::{Error, Store};

/// The maximum number of rows that are read: the days of a quarter with all stages or causes in all
/// languages are fewer.
const MAX_READ: i64 = 20_000;
const MS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;

/// A stage of a verification, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunnelStage {
    /// The person saw the onboarding page.
    Viewed,
    /// The person pressed the button.
    Clicked,
    /// Persona's window or hosted flow opened.
    Opened,
    /// The browser reported the end of the flow, or Persona did.
    Submitted,
    /// Persona completed the inquiry.
    Completed,
    /// Persona approved or declined it.
    Decided,
}

impl FunnelStage {
    /// All stages, in their order.
    pub const ALL: [Self; 6] = [
        Self::Viewed,
        Self::Clicked,
        Self::Opened,
        Self::Submitted,
        Self::Completed,
        Self::Decided,
    ];

    /// The name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewed => "viewed",
            Self::Clicked => "clicked",
            Self::Opened => "opened",
            Self::Submitted => "submitted",
            Self::Completed => "completed",
            Self::Decided => "decided",
        }
    }
}

/// A day, in days since 1970 (UTC).
pub type Day = i64;

/// The day of a time in milliseconds since 1970.
#[must_use]
pub fn day_of(ms: i64) -> Day {
    ms.div_euclid(MS_PER_DAY)
}

/// How many people reached a stage on a day, in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelDayRow {
    /// The day.
    pub day: Day,
    /// The name of the stage.
    pub stage: String,
    /// The language of their page; empty if they saw none.
    pub language: String,
    /// How many people.
    pub people: i64,
}

/// How often something failed on a day, in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureDayRow {
    /// The day.
    pub day: Day,
    /// The cause.
    pub cause: String,
    /// The language of the person's page; empty if they saw none.
    pub language: String,
    /// How often.
    pub failures: i64,
}

/// The times of one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// When the inquiry was completed, in milliseconds since 1970.
    pub completed_at: i64,
    /// When it was decided.
    pub decided_at: i64,
    /// The language of the person's last page (BCP 47); empty: no page was seen.
    pub language: String,
}

impl Store {
    /// Lists how many people reached each stage, by day and language, from a day on.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_funnel_days(&self, since: Day) -> Result<Vec<FunnelDayRow>, Error> {
        let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
            "SELECT day, stage, language, people FROM funnel_days WHERE day >= $1 \
             ORDER BY day DESC, stage, language LIMIT $2",
        )
        .bind(since)
        .bind(MAX_READ)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(FunnelDayRow::from).collect())
    }

    /// Lists failures by day, cause and language, from a day on.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_failure_days(&self, since: Day) -> Result<Vec<FailureDayRow>, Error> {
        let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
            "SELECT day, cause, language, failures FROM failure_days WHERE day >= $1 \
             ORDER BY day DESC, cause, language LIMIT $2",
        )
        .bind(since)
        .bind(MAX_READ)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(FailureDayRow::from).collect())
    }

    /// Lists the newest decisions from a day on, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_decisions(&self, since: Day, limit: u16) -> Result<Vec<DecisionRow>, Error> {
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT completed_at, decided_at, \
             COALESCE((SELECT it.language FROM funnel_people it \
             WHERE it.user_id = inquiries.user_id ORDER BY it.day DESC LIMIT 1), '') \
             FROM inquiries WHERE decided_at >= $1 AND completed_at IS NOT NULL \
             ORDER BY decided_at DESC LIMIT $2",
        )
        .bind(since.saturating_mul(MS_PER_DAY))
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(DecisionRow::from).collect())
    }

    /// Deletes statistics of the days before a time. Returns the number of rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_statistics_before(&self, time: i64) -> Result<u64, Error> {
        let lock = self.skip_locked();
        let mut deleted = 0;
        for (table, key) in [
            ("funnel_people", "day, stage, user_id"),
            ("funnel_days", "day, stage, language"),
            ("failure_days", "day, cause, language"),
        ] {
            let sql = format!(
                "WITH old AS MATERIALIZED \
                 (SELECT {key} FROM {table} WHERE day < $1 ORDER BY day LIMIT $2 {lock}) \
                 DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM old)"
            );
            deleted += self.sweep(sql, day_of(time)).await?;
        }
        Ok(deleted)
    }
}

impl From<(i64, String, String, i64)> for FunnelDayRow {
    fn from((day, stage, language, people): (i64, String, String, i64)) -> Self {
        Self {
            day,
            stage,
            language,
            people,
        }
    }
}

impl From<(i64, String, String, i64)> for FailureDayRow {
    fn from((day, cause, language, failures): (i64, String, String, i64)) -> Self {
        Self {
            day,
            cause,
            language,
            failures,
        }
    }
}

impl From<(i64, i64, String)> for DecisionRow {
    fn from((completed_at, decided_at, language): (i64, i64, String)) -> Self {
        Self {
            completed_at,
            decided_at,
            language,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_utc() {
        for (ms, day) in [(0, 0), (MS_PER_DAY - 1, 0), (MS_PER_DAY, 1), (-1, -1)] {
            assert_eq!(day_of(ms), day, "{ms}");
        }
    }
}
