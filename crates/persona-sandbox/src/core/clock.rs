//! The sandbox's own time.
//!
//! Every date that the sandbox writes and every schedule it keeps comes from [`Clock`], which
//! the control API can set, advance or speed up. Only webhook signatures stay on wall time.
//! Nothing else in the sandbox may read the system clock.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The last second that jiff can express: 9999-12-30T22:00:00Z.
const MAX_MILLIS: i64 = 253_402_207_200_000;

/// A point in time with Persona's precision, a millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Moment(i64);

impl Moment {
    /// The moment this many milliseconds after 1970, clamped to years with four digits.
    pub(crate) fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, MAX_MILLIS))
    }

    /// The system's clock: the only place where the sandbox reads it.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the sandbox's reader of the clock"
    )]
    fn wall_micros() -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(MAX_MILLIS * 1000)
    }

    /// Wall time.
    pub(crate) fn wall() -> Self {
        Self::from_millis(Self::wall_micros().div_euclid(1000))
    }

    /// Milliseconds since 1970.
    pub(crate) fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as tokens and signatures carry them.
    pub(crate) fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment, later by `duration`.
    pub(crate) fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(MAX_MILLIS);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This moment, later by `seconds` (or earlier, if negative).
    pub(crate) fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_millis(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// The day in UTC.
    pub(crate) fn date(self) -> jiff::civil::Date {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        jiff::tz::Offset::UTC.to_datetime(timestamp).date()
    }

    /// Reads an ISO 8601 date and time with an offset, such as `2026-01-05T10:00:00.000Z`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let timestamp = text.parse::<jiff::Timestamp>().ok()?;
        let millis = timestamp.as_millisecond();
        (0..=MAX_MILLIS).contains(&millis).then_some(Self(millis))
    }
}

/// Persona's form: ISO 8601 in UTC with milliseconds.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("not an ISO 8601 date and time"))
    }
}

/// Sandbox time: it runs from an anchor, at a speed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Clock {
    wall_anchor: Moment,
    sandbox_anchor: Moment,
    speed: f64,
}

/// Why a clock cannot be set.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClockError {
    /// The speed is negative, not a number, or beyond reason.
    #[error("speed must be a number from 0 (stopped) to 1000000")]
    Speed,
}

impl Clock {
    /// A clock that shows wall time.
    pub(crate) fn wall() -> Self {
        let wall = Moment::wall();
        Self {
            wall_anchor: wall,
            sandbox_anchor: wall,
            speed: 1.0,
        }
    }

    /// The time of this clock.
    pub(crate) fn now(&self) -> Moment {
        self.at_micros(Moment::wall_micros())
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float cast saturates, as does Moment"
    )]
    fn at_micros(&self, wall: i64) -> Moment {
        let anchor = self.wall_anchor.as_millis().saturating_mul(1000);
        let elapsed = wall.saturating_sub(anchor);
        // In microseconds, so that a fast clock advances within a millisecond of wall time: two changes
        // in a row must not get the same time.
        let passed = if self.speed == 1.0 {
            elapsed.div_euclid(1000)
        } else {
            (elapsed as f64 * self.speed / 1000.0) as i64
        };
        Moment::from_millis(self.sandbox_anchor.as_millis().saturating_add(passed))
    }

    /// The same clock, showing `now` from here on.
    pub(crate) fn set_to(self, now: Moment) -> Self {
        Self {
            wall_anchor: Moment::wall(),
            sandbox_anchor: now,
            speed: self.speed,
        }
    }

    /// The same time, running `speed` times as fast from here on; 0 stops it.
    pub(crate) fn at_speed(self, speed: f64) -> Result<Self, ClockError> {
        if !(0.0..=1_000_000.0).contains(&speed) {
            return Err(ClockError::Speed);
        }
        let wall = Moment::wall_micros();
        Ok(Self {
            wall_anchor: Moment::from_millis(wall.div_euclid(1000)),
            sandbox_anchor: self.at_micros(wall),
            speed,
        })
    }

    /// The clock at normal speed, from its anchor: for a clock of an earlier run, whose speed must
    /// not multiply the time since.
    pub(crate) fn at_normal_speed(self) -> Self {
        Self {
            wall_anchor: Moment::wall(),
            sandbox_anchor: self.sandbox_anchor,
            speed: 1.0,
        }
    }

    /// The anchor: the time of this clock when it was last set.
    pub(crate) fn anchor(&self) -> Moment {
        self.sandbox_anchor
    }

    /// How many seconds of sandbox time pass in one of wall time.
    pub(crate) fn speed(&self) -> f64 {
        self.speed
    }

    /// How long to sleep until this clock shows `moment`; `None` if it is stopped before that.
    #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
    pub(crate) fn wall_time_until(&self, moment: Moment) -> Option<Duration> {
        let ahead = moment.as_millis().saturating_sub(self.now().as_millis());
        if ahead <= 0 {
            return Some(Duration::ZERO);
        }
        if self.speed == 0.0 {
            return None;
        }
        Some(Duration::from_millis(
            (ahead as f64 / self.speed).ceil() as u64
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_prints_with_milliseconds_and_reads_back() {
        let moment = Moment::from_millis(1_767_607_200_100);
        assert_eq!(moment.to_string(), "2026-01-05T10:00:00.100Z");
        assert_eq!(Moment::parse("2026-01-05T10:00:00.100Z"), Some(moment));
        assert_eq!(Moment::parse("2026-01-05T12:00:00.100+02:00"), Some(moment));
        assert_eq!(Moment::parse("yesterday"), None);
    }

    #[test]
    fn an_interval_beyond_reason_stops_at_the_last_printable_second() {
        let far = Moment::wall().plus_seconds(i64::MAX);
        assert_eq!(far.to_string(), "9999-12-30T22:00:00.000Z");
    }

    #[test]
    fn a_clock_can_be_set_advanced_and_stopped() {
        let start = Moment::from_millis(1_000_000);
        let clock = Clock::wall().at_speed(0.0).unwrap().set_to(start);
        assert_eq!(clock.now(), start);
        assert_eq!(clock.wall_time_until(start), Some(Duration::ZERO));
        assert_eq!(clock.wall_time_until(start.plus_seconds(1)), None);
        assert_eq!(clock.at_speed(-1.0), Err(ClockError::Speed));
        assert_eq!(clock.at_speed(f64::NAN), Err(ClockError::Speed));
    }

    #[test]
    fn a_fast_clock_covers_more_time() {
        let clock = Clock {
            speed: 60.0,
            ..Clock::wall()
        };
        let anchor = clock.wall_anchor.as_millis() * 1000;
        let shown = |micros| clock.at_micros(anchor + micros).as_millis();
        let start = clock.sandbox_anchor.as_millis();
        assert_eq!(shown(1_000_000), start + 60_000);
        assert_eq!(shown(100), start + 6, "within a millisecond, too");
    }
}
