//! A transaction that may be given up at any moment, also while the database has yet to answer.
//!
//! sqlx notes that a transaction is open when `BEGIN` has been answered. Of a caller who goes away
//! before that it would take back a connection with an open transaction, and what the next one
//! writes there is never committed. Here a connection is lent again only if its transaction has
//! ended. Otherwise it is closed, and the database undoes what was begun. Until the database has
//! answered, its place in the pool stays taken: a commit that nobody waits for any more still has
//! its connection at the server.

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use sqlx::{Any, AnyConnection, AnyPool, Executor as _, pool::PoolConnection};
use tokio::{runtime::Handle, time::timeout};

/// How long it may take to say goodbye to the database.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);
/// Why the connection is always there: only `drop` takes it.
const HAS_CONNECTION: &str = "a transaction has a connection until it is dropped";

/// An open transaction. Dropped without a commit, nothing of it has happened.
#[derive(Debug)]
pub(super) struct Transaction {
    connection: Option<PoolConnection<Any>>,
    is_open: bool,
}

impl Transaction {
    /// Begins a transaction with this statement.
    pub(super) async fn begin(
        pool: &AnyPool,
        statement: &'static str,
    ) -> Result<Self, sqlx::Error> {
        let mut transaction = Self {
            connection: Some(pool.acquire().await?),
            is_open: true,
        };
        let answer = (*transaction).execute(statement).await;
        // A refusal is an answer, too.
        transaction.is_open = answer.is_ok();
        answer?;
        Ok(transaction)
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        self.end("COMMIT").await
    }

    pub(super) async fn rollback(self) -> Result<(), sqlx::Error> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        (*self).execute(statement).await?;
        self.is_open = false;
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        self.connection.as_ref().expect(HAS_CONNECTION)
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.connection.as_mut().expect(HAS_CONNECTION)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        match Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    // Whatever it says: an open transaction ends with its connection.
                    let _ = super::timeout::is_alive(&mut connection).await;
                    let _ = timeout(CLOSE_TIMEOUT, connection.close()).await;
                });
            }
            Err(_) => connection.close_on_drop(),
        }
    }
}
