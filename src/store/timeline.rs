//! A person's status changes, for operators. Reads only; the profile stays encrypted.

use super::{Error, Store};
use crate::model::ReferenceId;

/// The maximum number of changes, the newest.
const MAX_CHANGES: i64 = 200;

/// A change of an inquiry's status. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChangeRow {
    /// The inquiry.
    pub inquiry_id: String,
    /// The new status.
    pub status: String,
    /// When the status changed at Persona.
    pub happened_at: i64,
    /// When the change was recorded.
    pub noticed_at: i64,
    /// The source of the update: `click`, `page`, `event`, `reconciler` or `operator`.
    pub source: String,
    /// The event, if the source is one.
    pub event_id: Option<String>,
}

impl Store {
    /// Finds when the user was created; `None` if there is no such user.
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

    /// Lists the changes of all of the user's inquiries, newest first.
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
