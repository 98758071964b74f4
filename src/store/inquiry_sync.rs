//! A transaction that writes inquiries, their changes and events atomically.
//!
//! Every transaction that writes a user's inquiries takes that user's row lock first
//! ([`SyncTransaction::lock_user`]), which serialises writers per user: no writer decides on stale
//! data, and a user's changes are numbered in the order in which they become visible. A transaction
//! that locks several users locks them in ID order, which prevents deadlocks.
//!
//! A transaction may update many inquiries, each more than once. It reads each locked inquiry once
//! and writes all of them at commit, in few statements.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    Backend, ChangeNotice, Error, InquiryRow, Store, local_writer::LocalTransaction,
    sync_connection::SyncConnection, transaction::Transaction, value::Value,
};
use crate::model::{EventId, InquiryId, InquiryStatus, ReferenceId};

/// An open transaction. Dropping it without a commit rolls it back.
#[derive(Debug)]
pub struct SyncTransaction {
    pub(super) connection: SyncConnection,
    pub(super) store: Store,
    /// Users whose row this transaction has locked.
    pub(super) locked: BTreeSet<ReferenceId>,
    /// The locked users' inquiries, in their state within this transaction.
    pub(super) inquiries: BTreeMap<InquiryId, Draft>,
    changes: Vec<NewChange>,
    /// Inquiries that Persona has redacted.
    pub(super) redacted: BTreeSet<InquiryId>,
}

/// An inquiry in its state within a transaction.
#[derive(Debug)]
pub(super) struct Draft {
    /// `None` if the inquiry is unknown.
    pub(super) row: Option<InquiryRow>,
    /// Whether the commit writes the row.
    pub(super) is_dirty: bool,
    /// Whether this transaction applies a response of Persona's API.
    pub(super) was_fetched: bool,
}

/// A status change to be inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange {
    /// The inquiry.
    pub inquiry_id: InquiryId,
    /// The inquiry's owner.
    pub user_id: ReferenceId,
    /// The new status.
    pub status: InquiryStatus,
    /// When the status changed at Persona, in milliseconds since 1970.
    pub happened_at: i64,
    /// The source of the update: `click`, `page`, `event`, `reconciler` or `operator`.
    pub source: &'static str,
    /// The event, if the source is one.
    pub event_id: Option<EventId>,
}

impl Store {
    /// Begins a transaction over inquiries, changes and events.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin_sync(&self) -> Result<SyncTransaction, Error> {
        let connection = match (&self.local, self.backend) {
            (Some(local), _) => {
                let turn = self.write.acquire().await?;
                let transaction = LocalTransaction::begin(local.writer.clone(), turn).await?;
                SyncConnection::Local(transaction)
            }
            (None, backend) => {
                let transaction = Transaction::begin(&self.write, "BEGIN").await?;
                SyncConnection::Pooled(backend, transaction)
            }
        };
        Ok(SyncTransaction {
            connection,
            store: self.clone(),
            locked: BTreeSet::new(),
            inquiries: BTreeMap::new(),
            changes: Vec::new(),
            redacted: BTreeSet::new(),
        })
    }
}

impl SyncTransaction {
    /// Rolls back. This is cheaper than dropping the transaction, which closes the connection.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rollback(self) -> Result<(), Error> {
        self.connection.rollback().await
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.store.clock.now_ms()
    }

    /// Locks a user's row; `false` if there is no such user.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn lock_user(&mut self, id: &ReferenceId) -> Result<bool, Error> {
        if !self.locked.contains(id) {
            self.lock_users(&BTreeSet::from([id.clone()])).await?;
        }
        Ok(self.locked.contains(id))
    }

    /// Locks the rows of these users. Unknown IDs are skipped.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn lock_users(&mut self, ids: &BTreeSet<ReferenceId>) -> Result<(), Error> {
        // `COLLATE "C"` matches the order of the chunks, whatever the database's locale.
        let order = match self.store.backend {
            // SQLite locks the whole database.
            Backend::Sqlite => "",
            Backend::Postgres => "ORDER BY id COLLATE \"C\" FOR NO KEY UPDATE",
        };
        let keys: Vec<&str> = ids.iter().map(ReferenceId::as_str).collect();
        let select = "SELECT id FROM users WHERE id IN";
        let found = self
            .connection
            .fetch_by_keys(select, &keys, order, |row| row.text(0))
            .await?;
        let found: HashSet<&str> = found.iter().map(String::as_str).collect();
        let is_found = |id: &&ReferenceId| found.contains(id.as_str());
        self.locked.extend(ids.iter().filter(is_found).cloned());
        Ok(())
    }

    /// Adds a status change, which the commit inserts.
    pub fn add_change(&mut self, change: NewChange) {
        self.changes.push(change);
    }

    async fn write_changes(&mut self, changes: &[NewChange]) -> Result<(), Error> {
        let now = self.now_ms();
        let rows: Vec<_> = changes
            .iter()
            .map(|change| {
                [
                    Value::Text(change.inquiry_id.as_str()),
                    Value::Text(change.user_id.as_str()),
                    Value::Text(change.status.as_str()),
                    Value::Integer(change.happened_at),
                    Value::Integer(now),
                    Value::Text(change.source),
                    Value::OptionalText(change.event_id.as_ref().map(EventId::as_str)),
                ]
            })
            .collect();
        let insert = "INSERT INTO changes (inquiry_id, user_id, status, happened_at, noticed_at, \
             source, event_id) VALUES";
        self.connection
            .insert(insert, &rows, "", |_| Ok(()))
            .await?;
        Ok(())
    }

    /// Commits, and notifies the listeners of each user whose inquiries changed. Erases the bodies
    /// of settled events about redacted inquiries.
    ///
    /// # Errors
    /// See [`Error`]. After an error, the commit may or may not have taken effect.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.write_inquiries().await?;
        let changes = std::mem::take(&mut self.changes);
        self.write_changes(&changes).await?;
        for inquiry in std::mem::take(&mut self.redacted) {
            self.erase_event_bodies(&inquiry).await?;
        }
        let changed: BTreeSet<_> = changes.iter().map(|it| it.user_id.clone()).collect();
        if self.store.backend == Backend::Postgres {
            for user in &changed {
                self.connection
                    .execute(
                        "SELECT pg_notify('inquiry_changes', $1)",
                        &[Value::Text(user.as_str())],
                    )
                    .await?;
            }
        }
        let Self {
            connection, store, ..
        } = self;
        connection.commit().await?;
        for change in &changes {
            store.count_change(change);
        }
        if store.backend == Backend::Sqlite {
            for user in changed {
                store.notify(ChangeNotice::User(user));
            }
        }
        Ok(())
    }
}
