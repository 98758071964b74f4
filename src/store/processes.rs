//! The processes table: the live processes and the key that each encrypts with.
//!
//! Each process updates its row periodically, by the database's clock. This heartbeat also proves
//! that the database accepts writes.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::{Error, Store, with_timeout};
use crate::base::error_chain;

/// The interval of heartbeats.
const HEARTBEAT_PERIOD: Duration = Duration::from_secs(5);
/// A process without a heartbeat for this long counts as dead.
pub(super) const EXPIRY_MS: i64 = 30_000;
/// A dead process's row is deleted after this time.
const RETENTION_MS: i64 = 60 * 60 * 1_000;

impl Store {
    /// Writes heartbeats until the future is dropped.
    pub(super) async fn run_heartbeat(&self) {
        loop {
            if let Err(error) = with_timeout(self.heartbeat()).await {
                tracing::warn!(
                    error = error_chain(&error),
                    "could not write this process's heartbeat, retrying"
                );
            }
            tokio::time::sleep(HEARTBEAT_PERIOD).await;
        }
    }

    async fn heartbeat(&self) -> Result<(), Error> {
        self.write_heartbeat().await?;
        self.restore_own_key().await?;
        let now = self.backend.now_ms_sql();
        let sql = format!(
            "DELETE FROM processes WHERE id IN \
             (SELECT id FROM processes WHERE seen_at < {now} - $1 LIMIT $2)"
        );
        let delete = sqlx::query(AssertSqlSafe(sql)).bind(RETENTION_MS);
        delete
            .bind(i64::from(super::SWEEP_BATCH))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    pub(super) async fn write_heartbeat(&self) -> Result<(), Error> {
        sqlx::query(AssertSqlSafe(self.heartbeat_sql()))
            .bind(&self.process_id)
            .bind(self.cipher.newest_id())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// $1 is the process ID, $2 the ID of the key that it encrypts with.
    pub(super) fn heartbeat_sql(&self) -> String {
        let now = self.backend.now_ms_sql();
        format!(
            "INSERT INTO processes (id, key_id, seen_at) VALUES ($1, $2, {now}) \
             ON CONFLICT (id) DO UPDATE SET key_id = excluded.key_id, seen_at = excluded.seen_at"
        )
    }

    /// Deletes this process's row at shutdown.
    pub(super) async fn delete_heartbeat(&self) {
        let delete = sqlx::query("DELETE FROM processes WHERE id = $1").bind(&self.process_id);
        let deleted = with_timeout(async { Ok(delete.execute(&self.write).await?) }).await;
        if let Err(error) = deleted {
            tracing::debug!(%error, "could not delete the process's row, it expires");
        }
    }
}
