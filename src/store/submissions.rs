//! Submission hints: the person's browser reported that it submitted an inquiry.
//!
//! A hint says that Persona may know more than the local copy. It is no status, so it is written
//! beside the updates that a [`SyncTransaction`](super::SyncTransaction) applies.

use super::{Error, Store, value::Value};
use crate::model::{InquiryId, ReferenceId};

/// An inquiry with a submission hint whose outcome the local copy does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionHint {
    /// The inquiry.
    pub inquiry_id: InquiryId,
    /// When the hint was recorded, in milliseconds since 1970.
    pub at: i64,
}

impl Store {
    /// Records a submission hint; `false` if the user has no such inquiry.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn record_submission_hint(
        &self,
        user_id: &ReferenceId,
        id: &InquiryId,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE inquiries SET submission_hint_at = $1 WHERE id = $2 AND user_id = $3",
        )
        .bind(self.clock.now_ms())
        .bind(id.as_str())
        .bind(user_id.as_str())
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes an inquiry's submission hint, because Persona contradicted it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn clear_submission_hint(&self, id: &InquiryId) -> Result<(), Error> {
        sqlx::query("UPDATE inquiries SET submission_hint_at = NULL WHERE id = $1")
            .bind(id.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Finds the user's newest submission hint since `since`, unless the inquiry has been decided or
    /// has ended without a decision.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_submission_hint(
        &self,
        user_id: &ReferenceId,
        since: i64,
    ) -> Result<Option<SubmissionHint>, Error> {
        self.look_up(
            "SELECT id, submission_hint_at FROM inquiries \
             WHERE user_id = $1 AND submission_hint_at >= $2 AND redacted_at IS NULL \
               AND status NOT IN ('approved', 'declined', 'failed', 'expired') \
             ORDER BY submission_hint_at DESC LIMIT 1",
            &[Value::Text(user_id.as_str()), Value::Integer(since)],
            |row| {
                Ok(SubmissionHint {
                    inquiry_id: parse_id(row.text(0)?)?,
                    at: row.integer(1)?,
                })
            },
        )
        .await
    }

    /// Finds the user's newest unfinished inquiry, as far as the local copy knows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_unfinished_inquiry(
        &self,
        user_id: &ReferenceId,
    ) -> Result<Option<InquiryId>, Error> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT id FROM inquiries \
             WHERE user_id = $1 AND status IN ('created', 'pending') AND redacted_at IS NULL \
             ORDER BY COALESCE(created_at, seen_at) DESC, id DESC LIMIT 1",
        )
        .bind(user_id.as_str())
        .fetch_optional(&self.read)
        .await?;
        row.map(|(id,)| parse_id(id)).transpose()
    }
}

fn parse_id(id: String) -> Result<InquiryId, Error> {
    InquiryId::parse(id).map_err(|_| Error::Inconsistent {
        table: "inquiries",
        problem: "its ID is not an inquiry ID",
    })
}
