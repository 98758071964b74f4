//! Corrections of a user's name and birthdate, and the inquiries that were prefilled before them.

use super::{Error, Store, SyncTransaction, UserRow, lookup::Row, value::Value};
use crate::model::{InquiryId, InquiryStatus, ReferenceId};

/// The statuses of a user's inquiries, each with the time of its submission hint.
const STATUSES: &str = "SELECT status, submission_hint_at FROM inquiries \
    WHERE user_id = $1 AND redacted_at IS NULL";

/// An inquiry's status, and the time of its submission hint.
pub type HintedStatus = (InquiryStatus, Option<i64>);

/// Reads a row of [`STATUSES`].
fn read_status(row: &Row<'_>) -> Result<HintedStatus, Error> {
    Ok((row.text(0)?.into(), row.optional_integer(1)?))
}

impl Store {
    /// The statuses of the user's inquiries, as a page shows them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_statuses(&self, user_id: &ReferenceId) -> Result<Vec<HintedStatus>, Error> {
        let query = sqlx::query(STATUSES).bind(user_id.as_str());
        let rows = query.fetch_all(&self.read).await?;
        rows.iter()
            .map(|row| read_status(&Row::Pooled(row)))
            .collect()
    }
}

impl SyncTransaction {
    /// The statuses of the user's inquiries. Lock the user first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_statuses(
        &mut self,
        user_id: &ReferenceId,
    ) -> Result<Vec<HintedStatus>, Error> {
        let values = [Value::Text(user_id.as_str())];
        self.connection.fetch(STATUSES, &values, read_status).await
    }

    /// Replaces a user's profile and increments its version; `false` if the stored version is not
    /// `user.profile_version`. Lock the user first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replace_profile(&mut self, user: &UserRow) -> Result<bool, Error> {
        let sealed = self.store.seal_profile(user)?;
        let update = "UPDATE users SET profile = $1, profile_version = profile_version + 1 \
             WHERE id = $2 AND profile_version = $3";
        let values = [
            Value::Bytes(&sealed),
            Value::Text(user.id.as_str()),
            Value::Integer(user.profile_version),
        ];
        let changed = self.connection.execute(update, &values).await?;
        // The profile is sealed with the newest key now, so the rotation of keys skips it.
        if let Some(email) = &user.email {
            self.index_email(&user.id, email).await?;
        }
        Ok(changed == 1)
    }
}

impl Store {
    /// The version of the profile that the inquiry's fields contain; 0 if it is not known here.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prefill_version(&self, id: &InquiryId) -> Result<i64, Error> {
        let sql = "SELECT prefill_version FROM inquiries WHERE id = $1";
        let values = [Value::Text(id.as_str())];
        let version = self.look_up(sql, &values, |row| row.integer(0)).await?;
        Ok(version.unwrap_or(0))
    }

    /// Records that the inquiry's fields contain this version of the profile. If the profile has
    /// another version by now, the fields count as outdated: two updates may have crossed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set_prefill_version(&self, id: &InquiryId, version: i64) -> Result<(), Error> {
        sqlx::query(
            "UPDATE inquiries SET prefill_version = \
             CASE WHEN EXISTS (SELECT 1 FROM users u \
               WHERE u.id = inquiries.user_id AND u.profile_version = $1) \
             THEN $1 ELSE 0 END WHERE id = $2",
        )
        .bind(version)
        .bind(id.as_str())
        .execute(&self.write)
        .await?;
        Ok(())
    }
}
