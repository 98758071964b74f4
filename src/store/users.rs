//! The users table.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Error, Store, value::Value};
use crate::model::ReferenceId;

/// A decrypted user. No `Debug`, because it contains personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The user's ID.
    pub id: ReferenceId,
    /// First name; empty if there is none.
    pub first_name: String,
    /// Last name; empty if there is none.
    pub last_name: String,
    /// Date of birth.
    pub birthdate: Date,
    /// The e-mail of the account, if there is one.
    pub email: Option<String>,
    /// How often name or birthdate were corrected.
    pub profile_version: i64,
    /// The language that the user has chosen (BCP 47).
    pub locale: Option<String>,
}

/// The encrypted part of a user.
#[derive(Serialize, Deserialize)]
struct SealedProfile {
    first_name: String,
    last_name: String,
    birthdate: Date,
    #[serde(default)]
    email: Option<String>,
}

fn aad(id: &ReferenceId) -> String {
    format!("users/{id}")
}

impl Store {
    /// Finds a user. Re-encrypts a profile of an older key with the newest.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_user(&self, id: &ReferenceId) -> Result<Option<UserRow>, Error> {
        let sql = "SELECT profile, profile_version, locale FROM users WHERE id = $1";
        let values = [Value::Text(id.as_str())];
        let found = self.look_up(sql, &values, |row| {
            Ok((row.bytes(0)?, row.integer(1)?, row.optional_text(2)?))
        });
        let Some((sealed, profile_version, locale)) = found.await? else {
            return Ok(None);
        };
        let user = UserRow {
            profile_version,
            locale,
            ..self.open_profile(id, &sealed)?
        };
        if !self.cipher.is_newest(&sealed)
            && let Err(error) = self.reseal_user(&user, &sealed).await
        {
            // Reading succeeded; the next read retries.
            tracing::warn!(user.id = %id, %error, "could not re-encrypt a user with the newest key; retrying at the next read");
        }
        Ok(Some(user))
    }

    /// Inserts a user, unless the ID exists.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn ensure_user(&self, user: &UserRow) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO users (id, profile, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(user.id.as_str())
        .bind(self.seal_profile(user)?)
        .bind(self.clock.now_ms())
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Keeps the language that a user has chosen.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set_locale(&self, id: &ReferenceId, locale: &str) -> Result<(), Error> {
        sqlx::query("UPDATE users SET locale = $1 WHERE id = $2")
            .bind(locale)
            .bind(id.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Encrypts and indexes a user with the newest key; `false` if the row changed meanwhile.
    pub(super) async fn reseal_user(&self, user: &UserRow, sealed: &[u8]) -> Result<bool, Error> {
        let mut transaction = self.begin_sync().await?;
        let new = self.seal_profile(user)?;
        let changed = transaction
            .connection
            .execute(
                "UPDATE users SET profile = $1 WHERE id = $2 AND profile = $3",
                &[
                    Value::Bytes(&new),
                    Value::Text(user.id.as_str()),
                    Value::Bytes(sealed),
                ],
            )
            .await?;
        if changed == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        if let Some(email) = &user.email {
            transaction.index_email(&user.id, email).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Decrypts a profile. Its version is stored beside it.
    pub(super) fn open_profile(&self, id: &ReferenceId, sealed: &[u8]) -> Result<UserRow, Error> {
        let profile: SealedProfile = self
            .cipher
            .open(&aad(id), sealed)
            .and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or(Error::Inconsistent {
                table: "users",
                problem: "no key of DATA_KEYS opens the profile",
            })?;
        Ok(UserRow {
            id: id.clone(),
            first_name: profile.first_name,
            last_name: profile.last_name,
            birthdate: profile.birthdate,
            email: profile.email,
            profile_version: 0,
            locale: None,
        })
    }

    pub(super) fn seal_profile(&self, user: &UserRow) -> Result<Vec<u8>, Error> {
        let profile = SealedProfile {
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            birthdate: user.birthdate,
            email: user.email.clone(),
        };
        serde_json::to_vec(&profile)
            .ok()
            .and_then(|json| self.cipher.seal(&aad(&user.id), &json))
            .ok_or(Error::Inconsistent {
                table: "users",
                problem: "the profile cannot be sealed",
            })
    }
}
