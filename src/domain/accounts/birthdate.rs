//! A plausible date of birth.
//!
//! Age is counted in whole calendar years: it increases at the start of the birthday. For a birth
//! on February 29 that is March 1 in a common year. The person's time zone is unknown, so nobody is
//! rejected because of it: the minimum age uses the latest date on Earth (UTC+14), the maximum age
//! the earliest (UTC-12).

use jiff::{
    Timestamp, ToSpan,
    civil::Date,
    tz::{Offset, TimeZone},
};

use crate::domain::accounts::pasted_text;

/// The maximum age, above the highest age on record.
const MAX_AGE_YEARS: i64 = 130;
/// The time zones in which a day begins first and ends last.
const FIRST_ZONE: Offset = Offset::constant(14);
const LAST_ZONE: Offset = Offset::constant(-12);

/// A date of birth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Birthdate(Date);

/// Why a text is not a date of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BirthdateProblem {
    /// The text is empty.
    Missing,
    /// The date does not exist or has another format.
    NotADate,
    /// The date is today or in the future.
    NotPast,
    /// The date is too long ago.
    TooOld,
    /// The person is too young.
    TooYoung {
        /// The minimum age.
        minimum_age: u8,
    },
}

impl Birthdate {
    /// Parses a date in the format `1977-08-31`, which browsers send.
    ///
    /// # Errors
    /// [`BirthdateProblem`]; it does not contain the text.
    pub fn parse(text: &str, now: Timestamp, minimum_age: u8) -> Result<Self, BirthdateProblem> {
        let text = pasted_text::clean(text).map_err(|_| BirthdateProblem::NotADate)?;
        if text.is_empty() {
            return Err(BirthdateProblem::Missing);
        }
        let date = Date::strptime("%Y-%m-%d", &text).map_err(|_| BirthdateProblem::NotADate)?;
        let latest_today = date_in(FIRST_ZONE, now);
        if date >= latest_today {
            return Err(BirthdateProblem::NotPast);
        }
        if birthday(date, MAX_AGE_YEARS) < date_in(LAST_ZONE, now) {
            return Err(BirthdateProblem::TooOld);
        }
        if birthday(date, i64::from(minimum_age)) > latest_today {
            return Err(BirthdateProblem::TooYoung { minimum_age });
        }
        Ok(Self(date))
    }

    /// The date.
    #[must_use]
    pub fn date(self) -> Date {
        self.0
    }
}

fn date_in(zone: Offset, now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::fixed(zone)).date()
}

/// The date on which a person reaches this age.
fn birthday(born: Date, years: i64) -> Date {
    let day = born.saturating_add(years.years());
    // `saturating_add` replaces February 29 by the last day of the month.
    match day.day() == born.day() {
        true => day,
        false => day.saturating_add(1.day()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon of that day: it is the same one everywhere but at the edges.
    fn noon(date: &str) -> Timestamp {
        format!("{date}T09:00:00Z").parse().unwrap()
    }

    #[test]
    fn only_a_day_that_a_grown_person_was_born_on_is_accepted() {
        let now = noon("2026-03-01");
        let young = BirthdateProblem::TooYoung { minimum_age: 18 };
        for (text, expected) in [
            ("1977-08-31", None),
            (" 1977-08-31 ", None),
            ("2008-03-01", None),
            ("2008-03-02", Some(young)),
            ("2008-02-29", None),
            ("2026-02-28", Some(young)),
            ("1896-03-01", None),
            ("1896-02-29", None),
            ("1896-02-27", Some(BirthdateProblem::TooOld)),
            ("0001-01-01", Some(BirthdateProblem::TooOld)),
            ("2026-03-01", Some(BirthdateProblem::NotPast)),
            ("9999-12-31", Some(BirthdateProblem::NotPast)),
            ("2001-02-29", Some(BirthdateProblem::NotADate)),
            ("1977-8-31x", Some(BirthdateProblem::NotADate)),
            ("31.08.1977", Some(BirthdateProblem::NotADate)),
            ("1977-08-31T00:00", Some(BirthdateProblem::NotADate)),
            ("tomorrow", Some(BirthdateProblem::NotADate)),
            ("", Some(BirthdateProblem::Missing)),
        ] {
            let result = Birthdate::parse(text, now, 18);
            assert_eq!(result.err(), expected, "{text:?}");
        }
    }

    #[test]
    fn the_minimum_age_is_the_configured_one() {
        let now = noon("2026-03-01");
        assert!(Birthdate::parse("2026-02-28", now, 0).is_ok());
        assert!(Birthdate::parse("2005-03-02", now, 21).is_err());
        assert!(Birthdate::parse("2005-03-01", now, 21).is_ok());
    }

    #[test]
    fn a_leap_days_child_is_older_on_the_first_of_march() {
        for (day, is_of_age) in [
            ("2026-02-27", false),
            ("2026-02-28", false),
            ("2026-03-01", true),
            // A year that has the day.
            ("2028-02-28", false),
            ("2028-02-29", true),
        ] {
            let age = if day.starts_with("2026") { 18 } else { 20 };
            let result = Birthdate::parse("2008-02-29", noon(day), age);
            assert_eq!(result.is_ok(), is_of_age, "{day}");
        }
    }

    #[test]
    fn nobody_is_refused_for_the_hours_between_time_zones() {
        for (now, born, expected) in [
            // In UTC it is the day before.
            ("2026-02-28T10:00:00Z", "2008-03-01", None),
            (
                "2026-02-28T09:59:59Z",
                "2008-03-01",
                Some(BirthdateProblem::TooYoung { minimum_age: 18 }),
            ),
            // On the last island it is still the day of being 130 years old.
            ("2026-03-02T11:59:59Z", "1896-03-01", None),
            (
                "2026-03-02T12:00:00Z",
                "1896-03-01",
                Some(BirthdateProblem::TooOld),
            ),
        ] {
            let result = Birthdate::parse(born, now.parse().unwrap(), 18);
            assert_eq!(result.err(), expected, "{born} at {now}");
        }
    }
}
