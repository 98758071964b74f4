//! One transaction over inquiries, their changes and events: what belongs together is kept together
//! or not at all.
//!
//! Who writes anything of a user's inquiries locks the user first ([`SyncTransaction::lock_user`]).
//! That puts the writers of one user in a row, so that none decides by what another is changing, and
//! a user's changes are numbered in the order in which they become visible. A transaction that locks
//! several users locks them in the order of their IDs, so that no two wait for each other.
//!
//! A transaction may be about many inquiries, and about each more than once: what is locked is read
//! once, and what is to be written is written at the end, in few statements.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{
    Backend, ChangeNotice, Error, InquiryRow, Store, placeholders, transaction::Transaction,
};
use crate::model::{EventId, InquiryId, InquiryStatus, ReferenceId};

/// How many rows one statement reads or writes at most.
pub(super) const MAX_ROWS_PER_STATEMENT: usize = 50;

/// An open transaction. Dropped without a commit, nothing of it has happened.
#[derive(Debug)]
pub struct SyncTransaction {
    transaction: Transaction,
    pub(super) store: Store,
    /// Whose inquiries nobody else changes meanwhile.
    pub(super) locked: BTreeSet<ReferenceId>,
    /// Inquiries of theirs, as they are or will be.
    pub(super) inquiries: BTreeMap<InquiryId, Draft>,
    changes: Vec<NewChange>,
    /// Inquiries that were seen to be redacted.
    pub(super) redacted: BTreeSet<InquiryId>,
}

/// An inquiry within a transaction.
#[derive(Debug)]
pub(super) struct Draft {
    /// `None` if there is none.
    pub(super) row: Option<InquiryRow>,
    /// Whether it is to be written.
    pub(super) is_dirty: bool,
    /// Whether Persona was asked for it.
    pub(super) was_fetched: bool,
}

/// A change of an inquiry's status, as it is noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange {
    /// Of which inquiry.
    pub inquiry_id: InquiryId,
    /// Whose it is.
    pub user_id: ReferenceId,
    /// Where it stands now.
    pub status: InquiryStatus,
    /// When it changed at Persona, in milliseconds since 1970.
    pub happened_at: i64,
    /// Who said so: `click`, `event`, `reconciler` or `operator`.
    pub source: &'static str,
    /// The event that said so.
    pub event_id: Option<EventId>,
}

impl Store {
    /// Begins a transaction over inquiries, changes and events.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin_sync(&self) -> Result<SyncTransaction, Error> {
        // SQLite: a transaction that reads first and writes later would find itself outrun.
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            Backend::Postgres => "BEGIN",
        };
        Ok(SyncTransaction {
            transaction: Transaction::begin(&self.write, begin).await?,
            store: self.clone(),
            locked: BTreeSet::new(),
            inquiries: BTreeMap::new(),
            changes: Vec::new(),
            redacted: BTreeSet::new(),
        })
    }
}

impl SyncTransaction {
    /// Ends it, and nothing of it has happened. Cheaper than to drop it, which closes the
    /// connection.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rollback(self) -> Result<(), Error> {
        Ok(self.transaction.rollback().await?)
    }

    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.store.clock.now_ms()
    }

    /// Waits for its turn to write what is the user's; `false` if there is no such user.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn lock_user(&mut self, id: &ReferenceId) -> Result<bool, Error> {
        if !self.locked.contains(id) {
            self.lock_users(&BTreeSet::from([id.clone()])).await?;
        }
        Ok(self.locked.contains(id))
    }

    /// Waits for its turn to write what is these users'. Those that are not there are left out.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn lock_users(&mut self, ids: &BTreeSet<ReferenceId>) -> Result<(), Error> {
        // In the order in which they are cut into chunks, whatever the database's language.
        let order = match self.store.backend {
            // The whole database is locked already.
            Backend::Sqlite => "",
            Backend::Postgres => "ORDER BY id COLLATE \"C\" FOR NO KEY UPDATE",
        };
        let ids: Vec<&ReferenceId> = ids.iter().collect();
        for ids in ids.chunks(MAX_ROWS_PER_STATEMENT) {
            let sql = format!(
                "SELECT id FROM users WHERE id IN {} {order}",
                placeholders(1, ids.len())
            );
            let mut query = sqlx::query_as(AssertSqlSafe(sql));
            for id in ids {
                query = query.bind(id.as_str());
            }
            let found: Vec<(String,)> = query.fetch_all(self.connection()).await?;
            let is_found = |id: &&&ReferenceId| found.iter().any(|(it,)| it == id.as_str());
            self.locked
                .extend(ids.iter().filter(is_found).map(|id| (*id).clone()));
        }
        Ok(())
    }

    /// Writes down that a status has changed.
    pub fn add_change(&mut self, change: NewChange) {
        self.changes.push(change);
    }

    async fn write_changes(&mut self, changes: &[NewChange]) -> Result<(), Error> {
        let now = self.now_ms();
        for changes in changes.chunks(MAX_ROWS_PER_STATEMENT) {
            let sql = format!(
                "INSERT INTO changes (inquiry_id, user_id, status, happened_at, noticed_at, \
                 source, event_id) VALUES {}",
                placeholders(changes.len(), 7)
            );
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for change in changes {
                query = query
                    .bind(change.inquiry_id.as_str())
                    .bind(change.user_id.as_str())
                    .bind(change.status.as_str())
                    .bind(change.happened_at)
                    .bind(now)
                    .bind(change.source)
                    .bind(change.event_id.as_ref().map(EventId::as_str));
            }
            query.execute(self.connection()).await?;
        }
        Ok(())
    }

    /// Makes it all true at once, and wakes those who follow the users whose inquiries changed.
    /// Of an inquiry that is redacted, what its settled events said is erased.
    ///
    /// # Errors
    /// See [`Error`]. Then it may or may not have become true.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.write_inquiries().await?;
        let changes = std::mem::take(&mut self.changes);
        self.write_changes(&changes).await?;
        for inquiry in std::mem::take(&mut self.redacted) {
            self.erase_event_bodies(&inquiry).await?;
        }
        let changed: BTreeSet<_> = changes.into_iter().map(|it| it.user_id).collect();
        if self.store.backend == Backend::Postgres {
            for user in &changed {
                sqlx::query("SELECT pg_notify('inquiry_changes', $1)")
                    .bind(user.as_str())
                    .execute(self.connection())
                    .await?;
            }
        }
        let Self {
            transaction, store, ..
        } = self;
        transaction.commit().await?;
        if store.backend == Backend::Sqlite {
            for user in changed {
                store.notify(ChangeNotice::User(user));
            }
        }
        Ok(())
    }
}
