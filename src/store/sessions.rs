//! The sessions table.

use jiff::SignedDuration;

use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::{Error, SWEEP_BATCH, Store, value::Value};
use crate::model::ReferenceId;

/// One session. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// A digest of the cookie's session ID, so that read access to the table does not permit a
    /// login.
    pub id_digest: String,
    /// The signed-in user, for listing and revoking sessions.
    pub user_id: Option<String>,
    /// The session's data, as JSON.
    pub data: String,
    /// When the session was last used, with a resolution of minutes.
    pub last_seen_at: i64,
    /// When the session expires if it is not used.
    pub expires_at: i64,
}

/// A listed session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSessionRow {
    /// The ID that names the session on pages; it does not authenticate.
    pub public_id: String,
    /// See [`SessionRow::id_digest`].
    pub id_digest: String,
    /// See [`SessionRow::data`].
    pub data: String,
    /// When the session started.
    pub created_at: i64,
    /// See [`SessionRow::last_seen_at`].
    pub last_seen_at: i64,
}

/// The maximum number of listed sessions.
const MAX_LISTED: i64 = 50;

impl Store {
    /// Inserts a session with its public ID; `false` if the session ID exists.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn insert_session(&self, row: &SessionRow, public_id: &str) -> Result<bool, Error> {
        let now = self.clock.now_ms();
        let done = sqlx::query(
            "INSERT INTO sessions \
             (id_digest, public_id, user_id, data, created_at, last_seen_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id_digest) DO NOTHING",
        )
        .bind(&row.id_digest)
        .bind(public_id)
        .bind(&row.user_id)
        .bind(&row.data)
        .bind(now)
        .bind(row.last_seen_at)
        .bind(row.expires_at)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Updates a session; does nothing if it was deleted.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update_session(&self, row: &SessionRow) -> Result<(), Error> {
        sqlx::query(
            "UPDATE sessions SET user_id = $2, data = $3, last_seen_at = $4, expires_at = $5 \
             WHERE id_digest = $1",
        )
        .bind(&row.id_digest)
        .bind(&row.user_id)
        .bind(&row.data)
        .bind(row.last_seen_at)
        .bind(row.expires_at)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Finds a session that has not expired and is not older than `max_age`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_session(
        &self,
        id_digest: &str,
        max_age: SignedDuration,
    ) -> Result<Option<SessionRow>, Error> {
        self.look_up(
            "SELECT user_id, data, last_seen_at, expires_at FROM sessions \
             WHERE id_digest = $1 AND expires_at > $2 AND created_at > $3",
            &[
                Value::Text(id_digest),
                Value::Integer(self.clock.now_ms()),
                Value::Integer(self.ms_before_now(max_age)),
            ],
            |row| {
                Ok(SessionRow {
                    id_digest: id_digest.to_owned(),
                    user_id: row.optional_text(0)?,
                    data: row.text(1)?,
                    last_seen_at: row.integer(2)?,
                    expires_at: row.integer(3)?,
                })
            },
        )
        .await
    }

    /// Lists the user's sessions that have not expired, the last used first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_sessions(
        &self,
        user_id: &ReferenceId,
        max_age: SignedDuration,
    ) -> Result<Vec<ListedSessionRow>, Error> {
        let rows: Vec<(String, String, String, i64, i64)> = sqlx::query_as(
            "SELECT public_id, id_digest, data, created_at, last_seen_at FROM sessions \
             WHERE user_id = $1 AND expires_at > $2 AND created_at > $3 \
             ORDER BY last_seen_at DESC, created_at DESC LIMIT $4",
        )
        .bind(user_id.as_str())
        .bind(self.clock.now_ms())
        .bind(self.ms_before_now(max_age))
        .bind(MAX_LISTED)
        .fetch_all(&self.read)
        .await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(
                |(public_id, id_digest, data, created_at, last_seen_at)| ListedSessionRow {
                    public_id,
                    id_digest,
                    data,
                    created_at,
                    last_seen_at,
                },
            )
            .collect())
    }

    /// Deletes a session.
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

    /// Deletes the user's session with this public ID; `false` if there is none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn revoke_session(
        &self,
        user_id: &ReferenceId,
        public_id: &str,
    ) -> Result<bool, Error> {
        let done = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND public_id = $2")
            .bind(user_id.as_str())
            .bind(public_id)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes all sessions of the user but one. Returns their number.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn revoke_other_sessions(
        &self,
        user_id: &ReferenceId,
        kept_id_digest: &str,
    ) -> Result<u64, Error> {
        // In batches, because a user can create any number of sessions.
        let lock = self.skip_locked();
        let sql = AssertSqlSafe(format!(
            "WITH others AS MATERIALIZED (SELECT id_digest FROM sessions \
             WHERE user_id = $1 AND id_digest <> $2 LIMIT $3 {lock}) \
             DELETE FROM sessions WHERE id_digest IN (SELECT id_digest FROM others)"
        ))
        .into_sql_str();
        let mut revoked = 0;
        loop {
            let delete = sqlx::query(sql.clone())
                .bind(user_id.as_str())
                .bind(kept_id_digest);
            let done = delete
                .bind(i64::from(SWEEP_BATCH))
                .execute(&self.write)
                .await?;
            revoked += done.rows_affected();
            if done.rows_affected() < u64::from(SWEEP_BATCH) {
                return Ok(revoked);
            }
        }
    }

    /// Deletes expired sessions in batches. Returns their number.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_ended_sessions(&self, max_age: SignedDuration) -> Result<u64, Error> {
        // One statement per condition, because each condition has its own index.
        let delete = |condition: &str| {
            let lock = self.skip_locked();
            format!(
                "WITH ended AS MATERIALIZED \
                 (SELECT id_digest FROM sessions WHERE {condition} LIMIT $2 {lock}) \
                 DELETE FROM sessions WHERE id_digest IN (SELECT id_digest FROM ended)"
            )
        };
        let (unused, old) = (delete("expires_at <= $1"), delete("created_at <= $1"));
        let unused = self.sweep(unused, self.clock.now_ms()).await?;
        let old = self.sweep(old, self.ms_before_now(max_age)).await?;
        Ok(unused + old)
    }

    fn ms_before_now(&self, duration: SignedDuration) -> i64 {
        (self.clock.now() - duration).as_millisecond()
    }
}
