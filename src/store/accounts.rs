//! Accounts: the e-mail and password of a user.
//!
//! The e-mail is encrypted with the user's profile and found by its blind index. One digest per
//! known key keeps it unique while processes with different newest keys run concurrently.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Error, Store, SyncTransaction, UserRow, transaction::Transaction, value::Value};
use crate::model::ReferenceId;

/// The stored credentials of an account. No `Debug`, because a hash must not be logged.
pub struct CredentialsRow {
    /// The user.
    pub user_id: ReferenceId,
    /// The hash in PHC format: algorithm, parameters, salt and hash.
    pub password_hash: String,
    /// When the account was created, in milliseconds since 1970.
    pub created_at: i64,
}

impl Store {
    /// Inserts a user with an account; `false` if the e-mail has an account. Fails if this
    /// process's keys are not those of the database, because uniqueness could not be checked.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn insert_account(&self, user: &UserRow, password_hash: &str) -> Result<bool, Error> {
        let digests = user
            .email
            .iter()
            .flat_map(|email| self.cipher.digests(email));
        let sealed = self.seal_profile(user)?;
        let now = self.clock.now_ms();
        let mut transaction = Transaction::begin(&self.write, "BEGIN").await?;
        self.check_keys_in(&mut transaction).await?;
        sqlx::query("INSERT INTO users (id, profile, created_at) VALUES ($1, $2, $3)")
            .bind(user.id.as_str())
            .bind(sealed)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        for digest in digests {
            if !insert_digest(&mut transaction, &user.id, &digest).await? {
                transaction.rollback().await?;
                return Ok(false);
            }
        }
        sqlx::query(
            "INSERT INTO credentials (user_id, password_hash, changed_at) VALUES ($1, $2, $3)",
        )
        .bind(user.id.as_str())
        .bind(password_hash)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Finds the account of an e-mail by the blind index of any known key.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_credentials(&self, email: &str) -> Result<Option<CredentialsRow>, Error> {
        let digests = self.cipher.digests(email);
        // One query in every case, so that timing does not reveal whether the account exists.
        let sql = format!(
            "SELECT c.user_id, c.password_hash, u.created_at FROM credentials c \
             JOIN users u ON u.id = c.user_id WHERE c.user_id IN \
             (SELECT user_id FROM email_digests WHERE digest IN {})",
            self.placeholders().list(digests.len())
        );
        let mut query = sqlx::query_as(AssertSqlSafe(sql));
        for digest in digests {
            query = query.bind(digest);
        }
        let row: Option<(String, String, i64)> = query.fetch_optional(&self.read).await?;
        row.map(|(user_id, password_hash, created_at)| {
            let user_id = ReferenceId::parse(user_id).map_err(|_| Error::Inconsistent {
                table: "credentials",
                problem: "the user's ID has another form",
            })?;
            Ok(CredentialsRow {
                user_id,
                password_hash,
                created_at,
            })
        })
        .transpose()
    }

    /// Replaces a password hash, unless it changed meanwhile.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replace_password_hash(
        &self,
        old: &CredentialsRow,
        password_hash: &str,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE credentials SET password_hash = $1, changed_at = $2 \
             WHERE user_id = $3 AND password_hash = $4",
        )
        .bind(password_hash)
        .bind(self.clock.now_ms())
        .bind(old.user_id.as_str())
        .bind(&old.password_hash)
        .execute(&self.write)
        .await?;
        Ok(())
    }
}

impl SyncTransaction {
    /// Replaces the blind index of an e-mail: one digest per known key.
    pub(super) async fn index_email(
        &mut self,
        user: &ReferenceId,
        email: &str,
    ) -> Result<(), Error> {
        let digests = self.store.cipher.digests(email);
        let user = Value::Text(user.as_str());
        for digest in &digests {
            let values = [Value::Text(digest), user];
            self.connection.execute(INSERT_DIGEST, &values).await?;
        }
        let mut placeholders = self.store.placeholders();
        let sql = format!(
            "DELETE FROM email_digests WHERE user_id = {} AND digest NOT IN {}",
            placeholders.one(),
            placeholders.list(digests.len())
        );
        let mut values = vec![user];
        values.extend(digests.iter().map(|digest| Value::Text(digest)));
        self.connection.execute(&sql, &values).await?;
        Ok(())
    }
}

const INSERT_DIGEST: &str = "INSERT INTO email_digests (digest, user_id) VALUES ($1, $2) \
     ON CONFLICT (digest) DO NOTHING";

/// Inserts a digest; `false` if it exists.
async fn insert_digest(
    connection: &mut AnyConnection,
    user: &ReferenceId,
    digest: &str,
) -> Result<bool, Error> {
    let done = sqlx::query(INSERT_DIGEST)
        .bind(digest)
        .bind(user.as_str())
        .execute(&mut *connection)
        .await?;
    Ok(done.rows_affected() == 1)
}
