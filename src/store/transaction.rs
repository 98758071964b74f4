//! A transaction that may be given up at any moment, also while the database has yet to answer.
//!
//! sqlx notes that a transaction is open when `BEGIN` has been answered. Of a caller who goes away
//! before that it would take back a connection with an open transaction, and what the next one
//! writes there is never committed. Here a connection is lent again only if its transaction has
//! ended. Otherwise it is closed, and the database undoes what was begun.

use std::ops::{Deref, DerefMut};

use sqlx::{Any, AnyConnection, AnyPool, Executor as _, pool::PoolConnection};

/// An open transaction. Dropped without a commit, nothing of it has happened.
#[derive(Debug)]
pub(super) struct Transaction {
    connection: PoolConnection<Any>,
    is_open: bool,
}

impl Transaction {
    /// Begins a transaction with this statement.
    pub(super) async fn begin(
        pool: &AnyPool,
        statement: &'static str,
    ) -> Result<Self, sqlx::Error> {
        let mut transaction = Self {
            connection: pool.acquire().await?,
            is_open: true,
        };
        let answer = transaction.connection.execute(statement).await;
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
        self.connection.execute(statement).await?;
        self.is_open = false;
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.is_open {
            self.connection.close_on_drop();
        }
    }
}
