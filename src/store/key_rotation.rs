//! Re-encrypts data with the newest key of `DATA_KEYS`.
//!
//! Keys are rotated in three steps, each for all processes before the next one:
//!
//! 1. append the new key: every process can decrypt with it;
//! 2. move it to the front: it encrypts, and the startup re-encrypts existing data;
//! 3. once the log says that the older keys are no longer needed, remove them.
//!
//! The service stays up throughout. Without step 1, a process that knows only the old key cannot
//! read what another one has encrypted with the new key.

use super::{Error, Store, attempts, events};
use crate::model::ReferenceId;

/// The number of rows per page.
const PAGE_SIZE: i64 = 200;

const SEALED_USERS: &str = "SELECT id, profile FROM users WHERE id > $1 ORDER BY id LIMIT $2";
const SEALED_ATTEMPTS: &str = "SELECT user_id, body FROM attempts \
     WHERE user_id > $1 AND body IS NOT NULL ORDER BY user_id LIMIT $2";
const SEALED_EVENTS: &str = "SELECT id, body FROM events \
     WHERE id > $1 AND body IS NOT NULL ORDER BY id LIMIT $2";

impl Store {
    /// Re-encrypts everything that an older key has encrypted, and returns the number of rows.
    /// Afterwards the older keys are not needed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn reseal_all(&self) -> Result<u64, Error> {
        let mut moved = 0;
        let mut last = String::new();
        loop {
            let rows = self.next_page(SEALED_USERS, &mut last).await?;
            if last.is_empty() {
                break;
            }
            for (id, sealed) in rows {
                let user = self.open_profile(&user_id(id)?, &sealed)?;
                moved += u64::from(self.reseal_user(&user, &sealed).await?);
            }
        }
        loop {
            let rows = self.next_page(SEALED_ATTEMPTS, &mut last).await?;
            if last.is_empty() {
                break;
            }
            for (id, sealed) in rows {
                let aad = attempts::aad(&user_id(id.clone())?);
                let sql = "UPDATE attempts SET body = $1 WHERE user_id = $2 AND body = $3";
                moved += u64::from(self.reseal_body(sql, &aad, &id, &sealed).await?);
            }
        }
        loop {
            let rows = self.next_page(SEALED_EVENTS, &mut last).await?;
            if last.is_empty() {
                return Ok(moved);
            }
            for (id, sealed) in rows {
                let aad = events::aad(&id);
                let sql = "UPDATE events SET body = $1 WHERE id = $2 AND body = $3";
                moved += u64::from(self.reseal_body(sql, &aad, &id, &sealed).await?);
            }
        }
    }

    /// The rows of the next page that an older key has encrypted. Advances `last`, and empties it
    /// after the last page.
    async fn next_page(
        &self,
        sql: &'static str,
        last: &mut String,
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(sql)
            .bind(last.as_str())
            .bind(PAGE_SIZE)
            .fetch_all(&self.read)
            .await?;
        *last = rows.last().map(|(id, _)| id.clone()).unwrap_or_default();
        Ok(rows
            .into_iter()
            .filter(|(_, sealed)| !self.cipher.is_newest(sealed))
            .collect())
    }

    /// Re-encrypts a body with the newest key; `false` if the row changed meanwhile. The plaintext
    /// does not change.
    async fn reseal_body(
        &self,
        sql: &'static str,
        aad: &str,
        id: &str,
        sealed: &[u8],
    ) -> Result<bool, Error> {
        let resealed = self
            .cipher
            .open(aad, sealed)
            .and_then(|body| self.cipher.seal(aad, &body))
            .ok_or(Error::Inconsistent {
                table: "attempts or events",
                problem: "no key of DATA_KEYS opens the body",
            })?;
        let done = sqlx::query(sql)
            .bind(resealed)
            .bind(id)
            .bind(sealed)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn user_id(text: String) -> Result<ReferenceId, Error> {
    ReferenceId::parse(text).map_err(|_| Error::Inconsistent {
        table: "users",
        problem: "an ID has another form",
    })
}
