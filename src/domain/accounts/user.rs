//! The person to be verified.

use jiff::civil::Date;

use crate::{
    domain::error::Error,
    model::ReferenceId,
    store::{Store, UserRow},
};

/// A user. Its data is the only data sent to Persona for prefilling.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The user ID, which is Persona's reference ID.
    pub id: ReferenceId,
    /// First name; empty if the person has a last name only.
    pub first_name: String,
    /// Last name; empty if the person has a first name only.
    pub last_name: String,
    /// Date of birth.
    pub birthdate: Date,
    /// The e-mail of the account; the demo user has none.
    pub email: Option<String>,
    /// How often the name or birthdate were corrected.
    pub profile_version: i64,
    /// The language that the person has chosen (BCP 47).
    pub locale: Option<String>,
}

impl User {
    /// The example user of Persona's tutorial, for trying the app without an account.
    ///
    /// # Errors
    /// The values are constant, so it does not fail.
    pub fn demo() -> Result<Self, anyhow::Error> {
        Ok(Self {
            id: ReferenceId::parse("usr_ABC123")?,
            first_name: "Alexander".to_owned(),
            last_name: "Sample".to_owned(),
            birthdate: Date::new(1977, 8, 31)?,
            email: None,
            profile_version: 0,
            locale: None,
        })
    }

    /// Finds a user.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find(store: &Store, id: &ReferenceId) -> Result<Option<Self>, Error> {
        let row = store.find_user(id).await?;
        Ok(row.map(
            |UserRow {
                 id,
                 first_name,
                 last_name,
                 birthdate,
                 email,
                 profile_version,
                 locale,
             }| Self {
                id,
                first_name,
                last_name,
                birthdate,
                email,
                profile_version,
                locale,
            },
        ))
    }

    /// Inserts the user, unless the ID exists.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn ensure(self, store: &Store) -> Result<(), Error> {
        Ok(store.ensure_user(&self.into_row()).await?)
    }

    /// Keeps the language that the person has chosen.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn choose_locale(&self, store: &Store, locale: &str) -> Result<(), Error> {
        Ok(store.set_locale(&self.id, locale).await?)
    }

    /// Converts the user for the store.
    pub(in crate::domain) fn into_row(self) -> UserRow {
        let Self {
            id,
            first_name,
            last_name,
            birthdate,
            email,
            profile_version,
            locale,
        } = self;
        UserRow {
            id,
            first_name,
            last_name,
            birthdate,
            email,
            profile_version,
            locale,
        }
    }

    /// The name for a greeting: the first, or the only one.
    #[must_use]
    pub fn greeting_name(&self) -> &str {
        if self.first_name.is_empty() {
            &self.last_name
        } else {
            &self.first_name
        }
    }

    /// First and last name.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
            .trim()
            .to_owned()
    }
}

/// Omits personal data, which must not be logged.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_user_is_the_tutorials() {
        let user = User::demo().unwrap();
        assert_eq!(user.id.as_str(), "usr_ABC123");
        assert_eq!(user.full_name(), "Alexander Sample");
        assert_eq!(user.birthdate.to_string(), "1977-08-31");
    }

    #[test]
    fn who_has_one_name_is_called_by_it() {
        for (first_name, last_name) in [("Suharto", ""), ("", "Suharto")] {
            let user = User {
                first_name: first_name.to_owned(),
                last_name: last_name.to_owned(),
                ..User::demo().unwrap()
            };
            assert_eq!(user.greeting_name(), "Suharto");
            assert_eq!(user.full_name(), "Suharto");
        }
    }

    #[test]
    fn a_user_is_never_printed_with_personal_data() {
        let printed = format!("{:?}", User::demo().unwrap());
        assert!(printed.contains("usr_ABC123"));
        assert!(!printed.contains("Sample") && !printed.contains("1977"));
    }
}
