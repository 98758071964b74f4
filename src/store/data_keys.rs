//! The `data_keys` table: the keys that encrypt data in this database.
//!
//! Each key has a row with a canary that only this key decrypts. A process whose keys do not
//! decrypt all canaries could not read the data of other processes, nor detect that an e-mail has
//! an account, so it does not start. A key is retired once nothing is encrypted with it and no
//! process encrypts with it.

use sqlx::AssertSqlSafe;

use super::{Backend, Error, OpenError, Store, processes::EXPIRY_MS, transaction::Transaction};

/// The plaintext of a canary.
const CANARY: &[u8] = b"persona-onboarding";
/// The number of sealed values per table that are checked if no key has a row yet.
const SAMPLE_SIZE: i64 = 100;

/// Sealed values with their associated data, from before keys had rows. IDs are random, so the last
/// ones are a random sample.
const SAMPLE_QUERIES: [&str; 3] = [
    "SELECT 'users/' || id, profile FROM users ORDER BY id DESC LIMIT $1",
    "SELECT 'attempts/' || user_id, body FROM attempts WHERE body IS NOT NULL \
     ORDER BY user_id DESC LIMIT $1",
    "SELECT 'events/' || id, body FROM events WHERE body IS NOT NULL ORDER BY id DESC LIMIT $1",
];

/// The outcome of retiring the older keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetireOutcome {
    /// The older keys are retired; their IDs.
    Retired(Vec<String>),
    /// This many other processes still encrypt with another key than this process's newest.
    StillInUse(i64),
}

fn aad(key_id: &str) -> String {
    format!("data_keys/{key_id}")
}

impl Store {
    /// Checks the keys and registers the key that this process encrypts with.
    ///
    /// # Errors
    /// [`OpenError::UnknownKey`] if the keys do not decrypt all canaries.
    pub(super) async fn register(&self) -> Result<(), OpenError> {
        let mut transaction = self.lock_data_keys().await?;
        let rows = canaries(&mut transaction).await?;
        let mut in_use = vec![self.cipher.newest_id()];
        if rows.is_empty() {
            in_use.extend(self.sample_key_ids(&mut transaction).await?);
        }
        self.check_canaries(&rows).map_err(OpenError::UnknownKey)?;
        for key_id in in_use {
            let canary = self.cipher.seal_with(&key_id, &aad(&key_id), CANARY);
            let canary = canary.ok_or(Error::Inconsistent {
                table: "data_keys",
                problem: "the canary cannot be sealed",
            })?;
            sqlx::query(
                "INSERT INTO data_keys (key_id, canary, since) VALUES ($1, $2, $3) \
                 ON CONFLICT (key_id) DO UPDATE SET retired_at = NULL",
            )
            .bind(key_id)
            .bind(canary)
            .bind(self.clock.now_ms())
            .execute(&mut *transaction)
            .await
            .map_err(Error::from)?;
        }
        sqlx::query(AssertSqlSafe(self.heartbeat_sql()))
            .bind(&self.process_id)
            .bind(self.cipher.newest_id())
            .execute(&mut *transaction)
            .await
            .map_err(Error::from)?;
        transaction.commit().await.map_err(Error::from)?;
        Ok(())
    }

    /// Checks that the keys decrypt all canaries, without writing.
    ///
    /// # Errors
    /// [`OpenError::UnknownKey`] if they do not.
    pub async fn verify_keys(&self) -> Result<(), OpenError> {
        let mut connection = self.read.acquire().await.map_err(Error::from)?;
        let rows = canaries(&mut connection).await?;
        if rows.is_empty() {
            self.sample_key_ids(&mut connection).await?;
        }
        self.check_canaries(&rows).map_err(OpenError::UnknownKey)
    }

    /// Checks that the keys decrypt at least one canary.
    pub(super) async fn check_keys(&self) -> Result<(), Error> {
        let mut connection = self.read.acquire().await?;
        self.check_keys_in(&mut connection).await
    }

    /// Like [`Store::check_keys`], within a transaction.
    ///
    /// This also keeps e-mails unique: of two processes, the later one knows the key of the other's
    /// blind index.
    pub(super) async fn check_keys_in(
        &self,
        connection: &mut sqlx::AnyConnection,
    ) -> Result<(), Error> {
        let rows = canaries(connection).await?;
        if rows
            .iter()
            .any(|(id, canary)| self.opens_canary(id, canary))
        {
            Ok(())
        } else {
            Err(Error::NoKeyOpens)
        }
    }

    /// Restores this process's key if it was retired while the process counted as dead.
    pub(super) async fn restore_own_key(&self) -> Result<(), Error> {
        sqlx::query(
            "UPDATE data_keys SET retired_at = NULL \
             WHERE key_id = $1 AND retired_at IS NOT NULL",
        )
        .bind(self.cipher.newest_id())
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Counts the other processes that encrypt with another key than this process's newest.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count_processes_with_other_key(&self) -> Result<i64, Error> {
        let sql = self.processes_with_other_key_sql();
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(self.cipher.newest_id());
        let (count,) = query.bind(EXPIRY_MS).fetch_one(&self.write).await?;
        Ok(count)
    }

    fn processes_with_other_key_sql(&self) -> String {
        let now = self.backend.now_ms_sql();
        format!("SELECT COUNT(*) FROM processes WHERE key_id <> $1 AND seen_at > {now} - $2")
    }

    /// Retires all keys but this process's newest, unless a process still encrypts with one. Call
    /// it after everything has been re-encrypted while no other process encrypted with an older
    /// key.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn retire_older_keys(&self) -> Result<RetireOutcome, Error> {
        let newest = self.cipher.newest_id();
        let mut transaction = self.lock_data_keys().await?;
        let sql = self.processes_with_other_key_sql();
        let query = sqlx::query_as(AssertSqlSafe(sql))
            .bind(&newest)
            .bind(EXPIRY_MS);
        let (sealing,): (i64,) = query.fetch_one(&mut *transaction).await?;
        if sealing > 0 {
            transaction.rollback().await?;
            return Ok(RetireOutcome::StillInUse(sealing));
        }
        sqlx::query(
            "UPDATE data_keys SET retired_at = $1 WHERE key_id <> $2 AND retired_at IS NULL",
        )
        .bind(self.clock.now_ms())
        .bind(&newest)
        .execute(&mut *transaction)
        .await?;
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT key_id FROM data_keys WHERE retired_at IS NOT NULL ORDER BY since",
        )
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let known = self.cipher.ids();
        let retired = rows.into_iter().map(|(id,)| id);
        Ok(RetireOutcome::Retired(
            retired.filter(|id| known.contains(id)).collect(),
        ))
    }

    /// Begins a transaction that locks the set of keys.
    async fn lock_data_keys(&self) -> Result<Transaction, Error> {
        match self.backend {
            Backend::Sqlite => Ok(Transaction::begin(&self.write, "BEGIN IMMEDIATE").await?),
            Backend::Postgres => {
                let mut transaction = Transaction::begin(&self.write, "BEGIN").await?;
                sqlx::query("LOCK TABLE data_keys IN SHARE ROW EXCLUSIVE MODE")
                    .execute(&mut *transaction)
                    .await?;
                Ok(transaction)
            }
        }
    }

    fn opens_canary(&self, key_id: &str, canary: &[u8]) -> bool {
        self.cipher.open(&aad(key_id), canary).as_deref() == Some(CANARY)
    }

    /// Fails with the IDs of the keys whose canaries cannot be decrypted.
    fn check_canaries(&self, rows: &[(String, Vec<u8>)]) -> Result<(), String> {
        let unknown: Vec<_> = rows
            .iter()
            .filter(|(id, canary)| !self.opens_canary(id, canary))
            .map(|(id, _)| id.as_str())
            .collect();
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(unknown.join(", "))
        }
    }

    /// The IDs of the keys that sealed a sample of values from before keys had rows.
    async fn sample_key_ids(
        &self,
        connection: &mut sqlx::AnyConnection,
    ) -> Result<Vec<String>, OpenError> {
        let mut ids = Vec::new();
        for sql in SAMPLE_QUERIES {
            let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(sql)
                .bind(SAMPLE_SIZE)
                .fetch_all(&mut *connection)
                .await
                .map_err(Error::from)?;
            for (aad, sealed) in rows {
                let id = super::Cipher::sealing_key_id(&sealed);
                if self.cipher.open(&aad, &sealed).is_none() {
                    return Err(OpenError::UnknownKey(id));
                }
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        Ok(ids)
    }
}

/// The canaries of the keys in use, with the keys' IDs.
async fn canaries(connection: &mut sqlx::AnyConnection) -> Result<Vec<(String, Vec<u8>)>, Error> {
    Ok(
        sqlx::query_as("SELECT key_id, canary FROM data_keys WHERE retired_at IS NULL")
            .fetch_all(connection)
            .await?,
    )
}
