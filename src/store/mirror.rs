//! One transaction over inquiries, their changes and events: what belongs together is kept together
//! or not at all.
//!
//! Who writes anything of a user's inquiries locks the user first ([`MirrorTransaction::lock_user`]).
//! That puts the writers of one user in a row, so that none decides by what another is changing, and
//! a user's changes are numbered in the order in which they become visible. A transaction that locks
//! several users locks them in the order of their IDs, so that no two wait for each other.

use std::collections::BTreeSet;

use sqlx::{Any, AnyConnection, Transaction};

use super::{Backend, ChangeNotice, Error, Store};
use crate::model::{EventId, InquiryId, InquiryStatus, ReferenceId};

/// An open transaction. Dropped without a commit, nothing of it has happened.
#[derive(Debug)]
pub struct MirrorTransaction {
    transaction: Transaction<'static, Any>,
    pub(super) store: Store,
    /// Whose inquiries have changed.
    changed: BTreeSet<ReferenceId>,
    /// Inquiries that were seen to be redacted.
    pub(super) redacted: BTreeSet<InquiryId>,
}

/// A change of an inquiry's status, as it is noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange<'a> {
    /// Of which inquiry.
    pub inquiry_id: &'a InquiryId,
    /// Whose it is.
    pub user_id: &'a ReferenceId,
    /// Where it stands now.
    pub status: &'a InquiryStatus,
    /// When it changed at Persona, in milliseconds since 1970.
    pub happened_at: i64,
    /// Who said so: `click`, `event`, `reconciler` or `operator`.
    pub source: &'static str,
    /// The event that said so.
    pub event_id: Option<&'a EventId>,
}

impl Store {
    /// Begins a transaction over inquiries, changes and events.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin_mirror(&self) -> Result<MirrorTransaction, Error> {
        // SQLite: a transaction that reads first and writes later would find itself outrun.
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            Backend::Postgres => "BEGIN",
        };
        Ok(MirrorTransaction {
            transaction: self.write.begin_with(begin).await?,
            store: self.clone(),
            changed: BTreeSet::new(),
            redacted: BTreeSet::new(),
        })
    }
}

impl MirrorTransaction {
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
        let sql = match self.store.backend {
            // The whole database is locked already.
            Backend::Sqlite => "SELECT id FROM users WHERE id = $1",
            Backend::Postgres => "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE",
        };
        let row: Option<(String,)> = sqlx::query_as(sql)
            .bind(id.as_str())
            .fetch_optional(self.connection())
            .await?;
        Ok(row.is_some())
    }

    /// Writes down that a status has changed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add_change(&mut self, change: &NewChange<'_>) -> Result<(), Error> {
        let now = self.now_ms();
        sqlx::query(
            "INSERT INTO changes (inquiry_id, user_id, status, happened_at, noticed_at, source, \
             event_id) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(change.inquiry_id.as_str())
        .bind(change.user_id.as_str())
        .bind(change.status.as_str())
        .bind(change.happened_at)
        .bind(now)
        .bind(change.source)
        .bind(change.event_id.map(EventId::as_str))
        .execute(self.connection())
        .await?;
        self.changed.insert(change.user_id.clone());
        Ok(())
    }

    /// Makes it all true at once, and wakes those who follow the users whose inquiries changed.
    /// Of an inquiry that is redacted, what its settled events said is erased.
    ///
    /// # Errors
    /// See [`Error`]. Then it may or may not have become true.
    pub async fn commit(mut self) -> Result<(), Error> {
        for inquiry in std::mem::take(&mut self.redacted) {
            self.erase_events_of(&inquiry).await?;
        }
        let changed = std::mem::take(&mut self.changed);
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
                store.announce(ChangeNotice::User(user));
            }
        }
        Ok(())
    }
}
