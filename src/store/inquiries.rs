//! The inquiries table: the local copy of each inquiry and the source of its status.
//!
//! Only a [`SyncTransaction`] writes an inquiry's status, together with the resulting change;
//! `reconcile` writes when it was last asked about.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, FromRow, any::AnyRow};

use super::{
    Error, Store, SyncTransaction,
    inquiry_sync::{Draft, MAX_ROWS_PER_STATEMENT},
    lookup::Row,
    value::Value,
};
use crate::model::{EventId, InquiryId, InquiryStatus, ReferenceId};

/// A row of the inquiries table. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryRow {
    /// The inquiry's ID.
    pub id: InquiryId,
    /// The owner.
    pub user_id: ReferenceId,
    /// The status.
    pub status: InquiryStatus,
    /// The timestamp, at Persona, of the update that set the status.
    pub status_at: Option<i64>,
    /// The event that set the status; `None` if a response did.
    pub status_event_id: Option<EventId>,
    /// The template version that the inquiry is pinned to.
    pub template_version_id: Option<String>,
    /// When the inquiry was created.
    pub created_at: Option<i64>,
    /// When the inquiry last changed at Persona.
    pub updated_at: Option<i64>,
    /// When the inquiry expires.
    pub expires_at: Option<i64>,
    /// When the person completed the flow.
    pub completed_at: Option<i64>,
    /// When the person exhausted the permitted attempts.
    pub failed_at: Option<i64>,
    /// When the inquiry was approved or declined.
    pub decided_at: Option<i64>,
    /// When the inquiry expired.
    pub expired_at: Option<i64>,
    /// When the inquiry was redacted at Persona.
    pub redacted_at: Option<i64>,
}

const COLUMNS: &str = "id, user_id, status, status_at, status_event_id, template_version_id, \
     created_at, updated_at, expires_at, completed_at, failed_at, decided_at, expired_at, \
     redacted_at";

impl InquiryRow {
    /// Reads the [`COLUMNS`].
    fn read(row: &Row<'_>) -> Result<Self, Error> {
        let unreadable = |problem| Error::Inconsistent {
            table: "inquiries",
            problem,
        };
        Ok(Self {
            id: InquiryId::parse(row.text(0)?).map_err(|_| unreadable("not an inquiry ID"))?,
            user_id: ReferenceId::parse(row.text(1)?)
                .map_err(|_| unreadable("not a reference ID"))?,
            status: row.text(2)?.into(),
            status_at: row.optional_integer(3)?,
            status_event_id: row
                .optional_text(4)?
                .map(EventId::parse)
                .transpose()
                .map_err(|_| unreadable("not an event ID"))?,
            template_version_id: row.optional_text(5)?,
            created_at: row.optional_integer(6)?,
            updated_at: row.optional_integer(7)?,
            expires_at: row.optional_integer(8)?,
            completed_at: row.optional_integer(9)?,
            failed_at: row.optional_integer(10)?,
            decided_at: row.optional_integer(11)?,
            expired_at: row.optional_integer(12)?,
            redacted_at: row.optional_integer(13)?,
        })
    }
}

impl FromRow<'_, AnyRow> for InquiryRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Self::read(&Row::Pooled(row)).map_err(|error| match error {
            Error::Driver(error) => error,
            error => sqlx::Error::Decode(Box::new(error)),
        })
    }
}

impl Store {
    /// Finds an inquiry.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_inquiry(&self, id: &InquiryId) -> Result<Option<InquiryRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM inquiries WHERE id = $1");
        self.look_up(&sql, &[Value::Text(id.as_str())], |row| {
            InquiryRow::read(row)
        })
        .await
    }

    /// Whether the local copy of any of these inquiries belongs to another user.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn has_other_owner(
        &self,
        ids: &[&InquiryId],
        user: &ReferenceId,
    ) -> Result<bool, Error> {
        for ids in ids.chunks(MAX_ROWS_PER_STATEMENT) {
            let mut placeholders = self.placeholders();
            let sql = format!(
                "SELECT id FROM inquiries WHERE user_id <> {} AND id IN {} LIMIT 1",
                placeholders.one(),
                placeholders.list(ids.len())
            );
            let values: Vec<_> = std::iter::once(user.as_str())
                .chain(ids.iter().map(|id| id.as_str()))
                .map(Value::Text)
                .collect();
            if self.look_up(&sql, &values, |_| Ok(())).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl SyncTransaction {
    /// Loads inquiries into the transaction. Lock their users first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn load_inquiries(&mut self, ids: &BTreeSet<InquiryId>) -> Result<(), Error> {
        let ids: Vec<&InquiryId> = ids.iter().collect();
        for ids in ids.chunks(MAX_ROWS_PER_STATEMENT) {
            let sql = format!(
                "SELECT {COLUMNS} FROM inquiries WHERE id IN {}",
                self.store.placeholders().list(ids.len())
            );
            let mut query = sqlx::query_as(AssertSqlSafe(sql));
            for id in ids {
                query = query.bind(id.as_str());
            }
            let rows: Vec<InquiryRow> = query.fetch_all(self.connection()).await?;
            for id in ids {
                let row = rows.iter().find(|row| row.id == **id);
                self.cache((*id).clone(), row.cloned());
            }
        }
        Ok(())
    }

    /// Finds an inquiry in its state within this transaction.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_inquiry(&mut self, id: &InquiryId) -> Result<Option<InquiryRow>, Error> {
        if let Some(draft) = self.inquiries.get(id) {
            return Ok(draft.row.clone());
        }
        let sql = format!("SELECT {COLUMNS} FROM inquiries WHERE id = $1");
        let row = sqlx::query_as(AssertSqlSafe(sql)).bind(id.as_str());
        let row: Option<InquiryRow> = row.fetch_optional(self.connection()).await?;
        if row.is_some() {
            self.cache(id.clone(), row.clone());
        }
        Ok(row)
    }

    /// Caches a row, unless its user is not locked: then another transaction may change it.
    fn cache(&mut self, id: InquiryId, row: Option<InquiryRow>) {
        if let Some(row) = &row {
            if row.redacted_at.is_some() {
                self.redacted.insert(id.clone());
            }
            if !self.locked.contains(&row.user_id) {
                return;
            }
        }
        self.inquiries.entry(id).or_insert(Draft {
            row,
            is_dirty: false,
            was_fetched: false,
        });
    }

    /// Queues an inquiry's row: the commit inserts or updates it. `was_fetched` says that the values come from
    /// a response of Persona's API.
    pub fn queue_upsert(&mut self, row: InquiryRow, was_fetched: bool) {
        let id = row.id.clone();
        if row.redacted_at.is_some() {
            self.redacted.insert(id.clone());
        }
        let was_fetched = was_fetched || self.inquiries.get(&id).is_some_and(|it| it.was_fetched);
        let draft = Draft {
            row: Some(row),
            is_dirty: true,
            was_fetched,
        };
        self.inquiries.insert(id, draft);
    }

    pub(super) async fn write_inquiries(&mut self) -> Result<(), Error> {
        let now = self.now_ms();
        let drafts = std::mem::take(&mut self.inquiries).into_values();
        let rows: Vec<(InquiryRow, bool)> = drafts
            .filter(|draft| draft.is_dirty)
            .filter_map(|draft| Some((draft.row?, draft.was_fetched)))
            .collect();
        for rows in rows.chunks(MAX_ROWS_PER_STATEMENT) {
            let sql = format!(
                "{UPSERT_HEAD} {} {UPSERT_TAIL}",
                self.store.placeholders().rows(rows.len(), 16)
            );
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (row, was_fetched) in rows {
                query = query
                    .bind(row.id.as_str())
                    .bind(row.user_id.as_str())
                    .bind(row.status.as_str())
                    .bind(row.status_at)
                    .bind(row.status_event_id.as_ref().map(EventId::as_str))
                    .bind(&row.template_version_id)
                    .bind(row.created_at)
                    .bind(row.updated_at)
                    .bind(row.expires_at)
                    .bind(row.completed_at)
                    .bind(row.failed_at)
                    .bind(row.decided_at)
                    .bind(row.expired_at)
                    .bind(row.redacted_at)
                    .bind(now)
                    .bind(was_fetched.then_some(now));
            }
            query.execute(self.connection()).await?;
        }
        Ok(())
    }
}

const UPSERT_HEAD: &str = "INSERT INTO inquiries (id, user_id, status, status_at, \
     status_event_id, template_version_id, created_at, updated_at, expires_at, completed_at, \
     failed_at, decided_at, expired_at, redacted_at, seen_at, asked_at) VALUES";
const UPSERT_TAIL: &str = "ON CONFLICT (id) DO UPDATE SET status = excluded.status, \
     status_at = excluded.status_at, status_event_id = excluded.status_event_id, \
     template_version_id = excluded.template_version_id, created_at = excluded.created_at, \
     updated_at = excluded.updated_at, expires_at = excluded.expires_at, \
     completed_at = excluded.completed_at, failed_at = excluded.failed_at, \
     decided_at = excluded.decided_at, expired_at = excluded.expired_at, \
     redacted_at = excluded.redacted_at, seen_at = excluded.seen_at, \
     asked_at = COALESCE(excluded.asked_at, inquiries.asked_at) \
     WHERE inquiries.user_id = excluded.user_id";
