//! Failed login attempts, by e-mail and origin.
//!
//! The key is the blind index of the e-mail, not the account, so that an e-mail without an account
//! behaves alike. This module only compares and swaps rows, so that concurrent attempts are all
//! counted; `domain::accounts` interprets them.

use super::{Error, Store};

/// The failed attempts of an e-mail in a scope. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginThrottleRow {
    /// The number of failed attempts, less those that have expired.
    pub failures: i64,
    /// When the last attempt failed.
    pub last_failed_at: i64,
    /// Until when attempts are rejected; 0 if they are not.
    pub paused_until: i64,
}

impl Store {
    /// Finds the failures of an e-mail in a scope. The empty scope counts all unknown browsers.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_login_throttle(
        &self,
        email: &str,
        scope: &str,
    ) -> Result<Option<LoginThrottleRow>, Error> {
        // Reads from the primary connection, to see what was just written.
        let row: Option<(i64, i64, i64)> = sqlx::query_as(
            "SELECT failures, last_failed_at, paused_until FROM login_throttles \
             WHERE email_digest = $1 AND scope = $2",
        )
        .bind(self.cipher.digest(email))
        .bind(self.scope_digest(scope))
        .fetch_optional(&self.write)
        .await?;
        Ok(row.map(
            |(failures, last_failed_at, paused_until)| LoginThrottleRow {
                failures,
                last_failed_at,
                paused_until,
            },
        ))
    }

    /// Replaces `old` by `new`; `false` if the row no longer equals `old`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replace_login_throttle(
        &self,
        email: &str,
        scope: &str,
        old: Option<LoginThrottleRow>,
        new: LoginThrottleRow,
    ) -> Result<bool, Error> {
        let query = match old {
            None => sqlx::query(
                "INSERT INTO login_throttles \
                 (email_digest, scope, failures, last_failed_at, paused_until) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email_digest, scope) DO NOTHING",
            ),
            Some(_) => sqlx::query(
                "UPDATE login_throttles \
                 SET failures = $3, last_failed_at = $4, paused_until = $5 \
                 WHERE email_digest = $1 AND scope = $2 AND failures = $6 AND last_failed_at = $7",
            ),
        };
        let mut query = query
            .bind(self.cipher.digest(email))
            .bind(self.scope_digest(scope))
            .bind(new.failures)
            .bind(new.last_failed_at)
            .bind(new.paused_until);
        if let Some(old) = old {
            query = query.bind(old.failures).bind(old.last_failed_at);
        }
        let done = query.execute(&self.write).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes the failures of an e-mail in a scope.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_login_throttle(&self, email: &str, scope: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM login_throttles WHERE email_digest = $1 AND scope = $2")
            .bind(self.cipher.digest(email))
            .bind(self.scope_digest(scope))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Deletes all failures of an e-mail, including those counted by older releases; `true` if
    /// there were any.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_all_login_throttles(&self, email: &str) -> Result<bool, Error> {
        let mut deleted = 0;
        for digest in self.cipher.digests(email) {
            for sql in [
                "DELETE FROM login_throttles WHERE email_digest = $1 AND failures > 0",
                "DELETE FROM sign_in_failures WHERE email_digest = $1",
            ] {
                let done = sqlx::query(sql).bind(&digest).execute(&self.write);
                deleted += done.await?.rows_affected();
            }
        }
        Ok(deleted > 0)
    }

    /// Deletes failures whose last attempt is older than `time`, including those counted by older
    /// releases. Returns their number.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_login_throttles_before(&self, time: i64) -> Result<u64, Error> {
        let lock = self.skip_locked();
        let mut deleted = 0;
        for (table, key) in [
            ("login_throttles", "email_digest, scope"),
            ("sign_in_failures", "email_digest"),
        ] {
            let sql = format!(
                "WITH old AS MATERIALIZED (SELECT {key} FROM {table} \
                 WHERE last_failed_at < $1 ORDER BY last_failed_at LIMIT $2 {lock}) \
                 DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM old)"
            );
            deleted += self.sweep(sql, time).await?;
        }
        Ok(deleted)
    }

    /// A network address is personal data, so it is stored as a digest.
    fn scope_digest(&self, scope: &str) -> String {
        match scope {
            "" => String::new(),
            scope => self.cipher.digest(scope),
        }
    }
}
