//! Wrong passwords pause an e-mail's sign-in for whoever typed them, and not for its owner.
//!
//! Attempts are counted by where they come from: a browser in which this e-mail has signed in before
//! (it proves that with a cookie), or an address. Ten wrong passwords pause the e-mail there, for 15
//! minutes, then 30, then 60; every half hour makes one of them good, so that one guess an hour
//! renews no pause. All strangers together have 100 attempts for an e-mail, one more every 15
//! minutes: guessing from many addresses gets no further, and the owner's known browsers are
//! not counted among them.
//!
//! An attempt is counted before its password is looked at, and taken back when it was right: of many
//! attempts at the same moment no more than ten are looked at. It is about the e-mail and not the
//! account, so it does not tell whether there is one. Who is signed in already is not touched.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::{Email, SignInError};
use crate::store::{LoginThrottleRow, Store};

/// When failures are forgotten altogether.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(24);
/// The scope of all strangers together.
const UNKNOWN_BROWSERS: &str = "";

/// Where an attempt to sign in comes from.
#[derive(Debug, Clone, Default)]
pub struct SignInOrigin {
    /// The browser's ID, if this e-mail has signed in there before.
    pub known_browser: Option<String>,
    /// The client's address; of IPv6, the network's.
    pub address: Option<IpAddr>,
}

impl SignInOrigin {
    /// The name of what is counted together.
    fn scope(&self) -> String {
        match (&self.known_browser, self.address) {
            (Some(browser), _) => format!("browser {browser}"),
            (None, Some(address)) => format!("address {address}"),
            (None, None) => "address unknown".to_owned(),
        }
    }
}

/// How many wrong passwords there may be, and what comes then.
struct Limit {
    /// Wrong passwords until the first pause.
    tries: i64,
    /// How long it takes to make one of them good.
    recovery: SignedDuration,
    first_pause: SignedDuration,
    max_pause: SignedDuration,
}

/// For one browser or address.
const ORIGIN_LIMIT: Limit = Limit {
    tries: 10,
    recovery: SignedDuration::from_mins(30),
    first_pause: SignedDuration::from_mins(15),
    max_pause: SignedDuration::from_hours(1),
};
/// For all browsers together in which the e-mail has not signed in before.
const UNKNOWN_BROWSERS_LIMIT: Limit = Limit {
    tries: 100,
    recovery: SignedDuration::from_mins(15),
    first_pause: SignedDuration::from_mins(15),
    max_pause: SignedDuration::from_mins(15),
};

/// Counts an attempt as a failure, and says how many are left before a pause.
///
/// # Errors
/// [`SignInError::Paused`] if it is not to be looked at.
pub(super) async fn record_attempt(
    store: &Store,
    email: &Email,
    origin: &SignInOrigin,
    now: Timestamp,
) -> Result<i64, SignInError> {
    let scope = origin.scope();
    // First where it comes from: attempts of a paused address must not use up what is left to others.
    let tries_left = record(store, email, &scope, &ORIGIN_LIMIT, now).await?;
    if origin.known_browser.is_none()
        && let Err(error) =
            record(store, email, UNKNOWN_BROWSERS, &UNKNOWN_BROWSERS_LIMIT, now).await
    {
        // It was not looked at.
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
        // Another attempt was faster: look again.
        if store
            .replace_login_throttle(email.as_str(), scope, stored, counted)
            .await?
        {
            return Ok((limit.tries - counted.failures).max(0));
        }
    }
}

/// Forgets the failures of this origin after a right password. Those of strangers stay, but for this
/// attempt.
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

/// Takes back one attempt that was counted as a failure and is none.
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
    /// The failures with one more, or how long to wait.
    fn count(
        &self,
        stored: Option<LoginThrottleRow>,
        now: Timestamp,
    ) -> Result<LoginThrottleRow, SignedDuration> {
        let now_ms = now.as_millisecond();
        let failures = match stored {
            Some(stored) if stored.paused_until > now_ms => {
                // A clock that was set back must not make a pause endless.
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

    /// The failures that time has not made good.
    fn after_recovery(&self, stored: LoginThrottleRow, now_ms: i64) -> i64 {
        let elapsed = SignedDuration::from_millis(now_ms.saturating_sub(stored.last_failed_at));
        let recovered = elapsed.as_secs() / self.recovery.as_secs();
        (stored.failures - recovered.max(0)).max(0)
    }

    /// How long to pause after so many wrong passwords.
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
