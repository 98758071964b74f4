//! Sign-up and sign-in.
//!
//! A sign-in reveals only whether it succeeded: the message, the number of attempts and the
//! processing time do not depend on whether the e-mail has an account. A sign-up cannot hide that
//! an e-mail is taken; the rate limit per address bounds such probing.
//!
//! Longer than 400 lines: sign-up and sign-in share the rules above, and its tests are here.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, distr::Alphanumeric};

use super::{
    Birthdate, BirthdateProblem, Email, EmailProblem, NameProblem, Password, PasswordProblem,
    Passwords, PersonNames, SignInOrigin, login_throttle,
};
use crate::{
    base::{Clock, error_chain},
    model::ReferenceId,
    store::{self, CredentialsRow, Store, UserRow},
};

/// The number of random characters in a user ID: as collision resistant as a UUID.
const ID_LENGTH: usize = 22;
/// How long an identical form counts as a repeated sign-up.
const REPEAT_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Sign-up and sign-in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    store: Store,
    clock: Clock,
    passwords: Passwords,
    minimum_age: u8,
}

/// The submitted fields, unvalidated. No `Debug`, because they contain personal data and a
/// password.
#[derive(Clone, Default)]
pub struct SignUpFields {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Birthdate.
    pub birthdate: String,
    /// E-mail.
    pub email: String,
    /// Password.
    pub password: String,
}

/// The problem of each field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignUpProblems {
    /// The first name's.
    pub first_name: Option<NameProblem>,
    /// The last name's.
    pub last_name: Option<NameProblem>,
    /// The birthdate's.
    pub birthdate: Option<BirthdateProblem>,
    /// The e-mail's.
    pub email: Option<EmailProblem>,
    /// The password's.
    pub password: Option<PasswordProblem>,
}

/// An internal failure of sign-up or sign-in.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Too many passwords are being hashed.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// A password could not be hashed or checked.
    #[error("could not hash or check a password")]
    Hashing,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Why a sign-up failed.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// A field is invalid.
    #[error("a field is not as it should be")]
    Invalid(SignUpProblems),
    /// An internal failure.
    #[error(transparent)]
    Failed(#[from] AccountError),
}

/// Why a sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The e-mail is invalid, or a field is empty.
    #[error("a field is not as it should be")]
    Invalid {
        /// The e-mail's.
        email: Option<EmailProblem>,
        /// Whether the password is missing.
        has_no_password: bool,
    },
    /// The e-mail has no account, or the password is wrong.
    #[error("wrong e-mail or password")]
    Wrong {
        /// The number of attempts left before a pause.
        tries_left: i64,
    },
    /// Attempts for this e-mail are paused after too many wrong passwords.
    #[error("too many wrong passwords")]
    Paused {
        /// The remaining pause.
        wait: jiff::SignedDuration,
    },
    /// An internal failure.
    #[error(transparent)]
    Failed(#[from] AccountError),
}

impl From<store::Error> for SignInError {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Accounts {
    /// Creates accounts in this store, for people of at least this age.
    ///
    /// # Errors
    /// If the system's random generator fails.
    pub fn new(store: Store, clock: Clock, minimum_age: u8) -> Result<Self, AccountError> {
        Ok(Self {
            store,
            clock,
            passwords: Passwords::new()?,
            minimum_age,
        })
    }

    /// Creates a user with an account, and returns its ID. An identical form sent again, after a
    /// double click or a lost response, returns the ID of the existing account.
    ///
    /// # Errors
    /// See [`SignUpError`].
    pub async fn sign_up(
        &self,
        fields: SignUpFields,
        origin: &SignInOrigin,
    ) -> Result<ReferenceId, SignUpError> {
        let (now, minimum_age) = (self.clock.now(), self.minimum_age);
        // Scoring a long password takes a while, so it needs a permit, too.
        let permit = self.passwords.acquire_permit().await?;
        // The blocking task owns the permit, because it continues if the request is cancelled.
        let parse = move || (permit, NewAccount::parse(&fields, now, minimum_age));
        let (permit, parsed) = tokio::task::spawn_blocking(parse)
            .await
            .map_err(|_| AccountError::Hashing)?;
        let account = parsed.map_err(SignUpError::Invalid)?;

        let password_hash = Passwords::hash(permit, account.password.clone()).await?;
        let id = new_user_id()?;
        let user = UserRow {
            id: id.clone(),
            first_name: account.names.first().to_owned(),
            last_name: account.names.last().to_owned(),
            birthdate: account.birthdate.date(),
            email: Some(account.email.as_str().to_owned()),
            profile_version: 0,
            locale: None,
        };
        let is_new = self
            .store
            .insert_account(&user, &password_hash)
            .await
            .map_err(AccountError::from)?;
        if !is_new {
            if let Some(id) = self.find_duplicate_sign_up(&user, &account, origin).await? {
                return Ok(id);
            }
            return Err(SignUpError::Invalid(SignUpProblems {
                email: Some(EmailProblem::Taken),
                ..SignUpProblems::default()
            }));
        }
        tracing::info!(user.id = %id, "signed up");
        Ok(id)
    }

    /// Finds the account that the same form created a moment ago.
    ///
    /// Every field must be equal, and the password is verified as at a sign-in, with the same
    /// attempt counter, so that this does not permit guessing. A mismatch results in the usual
    /// error: the e-mail is taken.
    async fn find_duplicate_sign_up(
        &self,
        user: &UserRow,
        account: &NewAccount,
        origin: &SignInOrigin,
    ) -> Result<Option<ReferenceId>, AccountError> {
        let found = self.store.find_credentials(account.email.as_str()).await?;
        let now = self.clock.now();
        let Some(credentials) = found.filter(|found| {
            let age = SignedDuration::from_millis(now.as_millisecond() - found.created_at);
            age.abs() <= REPEAT_WINDOW
        }) else {
            return Ok(None);
        };
        let made = self.store.find_user(&credentials.user_id).await?;
        let is_same = made.is_some_and(|made| {
            (made.first_name, made.last_name, made.birthdate)
                == (
                    user.first_name.clone(),
                    user.last_name.clone(),
                    user.birthdate,
                )
        });
        if !is_same {
            return Ok(None);
        }
        let permit = self.passwords.acquire_permit().await?;
        match login_throttle::record_attempt(&self.store, &account.email, origin, now).await {
            Ok(_) => {}
            Err(SignInError::Failed(error)) => return Err(error),
            Err(_) => return Ok(None),
        }
        let password = account.password.clone();
        let hash = Some(credentials.password_hash.as_str());
        if !self.passwords.verify(permit, password, hash).await? {
            return Ok(None);
        }
        match login_throttle::reset(&self.store, &account.email, origin).await {
            Err(SignInError::Failed(error)) => Err(error),
            Ok(()) | Err(_) => {
                tracing::info!(user.id = %credentials.user_id, "signed up once more with the same form");
                Ok(Some(credentials.user_id))
            }
        }
    }

    /// Verifies an e-mail and a password, and returns the user's ID.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        origin: &SignInOrigin,
    ) -> Result<ReferenceId, SignInError> {
        let email = match Email::parse(email) {
            Ok(email) if !password.is_empty() => email,
            result => {
                return Err(SignInError::Invalid {
                    email: result.err(),
                    has_no_password: password.is_empty(),
                });
            }
        };
        let password = Password::from_input(password);

        let permit = self.passwords.acquire_permit().await?;
        let tries_left =
            login_throttle::record_attempt(&self.store, &email, origin, self.clock.now()).await?;
        let found = self.store.find_credentials(email.as_str()).await?;
        let hash = found.as_ref().map(|found| found.password_hash.as_str());
        let is_right = self
            .passwords
            .verify(permit, password.clone(), hash)
            .await?;
        let user_id = found.as_ref().map(|found| found.user_id.clone());
        let (true, Some(credentials)) = (is_right, found) else {
            tracing::info!(
                user.id = user_id.as_ref().map(ReferenceId::as_str),
                tries_left,
                "wrong e-mail or password"
            );
            return Err(SignInError::Wrong { tries_left });
        };

        if let Err(error) = login_throttle::reset(&self.store, &email, origin).await {
            // The password is correct; the failures expire within a day.
            tracing::warn!(
                user.id = %credentials.user_id,
                error = error_chain(&error),
                "could not reset the count of wrong passwords"
            );
        }
        if !self.passwords.is_current(&credentials.password_hash)
            && let Err(error) = self.renew_hash(&credentials, password).await
        {
            // The password is correct; the next sign-in retries the rehash.
            tracing::warn!(
                user.id = %credentials.user_id,
                error = error_chain(&error),
                "could not renew a password's hash"
            );
        }
        tracing::info!(user.id = %credentials.user_id, "signed in");
        Ok(credentials.user_id)
    }

    /// Replaces a hash by one with the current parameters.
    async fn renew_hash(
        &self,
        credentials: &CredentialsRow,
        password: Password,
    ) -> Result<(), AccountError> {
        let permit = self.passwords.acquire_permit().await?;
        let hash = Passwords::hash(permit, password).await?;
        Ok(self.store.replace_password_hash(credentials, &hash).await?)
    }
}

/// The validated fields.
struct NewAccount {
    names: PersonNames,
    birthdate: Birthdate,
    email: Email,
    password: Password,
}

impl NewAccount {
    /// Validates all fields, so that all problems are reported at once.
    fn parse(
        fields: &SignUpFields,
        now: Timestamp,
        minimum_age: u8,
    ) -> Result<Self, SignUpProblems> {
        let names = PersonNames::parse(&fields.first_name, &fields.last_name);
        let birthdate = Birthdate::parse(&fields.birthdate, now, minimum_age);
        let email = Email::parse(&fields.email);
        let about = [
            fields.first_name.trim(),
            fields.last_name.trim(),
            fields.birthdate.trim(),
            fields.email.trim(),
            email.as_ref().map_or("", Email::local_part),
            "dog walker",
        ];
        let password = Password::choose(&fields.password, &about);
        match (names, birthdate, email, password) {
            (Ok(names), Ok(birthdate), Ok(email), Ok(password)) => Ok(Self {
                names,
                birthdate,
                email,
                password,
            }),
            (names, birthdate, email, password) => {
                let names = names.err().unwrap_or_default();
                Err(SignUpProblems {
                    first_name: names.first,
                    last_name: names.last,
                    birthdate: birthdate.err(),
                    email: email.err(),
                    password: password.err(),
                })
            }
        }
    }
}

fn new_user_id() -> Result<ReferenceId, AccountError> {
    let random: String = rand::rng()
        .sample_iter(Alphanumeric)
        .take(ID_LENGTH)
        .map(char::from)
        .collect();
    ReferenceId::parse(format!("usr_{random}")).map_err(|_| AccountError::Hashing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> SignUpFields {
        SignUpFields {
            first_name: "Ana".to_owned(),
            last_name: "Nuñez".to_owned(),
            birthdate: "1990-05-17".to_owned(),
            email: "ana@example.com".to_owned(),
            password: "three dogs at the lake".to_owned(),
        }
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let now = "2026-03-01T09:00:00Z".parse().unwrap();
        assert!(NewAccount::parse(&fields(), now, 18).is_ok());
        let problems = NewAccount::parse(&SignUpFields::default(), now, 18).err();
        assert_eq!(
            problems,
            Some(SignUpProblems {
                first_name: Some(NameProblem::Missing),
                last_name: None,
                birthdate: Some(BirthdateProblem::Missing),
                email: Some(EmailProblem::Missing),
                password: Some(PasswordProblem::Missing),
            })
        );
    }

    #[test]
    fn a_password_made_of_the_person_is_refused() {
        let now = "2026-03-01T09:00:00Z".parse().unwrap();
        for password in ["ana@example.com", "ana1990-05-17", "nuñeznuñeznuñez"] {
            let fields = SignUpFields {
                password: password.to_owned(),
                ..fields()
            };
            let problems = NewAccount::parse(&fields, now, 18).err();
            let problem = problems.and_then(|problems| problems.password);
            assert_eq!(problem, Some(PasswordProblem::Guessable), "{password}");
        }
    }

    #[test]
    fn user_ids_differ_and_have_the_right_form() {
        assert_ne!(new_user_id().unwrap(), new_user_id().unwrap());
    }
}
