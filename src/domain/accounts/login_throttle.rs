//! The login throttle: wrong passwords pause an e-mail for the attacker's origin, not for its
//! owner.
//!
//! Attempts are counted per origin: a browser in which this e-mail has signed in before (a cookie
//! proves it), or a network address. Ten wrong passwords pause the e-mail there for 15 minutes,
//! then 30, then 60; one failure expires every half hour, so that one guess an hour renews no
//! pause. All unknown browsers together have 100 attempts per e-mail, plus one every 15 minutes:
//! guessing from many addresses gains nothing, and the owner's known browsers are not counted among
//! them.
//!
//! An attempt is counted before its password is verified, and undone if it was correct, so at most
//! ten concurrent attempts are verified. The key is the e-mail and not the account, so the throttle
//! does not reveal whether there is an account. Existing sessions are not affected.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::{Email, SignInError};
use crate::store::{LoginThrottleRow, Store};

/// When failures are deleted.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(24);
/// The scope of all unknown browsers together.
const UNKNOWN_BROWSERS: &str = "";

/// The origin of a sign-in attempt.
#[derive(Debug, Clone, Default)]
pub struct SignInOrigin {
    /// The browser's ID, if this e-mail has signed in there before.
    pub known_browser: Option<String>,
    /// The client's address; the network's for IPv6.
    pub address: Option<IpAddr>,
}

impl SignInOrigin {
    /// The scope in which attempts of this origin are counted.
    fn scope(&self) -> String {
        match (&self.known_browser, self.address) {
            (Some(browser), _) => format!("browser {browser}"),
            (None, Some(address)) => format!("address {address}"),
            (None, None) => "address unknown".to_owned(),
        }
    }
}

/// The limit of a scope and its pauses.
struct Limit {
    /// The number of failures that starts the first pause.
    tries: i64,
    /// The time after which one failure expires.
    recovery: SignedDuration,
    first_pause: SignedDuration,
    max_pause: SignedDuration,
}

/// The limit of one browser or address.
const ORIGIN_LIMIT: Limit = Limit {
    tries: 10,
    recovery: SignedDuration::from_mins(30),
    first_pause: SignedDuration::from_mins(15),
    max_pause: SignedDuration::from_hours(1),
};
/// The limit of all unknown browsers together.
const UNKNOWN_BROWSERS_LIMIT: Limit = Limit {
    tries: 100,
    recovery: SignedDuration::from_mins(15),
    first_pause: SignedDuration::from_mins(15),
    max_pause: SignedDuration::from_mins(15),
};

/// Counts an attempt as a failure, and returns the number left before a pause.
///
/// # Errors
/// [`SignInError::Paused`] if the attempt must be rejected.
pub(super) async fn record_attempt(
    store: &Store,
    email: &Email,
    origin: &SignInOrigin,
    now: Timestamp,
) -> Result<i64, SignInError> {
    let scope = origin.scope();
    // The origin first, because attempts of a paused address must not use up the shared limit.
    let tries_left = record(store, email, &scope, &ORIGIN_LIMIT, now).await?;
    if origin.known_browser.is_none()
        && let Err(error) =
            record(store, email, UNKNOWN_BROWSERS, &UNKNOWN_BROWSERS_LIMIT, now).await
    {
        // The password is not verified, so the attempt does not count.
        undo(store, email, &scope).await?;
        return Err(error);
    }
    Ok(tries_left)
}

async fn record(
    store: &Store,
    email: &Email,
    scope: &str,
    limit: &Limit,
    now: Timestamp,
) -> Result<i64, SignInError> {
    loop {
        let stored = store.find_login_throttle(email.as_str(), scope).await?;
        let counted = limit
            .count(stored, now)
            .map_err(|wait| SignInError::Paused { wait })?;
        // A concurrent attempt changed the row: retry.
        if store
            .replace_login_throttle(email.as_str(), scope, stored, counted)
            .await?
        {
            return Ok((limit.tries - counted.failures).max(0));
        }
    }
}

/// Deletes the failures of this origin after a correct password. In the shared scope only this
/// attempt is undone.
pub(super) async fn reset(
    store: &Store,
    email: &Email,
    origin: &SignInOrigin,
) -> Result<(), SignInError> {
    store
        .delete_login_throttle(email.as_str(), &origin.scope())
        .await?;
    if origin.known_browser.is_none() {
        undo(store, email, UNKNOWN_BROWSERS).await?;
    }
    Ok(())
}

/// Undoes the failure counted for one attempt.
async fn undo(store: &Store, email: &Email, scope: &str) -> Result<(), SignInError> {
    loop {
        let stored = store.find_login_throttle(email.as_str(), scope).await?;
        let Some(row) = stored else { return Ok(()) };
        let undone = LoginThrottleRow {
            failures: (row.failures - 1).max(0),
            paused_until: 0,
            ..row
        };
        if store
            .replace_login_throttle(email.as_str(), scope, stored, undone)
            .await?
        {
            return Ok(());
        }
    }
}

impl Limit {
    /// The row with one more failure, or the remaining pause.
    fn count(
        &self,
        stored: Option<LoginThrottleRow>,
        now: Timestamp,
    ) -> Result<LoginThrottleRow, SignedDuration> {
        let now_ms = now.as_millisecond();
        let failures = match stored {
            Some(stored) if stored.paused_until > now_ms => {
                // The limit keeps a pause finite if the clock was set back.
                let wait = SignedDuration::from_millis(stored.paused_until - now_ms);
                return Err(wait.min(self.max_pause));
            }
            Some(stored) => self.after_recovery(stored, now_ms) + 1,
            None => 1,
        };
        let pause = self.pause_after(failures);
        Ok(LoginThrottleRow {
            failures,
            last_failed_at: now_ms,
            paused_until: pause.map_or(0, |pause| (now + pause).as_millisecond()),
        })
    }

    /// The failures that have not expired.
    fn after_recovery(&self, stored: LoginThrottleRow, now_ms: i64) -> i64 {
        let elapsed = SignedDuration::from_millis(now_ms.saturating_sub(stored.last_failed_at));
        let recovered = elapsed.as_secs() / self.recovery.as_secs();
        (stored.failures - recovered.max(0)).max(0)
    }

    /// The pause after this many failures.
    fn pause_after(&self, failures: i64) -> Option<SignedDuration> {
        let doublings = u32::try_from(failures - self.tries).ok()?;
        let factor = 2_i32.saturating_pow(doublings);
        Some(self.first_pause.saturating_mul(factor).min(self.max_pause))
    }
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
                ORIGIN_LIMIT.pause_after(failures),
                minutes.map(SignedDuration::from_mins),
                "{failures}"
            );
        }
    }

    /// Ten wrong passwords at the same moment.
    fn ten(now: Timestamp) -> LoginThrottleRow {
        let mut row = None;
        for _ in 0..10 {
            row = Some(ORIGIN_LIMIT.count(row, now).unwrap());
        }
        row.unwrap()
    }

    #[test]
    fn a_paused_attempt_is_not_counted_and_a_later_one_is() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let row = ten(now);
        let pause = ORIGIN_LIMIT.first_pause;
        assert_eq!(ORIGIN_LIMIT.count(Some(row), now), Err(pause));
        let almost = now + SignedDuration::from_mins(14);
        let minute = SignedDuration::from_mins(1);
        assert_eq!(ORIGIN_LIMIT.count(Some(row), almost), Err(minute));
        let later = ORIGIN_LIMIT.count(Some(row), now + pause).unwrap();
        assert_eq!(later.failures, 11);
        assert!(ORIGIN_LIMIT.count(Some(later), now + pause).is_err());
    }

    #[test]
    fn one_guess_an_hour_renews_no_pause() {
        let mut now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut row = ten(now);
        for hour in 1..=48 {
            now += SignedDuration::from_hours(1);
            row = ORIGIN_LIMIT.count(Some(row), now).unwrap();
            assert_eq!(row.paused_until, 0, "after {hour} hours");
        }
        assert_eq!(row.failures, 1);
    }

    #[test]
    fn a_clock_set_back_does_not_lengthen_the_pause() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let row = ten(now);
        let a_year_ago = now - SignedDuration::from_hours(365 * 24);
        let hour = SignedDuration::from_hours(1);
        assert_eq!(ORIGIN_LIMIT.count(Some(row), a_year_ago), Err(hour));
    }
}
