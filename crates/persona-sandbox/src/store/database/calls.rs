//! The table of the API log: one row for each call, numbered in the order of the calls.
//!
//! It is written about once a second, by the upkeep of the file and on its connection, so that no
//! request waits for its log. Redacted rows are erased from the file as redacted records are, by
//! [`Database::erase`](super::Database::erase).

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{MARK_ERASURE, OpenError, WriteError, open_error};

/// Created at each start, because files of earlier versions lack it.
pub(super) const SCHEMA: &str =
    "CREATE TABLE IF NOT EXISTS calls (number INTEGER PRIMARY KEY, body TEXT NOT NULL)";

/// What changed in the API log.
#[derive(Debug)]
pub(crate) struct CallChanges<R> {
    /// All previous rows are removed.
    pub(crate) is_cleared: bool,
    /// Rows with lower numbers are removed.
    pub(crate) first: u64,
    /// Rows by number; `None` for a removed row.
    pub(crate) rows: Vec<(u64, Option<R>)>,
    /// The previous content of the rows has to be erased from the file.
    pub(crate) erases: bool,
}

/// The table of the API log in an open state file.
#[derive(Clone, Debug)]
pub(crate) struct CallTable {
    pub(super) connection: Arc<Mutex<Connection>>,
    pub(super) is_erasure_pending: Arc<AtomicBool>,
    pub(super) path: PathBuf,
}

impl CallTable {
    /// Calls `apply` with each row and its number, oldest first.
    pub(crate) fn load<R: DeserializeOwned>(
        &self,
        mut apply: impl FnMut(u64, R),
    ) -> Result<(), OpenError> {
        let failed = |error| open_error("read", &self.path, &error);
        let connection = self.connection();
        let mut select = connection
            .prepare("SELECT number, body FROM calls ORDER BY number")
            .map_err(failed)?;
        let mut rows = select.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let number: i64 = row.get(0).map_err(failed)?;
            let body = row.get_ref(1).map_err(failed)?;
            let body = body.as_str().ok();
            // The error quotes no part of the call, which holds personal data.
            let call = body
                .and_then(|body| serde_json::from_str(body).ok())
                .ok_or_else(|| OpenError::Damaged {
                    path: self.path.clone(),
                    reason: format!("logged call {number} is not of this version"),
                })?;
            apply(number.cast_unsigned(), call);
        }
        Ok(())
    }

    /// Writes the changes in one transaction: all or none.
    pub(crate) fn write<R: Serialize>(&self, changes: &CallChanges<R>) -> Result<(), WriteError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if changes.is_cleared {
            transaction.execute("DELETE FROM calls", [])?;
        }
        let first = changes.first.cast_signed();
        transaction.execute("DELETE FROM calls WHERE number < ?1", [first])?;
        {
            let mut put =
                transaction.prepare_cached("INSERT OR REPLACE INTO calls VALUES (?1, ?2)")?;
            let mut delete = transaction.prepare_cached("DELETE FROM calls WHERE number = ?1")?;
            for (number, row) in &changes.rows {
                let number = number.cast_signed();
                match row {
                    Some(row) => {
                        let body = serde_json::to_string(row).map_err(io::Error::from)?;
                        put.execute(params![number, body])?;
                    }
                    None => {
                        delete.execute([number])?;
                    }
                }
            }
        }
        if changes.erases {
            transaction.execute(MARK_ERASURE, [])?;
        }
        transaction.commit()?;
        if changes.erases {
            self.is_erasure_pending.store(true, Ordering::Release);
        }
        Ok(())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        let connection = self.connection.lock();
        connection.unwrap_or_else(PoisonError::into_inner)
    }
}
