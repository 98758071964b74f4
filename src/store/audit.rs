//! The audit: what operators did. Rows are added and read, and the database itself refuses all else.

use super::{Error, Store};
use crate::model::ReferenceId;

/// How many entries a list shows at most.
const MAX_ENTRIES: i64 = 200;

/// What an operator can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// Look for a person.
    Search,
    /// Ask Persona about an inquiry.
    SyncInquiry,
    /// Let a parked event be tried again.
    Replay,
    /// Let all parked events be tried again.
    ReplayAll,
}

impl AuditAction {
    /// As the table has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::SyncInquiry => "refresh",
            Self::Replay => "replay",
            Self::ReplayAll => "replay all",
        }
    }
}

/// An entry to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit<'a> {
    /// Who did it.
    pub operator: &'a ReferenceId,
    /// What was done.
    pub action: AuditAction,
    /// What it was done to: the ID of an inquiry, an event or a user.
    pub subject: &'a str,
    /// Whom it concerns, if that is known.
    pub user_id: Option<&'a ReferenceId>,
}

/// An entry as it was written. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at: i64,
    /// The operator's user ID.
    pub operator_id: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// Whom it concerns.
    pub user_id: Option<String>,
}

type Columns = (i64, String, String, String, Option<String>);

fn audit_row((at, operator_id, action, subject, user_id): Columns) -> AuditRow {
    AuditRow {
        at,
        operator_id,
        action,
        subject,
        user_id,
    }
}

impl Store {
    /// Writes down what an operator is about to do.
    ///
    /// # Errors
    /// See [`Error`]. Then it must not be done.
    pub async fn add_audit(&self, entry: &NewAudit<'_>) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO audit (at, operator_id, action, subject, user_id) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(self.clock.now_ms())
        .bind(entry.operator.as_str())
        .bind(entry.action.name())
        .bind(entry.subject)
        .bind(entry.user_id.map(ReferenceId::as_str))
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// What operators did last, the newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_audit(&self) -> Result<Vec<AuditRow>, Error> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT at, operator_id, action, subject, user_id FROM audit \
             ORDER BY number DESC LIMIT $1",
        )
        .bind(MAX_ENTRIES)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(audit_row).collect())
    }

    /// What operators did last about a user, the newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_user_audit(&self, user_id: &ReferenceId) -> Result<Vec<AuditRow>, Error> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT at, operator_id, action, subject, user_id FROM audit \
             WHERE user_id = $1 ORDER BY at DESC, number DESC LIMIT $2",
        )
        .bind(user_id.as_str())
        .bind(MAX_ENTRIES)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().map(audit_row).collect())
    }
}
