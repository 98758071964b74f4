//! Ten wrong passwords in a row pause an e-mail's sign-in; the way back is to wait.
//!
//! A try is counted before its password is looked at, and taken back when it was right: of many
//! tries at the same moment no more than ten are looked at. The first pause lasts 15 minutes, each
//! wrong password after it doubles the next one, up to an hour; a day without a wrong password
//! forgets them all. It is about the e-mail and not the account, so it does not tell whether there
//! is one. Who is signed in already is not touched.

use jiff::{SignedDuration, Timestamp};

use super::{Email, SignInError};
use crate::store::{SignInFailuresRow, Store};

/// Wrong passwords in a row until the first pause.
const TRIES: i64 = 10;
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(15);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// When old failures are forgotten.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// Counts a try as a failure, and says how many are left before a pause.
///
/// # Errors
/// [`SignInError::Paused`] if it is not to be looked at.
pub(super) async fn take_a_try(
    store: &Store,
    email: &Email,
    now: Timestamp,
) -> Result<i64, SignInError> {
    store
        .delete_sign_in_failures_before((now - MEMORY).as_millisecond())
        .await?;
    loop {
        let found = store.find_sign_in_failures(email.as_str()).await?;
        let counted = count(found, now).map_err(|wait| SignInError::Paused { wait })?;
        // Another try was faster: look again.
        if store
            .replace_sign_in_failures(email.as_str(), found, counted)
            .await?
        {
            return Ok((TRIES - counted.failures).max(0));
        }
    }
}

/// Forgets the failures after a right password.
pub(super) async fn forget(store: &Store, email: &Email) -> Result<(), SignInError> {
    Ok(store.delete_sign_in_failures(email.as_str()).await?)
}

/// The failures with one more, or how long to wait.
fn count(
    found: Option<SignInFailuresRow>,
    now: Timestamp,
) -> Result<SignInFailuresRow, SignedDuration> {
    let now_ms = now.as_millisecond();
    let failures = match found {
        Some(found) if found.paused_until > now_ms => {
            // A clock that was set back must not make a pause endless.
            let wait = SignedDuration::from_millis(found.paused_until - now_ms);
            return Err(wait.min(LONGEST_PAUSE));
        }
        Some(found) => found.failures + 1,
        None => 1,
    };
    let paused_until = pause_after(failures).map_or(0, |pause| (now + pause).as_millisecond());
    Ok(SignInFailuresRow {
        failures,
        last_failed_at: now_ms,
        paused_until,
    })
}

/// How long to pause after so many wrong passwords.
fn pause_after(failures: i64) -> Option<SignedDuration> {
    let doublings = u32::try_from(failures - TRIES).ok()?;
    let factor = 2_i32.saturating_pow(doublings);
    Some(FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_begins_with_the_tenth_and_grows_to_an_hour() {
        for (failures, minutes) in [
            (1, None),
            (9, None),
            (10, Some(15)),
            (11, Some(30)),
            (12, Some(60)),
            (13, Some(60)),
            (1_000_000, Some(60)),
        ] {
            assert_eq!(
                pause_after(failures),
                minutes.map(SignedDuration::from_mins),
                "{failures}"
            );
        }
    }

    #[test]
    fn a_paused_try_is_not_counted_and_a_later_one_is() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut row = None;
        for _ in 0..10 {
            row = Some(count(row, now).unwrap());
        }
        assert_eq!(count(row, now), Err(FIRST_PAUSE));
        let almost = now + SignedDuration::from_mins(14);
        assert_eq!(count(row, almost), Err(SignedDuration::from_mins(1)));
        let later = count(row, now + FIRST_PAUSE).unwrap();
        assert_eq!(later.failures, 11);
        assert!(count(Some(later), now + FIRST_PAUSE).is_err());
    }

    #[test]
    fn a_clock_set_back_does_not_lengthen_the_pause() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let row = SignInFailuresRow {
            failures: 10,
            last_failed_at: now.as_millisecond(),
            paused_until: (now + FIRST_PAUSE).as_millisecond(),
        };
        let a_year_ago = now - SignedDuration::from_hours(365 * 24);
        assert_eq!(count(Some(row), a_year_ago), Err(LONGEST_PAUSE));
    }
}
