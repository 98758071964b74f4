//! The `background_pace` table: the throttle of background calls to Persona, shared by all
//! processes.
//!
//! All processes reserve their slots in the one row, so that their combined rate stays below the
//! limit.

use std::time::Duration;

use super::{Error, Store};

/// The key of the only row.
const NAME: &str = "persona";
/// A slot further ahead was reserved by a wrong clock and is ignored.
const MAX_AHEAD: Duration = Duration::from_secs(10 * 60);

impl Store {
    /// Reserves the next slot for a background call; slots are `interval` apart. Returns the delay
    /// until the slot; `None`, without a reservation, if the delay would exceed `max_wait`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn reserve_background_slot(
        &self,
        interval: Duration,
        max_wait: Duration,
    ) -> Result<Option<Duration>, Error> {
        let (now, interval) = (self.clock.now_ms(), ms(interval));
        let taken: Option<(i64,)> = sqlx::query_as(
            "INSERT INTO background_pace (name, next_at) VALUES ($1, $2 + $3) \
             ON CONFLICT (name) DO UPDATE SET next_at = $3 + \
             CASE WHEN background_pace.next_at BETWEEN $2 AND $4 \
             THEN background_pace.next_at ELSE $2 END \
             WHERE background_pace.next_at NOT BETWEEN $5 AND $4 \
             RETURNING next_at",
        )
        .bind(NAME)
        .bind(now)
        .bind(interval)
        .bind(now + ms(MAX_AHEAD))
        .bind(now + ms(max_wait) + 1)
        .fetch_optional(&self.write)
        .await?;
        Ok(taken.map(|(next,)| {
            let wait = next.saturating_sub(interval).saturating_sub(now);
            Duration::from_millis(wait.max(0).unsigned_abs())
        }))
    }

    /// Moves the next slot back for all processes, because interactive calls need the rate limit.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn postpone_background_slots(&self, by: Duration) -> Result<(), Error> {
        let now = self.clock.now_ms();
        sqlx::query(
            "INSERT INTO background_pace (name, next_at) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET next_at = $2 \
             WHERE background_pace.next_at NOT BETWEEN $2 AND $3",
        )
        .bind(NAME)
        .bind(now + ms(by))
        .bind(now + ms(MAX_AHEAD))
        .execute(&self.write)
        .await?;
        Ok(())
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
