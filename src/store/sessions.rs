//! The sessions table: who is signed in, since when, until when.

use super::{Error, Store};

/// One session. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// A digest of the cookie's session ID: who reads the table cannot sign in with it.
    pub id_digest: String,
    /// The user who is signed in, so that their sessions can be listed and revoked.
    pub user_id: Option<String>,
    /// What the session remembers, as JSON.
    pub data: String,
    /// When the session ends if it is not used.
    pub expires_at: i64,
}

impl Store {
    /// Adds a session; `false` if the ID is taken.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn insert_session(&self, row: &SessionRow) -> Result<bool, Error> {
        let now = self.clock.now_ms();
        let done = sqlx::query(
            "INSERT INTO sessions (id_digest, user_id, data, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id_digest) DO NOTHING",
        )
        .bind(&row.id_digest)
        .bind(&row.user_id)
        .bind(&row.data)
        .bind(now)
        .bind(row.expires_at)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Changes a session; one that is gone stays gone.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update_session(&self, row: &SessionRow) -> Result<(), Error> {
        sqlx::query(
            "UPDATE sessions SET user_id = $2, data = $3, expires_at = $4 WHERE id_digest = $1",
        )
        .bind(&row.id_digest)
        .bind(&row.user_id)
        .bind(&row.data)
        .bind(row.expires_at)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Finds a session that has not ended and is not older than `oldest_created_at`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_session(
        &self,
        id_digest: &str,
        oldest_created_at: i64,
    ) -> Result<Option<SessionRow>, Error> {
        let row: Option<(Option<String>, String, i64)> = sqlx::query_as(
            "SELECT user_id, data, expires_at FROM sessions \
             WHERE id_digest = $1 AND expires_at > $2 AND created_at > $3",
        )
        .bind(id_digest)
        .bind(self.clock.now_ms())
        .bind(oldest_created_at)
        .fetch_optional(&self.read)
        .await?;
        Ok(row.map(|(user_id, data, expires_at)| SessionRow {
            id_digest: id_digest.to_owned(),
            user_id,
            data,
            expires_at,
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_session(&self, id_digest: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM sessions WHERE id_digest = $1")
            .bind(id_digest)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Removes the sessions that have ended, and says how many there were.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_ended_sessions(&self, oldest_created_at: i64) -> Result<u64, Error> {
        let done = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR created_at <= $2")
            .bind(self.clock.now_ms())
            .bind(oldest_created_at)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected())
    }
}
