//! What operators read of one person beside activity and events. Reads only; the profile stays sealed.

use super::{Error, Store};
use crate::model::ReferenceId;

/// How many entries of each kind are read at most, the newest.
const MAX_CHANGES: i64 = 200;

/// A change of an inquiry's status. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChangeRow {
    /// Of which inquiry.
    pub inquiry_id: String,
    /// The status that it led to.
    pub status: String,
    /// When it happened, at Persona.
    pub happened_at: i64,
    /// When it was noticed, here.
    pub noticed_at: i64,
    /// How we know: `click`, `event`, `reconciler` or `operator`.
    pub source: String,
    /// The event that told it.
    pub event_id: Option<String>,
}

impl Store {
    /// Since when there is such a user; `None` if there is none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn user_created_at(&self, id: &ReferenceId) -> Result<Option<i64>, Error> {
        let row: Option<(i64,)> = sqlx::query_as("SELECT created_at FROM users WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|(since,)| since))
    }

    /// The changes of all of the user's inquiries, the newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_user_changes(
        &self,
        user_id: &ReferenceId,
    ) -> Result<Vec<UserChangeRow>, Error> {
        type Columns = (String, String, i64, i64, String, Option<String>);
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT inquiry_id, status, happened_at, noticed_at, source, event_id FROM changes \
             WHERE user_id = $1 ORDER BY number DESC LIMIT $2",
        )
        .bind(user_id.as_str())
        .bind(MAX_CHANGES)
        .fetch_all(&self.read)
        .await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(
                |(inquiry_id, status, happened_at, noticed_at, source, event_id)| UserChangeRow {
                    inquiry_id,
                    status,
                    happened_at,
                    noticed_at,
                    source,
                    event_id,
                },
            )
            .collect())
    }
}
