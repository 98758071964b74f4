//! Wrong passwords in a row, by e-mail and by where they came from.
//!
//! Kept by the e-mail's digest and not by the account, so that an e-mail without an account is
//! treated alike. What the numbers mean is decided elsewhere; here they are compared and set, so
//! that of several attempts at the same moment each one counts.

use super::{Error, Store};

/// How often it went wrong. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginThrottleRow {
    /// Wrong passwords, less those that time has made good.
    pub failures: i64,
    /// When the last of them came.
    pub last_failed_at: i64,
    /// Until when no password is looked at; 0 for no pause.
    pub paused_until: i64,
}

impl Store {
    /// Finds the failures of an e-mail in a scope, which is empty for all strangers together.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_login_throttle(
        &self,
        email: &str,
        scope: &str,
    ) -> Result<Option<LoginThrottleRow>, Error> {
        // Read where it is written: what was just counted must be seen.
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

    /// Puts `new` in the place of `old`; `false` if `old` is no longer what is there.
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

    /// Forgets the failures of an e-mail in a scope.
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

    /// Forgets all failures of an e-mail, also those that older releases count; says whether there
    /// were any.
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

    /// Forgets all failures whose last is older than that, also those that older releases count, in
    /// portions; says how many they were.
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

    /// An address is personal: it is kept as a digest, like the e-mail.
    fn scope_digest(&self, scope: &str) -> String {
        match scope {
            "" => String::new(),
            scope => self.cipher.digest(scope),
        }
    }
}
