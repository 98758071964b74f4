//! The inquiries table: the local copy of each inquiry and the source of its status.
//!
//! Only a [`SyncTransaction`] writes an inquiry's status, together with the resulting change;
//! `reconcile` writes when it was last asked about.

use std::collections::{BTreeSet, HashMap};

use super::{Error, Store, SyncTransaction, inquiry_sync::Draft, lookup::Row, value::Value};
use crate::model::{EventId, InquiryId, InquiryStatus, ReferenceId};

/// The maximum number of IDs that one lookup compares.
const MAX_IDS_PER_LOOKUP: usize = 50;

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
        for ids in ids.chunks(MAX_IDS_PER_LOOKUP) {
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
        let keys: Vec<&str> = ids.iter().map(InquiryId::as_str).collect();
        let select = format!("SELECT {COLUMNS} FROM inquiries WHERE id IN");
        let rows = self
            .connection
            .fetch_by_keys(&select, &keys, "", InquiryRow::read)
            .await?;
        let mut rows: HashMap<InquiryId, InquiryRow> =
            rows.into_iter().map(|row| (row.id.clone(), row)).collect();
        for id in ids {
            self.cache(id.clone(), rows.remove(id));
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
        let values = [Value::Text(id.as_str())];
        let rows = self
            .connection
            .fetch(&sql, &values, InquiryRow::read)
            .await?;
        let row = rows.into_iter().next();
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
        let rows: Vec<_> = rows
            .iter()
            .map(|(row, was_fetched)| {
                [
                    Value::Text(row.id.as_str()),
                    Value::Text(row.user_id.as_str()),
                    Value::Text(row.status.as_str()),
                    Value::OptionalInteger(row.status_at),
                    Value::OptionalText(row.status_event_id.as_ref().map(EventId::as_str)),
                    Value::OptionalText(row.template_version_id.as_deref()),
                    Value::OptionalInteger(row.created_at),
                    Value::OptionalInteger(row.updated_at),
                    Value::OptionalInteger(row.expires_at),
                    Value::OptionalInteger(row.completed_at),
                    Value::OptionalInteger(row.failed_at),
                    Value::OptionalInteger(row.decided_at),
                    Value::OptionalInteger(row.expired_at),
                    Value::OptionalInteger(row.redacted_at),
                    Value::Integer(now),
                    Value::OptionalInteger(was_fetched.then_some(now)),
                ]
            })
            .collect();
        self.connection
            .insert(UPSERT_HEAD, &rows, UPSERT_TAIL, |_| Ok(()))
            .await?;
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
