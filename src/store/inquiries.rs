//! The inquiries table: a copy of what Persona said last.

use super::{Error, Store};
use crate::model::{InquiryId, InquiryStatus, ReferenceId};

/// What is kept of an inquiry. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryRow {
    /// Its ID.
    pub id: InquiryId,
    /// Whose it is.
    pub user_id: ReferenceId,
    /// Where it stands.
    pub status: InquiryStatus,
    /// The template version it is pinned to.
    pub template_version_id: Option<String>,
    /// When Persona made it.
    pub created_at: Option<i64>,
    /// When it last changed at Persona.
    pub updated_at: Option<i64>,
    /// When its time runs out.
    pub expires_at: Option<i64>,
}

impl Store {
    /// Keeps what Persona said, unless the same is kept already.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn keep_inquiry(&self, row: &InquiryRow) -> Result<(), Error> {
        let kept: Option<(String, Option<i64>)> =
            sqlx::query_as("SELECT status, updated_at FROM inquiries WHERE id = $1")
                .bind(row.id.as_str())
                .fetch_optional(&self.read)
                .await?;
        if kept.is_some_and(|(status, updated_at)| {
            status == row.status.as_str() && updated_at == row.updated_at
        }) {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO inquiries (id, user_id, status, template_version_id, created_at, \
             updated_at, expires_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (id) DO UPDATE SET status = excluded.status, \
             template_version_id = excluded.template_version_id, \
             updated_at = excluded.updated_at, expires_at = excluded.expires_at, \
             seen_at = excluded.seen_at \
             WHERE inquiries.updated_at IS NULL OR excluded.updated_at IS NULL \
             OR inquiries.updated_at <= excluded.updated_at",
        )
        .bind(row.id.as_str())
        .bind(row.user_id.as_str())
        .bind(row.status.as_str())
        .bind(&row.template_version_id)
        .bind(row.created_at)
        .bind(row.updated_at)
        .bind(row.expires_at)
        .bind(self.clock.now_ms())
        .execute(&self.write)
        .await?;
        Ok(())
    }
}
