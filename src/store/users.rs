//! The users table.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Error, Store};
use crate::model::ReferenceId;

/// A user as the table has them, opened. No `Debug`: it holds personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Our ID.
    pub id: ReferenceId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Date of birth.
    pub birthdate: Date,
}

/// What is sealed of a user.
#[derive(Serialize, Deserialize)]
struct SealedProfile {
    first_name: String,
    last_name: String,
    birthdate: Date,
}

fn place(id: &ReferenceId) -> String {
    format!("users/{id}")
}

impl Store {
    /// Finds a user.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find_user(&self, id: &ReferenceId) -> Result<Option<UserRow>, Error> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT profile FROM users WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        let Some((sealed,)) = row else {
            return Ok(None);
        };
        let profile: SealedProfile = self
            .cipher
            .open(&place(id), &sealed)
            .and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or(Error::Inconsistent {
                table: "users",
                problem: "no key of DATA_KEYS opens the profile",
            })?;
        Ok(Some(UserRow {
            id: id.clone(),
            first_name: profile.first_name,
            last_name: profile.last_name,
            birthdate: profile.birthdate,
        }))
    }

    /// Adds a user, unless the ID is there already.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn ensure_user(&self, user: &UserRow) -> Result<(), Error> {
        let profile = SealedProfile {
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            birthdate: user.birthdate,
        };
        let sealed = serde_json::to_vec(&profile)
            .ok()
            .and_then(|json| self.cipher.seal(&place(&user.id), &json))
            .ok_or(Error::Inconsistent {
                table: "users",
                problem: "the profile cannot be sealed",
            })?;
        sqlx::query(
            "INSERT INTO users (id, profile, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(user.id.as_str())
        .bind(sealed)
        .bind(self.clock.now_ms())
        .execute(&self.write)
        .await?;
        Ok(())
    }
}
