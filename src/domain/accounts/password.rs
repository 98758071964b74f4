//! Password rules and hashing.
//!
//! Length is what makes a password strong, so there are no rules about character classes; zxcvbn
//! rejects what attackers try first: common passwords, keyboard patterns, repetition, and the
//! person's own data. Passwords are stored as argon2id hashes. Hashing is slow by design, so it
//! runs on blocking threads, and only a few hashes run concurrently.

use std::{sync::Arc, time::Duration};

use argon2::{
    Argon2,
    password_hash::{
        Error as HashError, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash,
    },
};
use rand::{RngExt as _, distr::Alphanumeric};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Score, zxcvbn};

use crate::domain::accounts::account::AccountError;

/// The permitted lengths of a password, in characters.
pub const PASSWORD_LENGTHS: std::ops::RangeInclusive<usize> = 12..=128;
/// The minimum score: not found within a million guesses. That takes years online, where wrong
/// passwords pause the account, and days for an attacker with the hash.
const MIN_SCORE: Score = Score::Two;
/// How long a request waits for a permit to hash.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(8);

/// A password in Unicode normal form C, so that it does not depend on the keyboard.
#[derive(Clone)]
pub struct Password(SecretString);

/// Why a password is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// The password is empty.
    Missing,
    /// The password is too short.
    TooShort,
    /// The password is too long.
    TooLong,
    /// The password is easy to guess.
    Guessable,
}

impl Password {
    /// Normalizes a password for verification, without rules.
    #[must_use]
    pub fn from_input(text: &str) -> Self {
        Self(text.nfc().collect::<String>().into())
    }

    /// Validates a password for a new account. `about` contains the person's data, which must not
    /// be the password.
    ///
    /// # Errors
    /// [`PasswordProblem`].
    pub fn choose(text: &str, about: &[&str]) -> Result<Self, PasswordProblem> {
        let length = text.chars().count();
        if length == 0 {
            return Err(PasswordProblem::Missing);
        }
        if length < *PASSWORD_LENGTHS.start() {
            return Err(PasswordProblem::TooShort);
        }
        if length > *PASSWORD_LENGTHS.end() {
            return Err(PasswordProblem::TooLong);
        }
        if zxcvbn(text, about).score() < MIN_SCORE {
            return Err(PasswordProblem::Guessable);
        }
        Ok(Self::from_input(text))
    }
}

/// Hashes and verifies passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    /// One permit per processor.
    permits: Arc<Semaphore>,
    /// The hash that is verified if there is no account, so that timing does not reveal it.
    dummy_hash: Arc<str>,
}

/// A permit to hash.
pub(super) struct HashPermit(OwnedSemaphorePermit);

impl Passwords {
    /// Creates the dummy hash and the permits.
    ///
    /// # Errors
    /// If the system's random generator fails.
    pub fn new() -> Result<Self, AccountError> {
        let random: String = rand::rng()
            .sample_iter(Alphanumeric)
            .take(32)
            .map(char::from)
            .collect();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            permits: Arc::new(Semaphore::new(processors)),
            dummy_hash: hash(&Password::from_input(&random))?.into(),
        })
    }

    /// Acquires a permit.
    ///
    /// # Errors
    /// [`AccountError::Busy`] if none becomes available in time.
    pub(super) async fn acquire_permit(&self) -> Result<HashPermit, AccountError> {
        let permit =
            tokio::time::timeout(PERMIT_TIMEOUT, self.permits.clone().acquire_owned()).await;
        match permit {
            Ok(Ok(permit)) => Ok(HashPermit(permit)),
            Ok(Err(_)) | Err(_) => Err(AccountError::Busy),
        }
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// [`AccountError::Hashing`].
    pub(super) async fn hash(
        permit: HashPermit,
        password: Password,
    ) -> Result<String, AccountError> {
        run_blocking(permit, move || hash(&password)).await
    }

    /// Verifies a password, in the same time whether there is a hash or not.
    ///
    /// # Errors
    /// [`AccountError::Hashing`] if the hash cannot be parsed.
    pub(super) async fn verify(
        &self,
        permit: HashPermit,
        password: Password,
        hash: Option<&str>,
    ) -> Result<bool, AccountError> {
        let is_real = hash.is_some();
        let hash = hash.unwrap_or(&self.dummy_hash).to_owned();
        let matches = run_blocking(permit, move || {
            let hash = PasswordHash::new(&hash).map_err(|_| AccountError::Hashing)?;
            let password = password.0.expose_secret().as_bytes();
            match Argon2::default().verify_password(password, &hash) {
                Ok(()) => Ok(true),
                Err(HashError::PasswordInvalid) => Ok(false),
                Err(_) => Err(AccountError::Hashing),
            }
        })
        .await?;
        Ok(matches && is_real)
    }

    /// Whether a hash has the current algorithm and parameters.
    pub(super) fn is_current(&self, hash: &str) -> bool {
        // $argon2id$v=19$m=…,t=…,p=…$salt$hash
        let parameters = |hash: &str| -> Option<(String, String, String)> {
            let mut parts = hash.split('$').skip(1).map(ToOwned::to_owned);
            Some((parts.next()?, parts.next()?, parts.next()?))
        };
        parameters(hash) == parameters(&self.dummy_hash)
    }
}

/// Runs work on a blocking thread. The thread keeps the permit until the work ends, even if the
/// request is cancelled.
async fn run_blocking<T: Send + 'static>(
    permit: HashPermit,
    work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
) -> Result<T, AccountError> {
    let done = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(permit.0);
        result
    });
    done.await.map_err(|_| AccountError::Hashing)?
}

/// argon2id with 19 MiB, two passes and a random salt: the first recommendation of OWASP's Password
/// Storage Cheat Sheet, and the crate's default.
fn hash(password: &Password) -> Result<String, AccountError> {
    let password = password.0.expose_secret().as_bytes();
    let hash = Argon2::default()
        .hash_password(password)
        .map_err(|_| AccountError::Hashing)?;
    Ok(hash.to_string())
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: [&str; 3] = ["Alexander", "Sample", "alexander.sample"];

    #[test]
    fn long_and_uncommon_is_good_whatever_it_is_made_of() {
        for text in [
            "correct horse battery staple",
            "three dogs at the lake",
            "r7#kQ2!vLp9z",
            "зелёный чайник поёт",
            "hunde sind toll 42",
        ] {
            assert!(Password::choose(text, &ABOUT).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for (text, problem) in [
            ("", PasswordProblem::Missing),
            ("r7#kQ2!vLp9", PasswordProblem::TooShort),
            ("ééééééééééé", PasswordProblem::TooShort),
            ("password1234", PasswordProblem::Guessable),
            ("aaaaaaaaaaaaaaaa", PasswordProblem::Guessable),
            ("123456789012", PasswordProblem::Guessable),
            ("qwertyuiop12", PasswordProblem::Guessable),
            ("AlexanderSample", PasswordProblem::Guessable),
        ] {
            assert_eq!(
                Password::choose(text, &ABOUT).err(),
                Some(problem),
                "{text}"
            );
        }
        let longest = "three dogs at the lake ".repeat(6);
        assert_eq!(
            Password::choose(&longest, &[]).err(),
            Some(PasswordProblem::TooLong)
        );
    }

    #[tokio::test]
    async fn the_right_password_matches_and_nothing_else() {
        let passwords = Passwords::new().unwrap();
        let permit = passwords.acquire_permit().await.unwrap();
        let hash = Passwords::hash(permit, Password::from_input("caf\u{e9} au lait"))
            .await
            .unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(passwords.is_current(&hash));
        assert!(!passwords.is_current("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"));
        for (text, expected) in [
            ("caf\u{e9} au lait", true),
            // Typed on a keyboard that composes in another way.
            ("cafe\u{301} au lait", true),
            ("cafe au lait", false),
            ("", false),
        ] {
            let permit = passwords.acquire_permit().await.unwrap();
            let from_input = Password::from_input(text);
            let matches = passwords
                .verify(permit, from_input, Some(&hash))
                .await
                .unwrap();
            assert_eq!(matches, expected, "{text:?}");
        }
        let permit = passwords.acquire_permit().await.unwrap();
        let from_input = Password::from_input("caf\u{e9} au lait");
        assert!(!passwords.verify(permit, from_input, None).await.unwrap());
    }

    #[tokio::test]
    async fn hashes_wait_for_their_turn() {
        let passwords = Passwords {
            permits: Arc::new(Semaphore::new(1)),
            ..Passwords::new().unwrap()
        };
        let first = passwords.acquire_permit().await.unwrap();
        let is_in_turn = tokio::select! {
            biased;
            _ = passwords.acquire_permit() => true,
            () = tokio::task::yield_now() => false,
        };
        assert!(!is_in_turn);
        drop(first);
        assert!(passwords.acquire_permit().await.is_ok());
    }
}
