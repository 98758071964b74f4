//! Wrong passwords in a row, by e-mail.
//!
//! Kept by the e-mail's digest and not by the account, so that an e-mail without an account is
//! treated alike. What the numbers mean is decided elsewhere; here they are compared and set, so
//! that of several tries at the same moment each one counts.

use super::{Error, Store};

/// How often it went wrong. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInFailuresRow {
    /// Wrong passwords since the last right one.
    pub failures: i64,
    /// When the last of them came.
    pub last_failed_at: i64,
    /// Until when no password is looked at; 0 for no pause.
    pub paused_until: i64,
}

impl Store {
    /// Finds the failures of an e-mail.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_sign_in_failures(
        &self,
        email: &str,
    ) -> Result<Option<SignInFailuresRow>, Error> {
        // Read where it is written: what was just counted must be seen.
        let row: Option<(i64, i64, i64)> = sqlx::query_as(
            "SELECT failures, last_failed_at, paused_until FROM sign_in_failures \
             WHERE email_digest = $1",
        )
        .bind(self.cipher.digest(email))
        .fetch_optional(&self.write)
        .await?;
        Ok(row.map(
            |(failures, last_failed_at, paused_until)| SignInFailuresRow {
                failures,
                last_failed_at,
                paused_until,
            },
        ))
    }

    /// Puts `new` in the place of `old`; `false` if `old` is no longer what is there.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replace_sign_in_failures(
        &self,
        email: &str,
        old: Option<SignInFailuresRow>,
        new: SignInFailuresRow,
    ) -> Result<bool, Error> {
        let query = match old {
            None => sqlx::query(
                "INSERT INTO sign_in_failures \
                 (email_digest, failures, last_failed_at, paused_until) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (email_digest) DO NOTHING",
            ),
            Some(_) => sqlx::query(
                "UPDATE sign_in_failures \
                 SET failures = $2, last_failed_at = $3, paused_until = $4 \
                 WHERE email_digest = $1 AND failures = $5 AND last_failed_at = $6",
            ),
        };
        let mut query = query
            .bind(self.cipher.digest(email))
            .bind(new.failures)
            .bind(new.last_failed_at)
            .bind(new.paused_until);
        if let Some(old) = old {
            query = query.bind(old.failures).bind(old.last_failed_at);
        }
        let done = query.execute(&self.write).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets the failures of an e-mail.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_sign_in_failures(&self, email: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM sign_in_failures WHERE email_digest = $1")
            .bind(self.cipher.digest(email))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Forgets all failures whose last is older than that.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_sign_in_failures_before(&self, time: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM sign_in_failures WHERE last_failed_at < $1")
            .bind(time)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
