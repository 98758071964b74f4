//! The audit log of operators' actions. Rows are inserted and read; triggers reject updates and
//! deletes.

use super::{Error, Store};
use crate::model::ReferenceId;

/// The maximum number of listed entries.
const MAX_ENTRIES: i64 = 200;

/// An operator's action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// Search for a person.
    Search,
    /// Fetch an inquiry from Persona.
    SyncInquiry,
    /// Apply a parked event again.
    Replay,
    /// Apply all parked events again.
    ReplayAll,
}

impl AuditAction {
    /// The name in the table.
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

/// An entry to insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit<'a> {
    /// The operator.
    pub operator: &'a ReferenceId,
    /// The action.
    pub action: AuditAction,
    /// The subject: the ID of an inquiry, an event or a user.
    pub subject: &'a str,
    /// The user concerned, if known.
    pub user_id: Option<&'a ReferenceId>,
}

/// A stored entry. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// When the action was recorded.
    pub at: i64,
    /// The operator's user ID.
    pub operator_id: String,
    /// The action.
    pub action: String,
    /// The subject.
    pub subject: String,
    /// The user concerned.
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
    /// Records an action before it is executed.
    ///
    /// # Errors
    /// See [`Error`]. After an error the action must not be executed.
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

    /// Lists the newest actions of all operators, newest first.
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

    /// Lists the newest actions that concern a user, newest first.
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
