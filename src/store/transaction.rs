//! A transaction that is safe to drop at any moment, even while a statement is in flight.
//!
//! sqlx marks a transaction as open when `BEGIN` has returned. If the caller is cancelled before
//! that, sqlx returns a connection with an open transaction to the pool, and the next user's writes
//! are never committed. Here a connection returns to the pool only if its transaction has ended.
//! Otherwise it is closed, and the database rolls back. It occupies its pool slot until the
//! database responds, because an abandoned commit still has its connection at the server.

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use sqlx::{Any, AnyConnection, AnyPool, Executor as _, pool::PoolConnection};
use tokio::{runtime::Handle, time::timeout};

/// The timeout for closing a connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);
/// Only `drop` takes the connection.
const HAS_CONNECTION: &str = "a transaction has a connection until it is dropped";

/// An open transaction. Dropping it without a commit rolls it back.
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
        // After an error response no transaction is open.
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
                    // The result does not matter: the transaction ends with its connection.
                    let _ = super::timeout::is_alive(&mut connection).await;
                    let _ = timeout(CLOSE_TIMEOUT, connection.close()).await;
                });
            }
            Err(_) => connection.close_on_drop(),
        }
    }
}
