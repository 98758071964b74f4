//! Signing up and in.
//!
//! Whoever signs in learns one thing only: it worked or it did not. The same words, the same count
//! of tries and the same work for the processor, whether the e-mail has an account or not. Signing
//! up cannot hide that an e-mail is taken; the limit of tries per address is the answer to that.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, distr::Alphanumeric};

use super::{
    Birthdate, BirthdateProblem, Email, EmailProblem, NameProblem, Password, PasswordProblem,
    Passwords, PersonNames, SignInOrigin, login_throttle,
};
use crate::{
    base::Clock,
    model::ReferenceId,
    store::{self, CredentialsRow, Store, UserRow},
};

/// How many random characters a user's ID has: as hard to meet twice as a UUID.
const ID_LENGTH: usize = 22;
/// How long the same form means the same sign-up, sent twice.
const REPEAT_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// What people sign up and in with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    store: Store,
    clock: Clock,
    passwords: Passwords,
    minimum_age: u8,
}

/// What a person has filled in, as it came. No `Debug`: it is personal and holds a password.
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

/// What is wrong with the fields, each for itself.
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

/// Why nothing came of it, on our side.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Too many passwords are being checked.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// A password could not be hashed or checked.
    #[error("could not hash or check a password")]
    Hashing,
    /// Our own database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Why nobody signed up.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// Something is to be corrected.
    #[error("a field is not as it should be")]
    Invalid(SignUpProblems),
    /// It is our fault.
    #[error(transparent)]
    Failed(#[from] AccountError),
}

/// Why nobody signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The e-mail is none, or a field is empty.
    #[error("a field is not as it should be")]
    Invalid {
        /// The e-mail's.
        email: Option<EmailProblem>,
        /// Whether the password is missing.
        has_no_password: bool,
    },
    /// The e-mail has no account or the password is another.
    #[error("wrong e-mail or password")]
    Wrong {
        /// How many more tries there are before a pause.
        tries_left: i64,
    },
    /// There were too many wrong passwords for this e-mail.
    #[error("too many wrong passwords")]
    Paused {
        /// For how long.
        wait: jiff::SignedDuration,
    },
    /// It is our fault.
    #[error(transparent)]
    Failed(#[from] AccountError),
}

impl From<store::Error> for SignInError {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Accounts {
    /// Accounts in this store, for people of this age and older.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn new(store: Store, clock: Clock, minimum_age: u8) -> Result<Self, AccountError> {
        Ok(Self {
            store,
            clock,
            passwords: Passwords::new()?,
            minimum_age,
        })
    }

    /// Makes a user with an account, and says who it is. The same form once more, from a double
    /// click or after an answer that was lost, finds the account that it has made.
    ///
    /// # Errors
    /// See [`SignUpError`].
    pub async fn sign_up(
        &self,
        fields: SignUpFields,
        origin: &SignInOrigin,
    ) -> Result<ReferenceId, SignUpError> {
        let (now, minimum_age) = (self.clock.now(), self.minimum_age);
        // Judging a long password takes a while: it waits for its turn, too.
        let permit = self.passwords.acquire_permit().await?;
        // The turn goes along, and is not over when the person goes away.
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

    /// The account that the same form made a moment ago.
    ///
    /// Every field must be the same, and the password is checked as at a sign-in: counted first, by
    /// the same count, so that this is no second way to guess it. Whoever does not know all of them
    /// is told what they would be told without this: that the e-mail is taken.
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

    /// Checks an e-mail and a password, and says whose they are.
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
            // The password was right; the attempts are counted for a day more.
            tracing::warn!(
                user.id = %credentials.user_id,
                error = format!("{:#}", anyhow::Error::from(error)),
                "could not reset the count of wrong passwords"
            );
        }
        if !self.passwords.is_current(&credentials.password_hash)
            && let Err(error) = self.renew_hash(&credentials, password).await
        {
            // The password was right; its hash is renewed at the next sign-in.
            tracing::warn!(
                user.id = %credentials.user_id,
                error = format!("{:#}", anyhow::Error::from(error)),
                "could not renew a password's hash"
            );
        }
        tracing::info!(user.id = %credentials.user_id, "signed in");
        Ok(credentials.user_id)
    }

    /// Hashes a password anew, as strongly as is usual now.
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

/// The fields, once they are right.
struct NewAccount {
    names: PersonNames,
    birthdate: Birthdate,
    email: Email,
    password: Password,
}

impl NewAccount {
    /// Reads all fields, so that all that is wrong is said at once.
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
