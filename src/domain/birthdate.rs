//! A date of birth that a person of today can have.

use jiff::{ToSpan, civil::Date};

/// Older than anyone has become.
const OLDEST_YEARS: i64 = 130;

/// A date of birth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Birthdate(Date);

/// Why a text is no date of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BirthdateProblem {
    /// There is nothing.
    Missing,
    /// There is no such day, or it is written in another way.
    NotADate,
    /// It is today or yet to come.
    NotPast,
    /// It is too long ago.
    TooOld,
    /// The person is younger than we take.
    TooYoung {
        /// The age from which on we do.
        minimum_age: u8,
    },
}

impl Birthdate {
    /// Reads a date written `1977-08-31`, as browsers send it.
    ///
    /// # Errors
    /// [`BirthdateProblem`]; it does not repeat the text.
    pub fn parse(text: &str, today: Date, minimum_age: u8) -> Result<Self, BirthdateProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BirthdateProblem::Missing);
        }
        let date = Date::strptime("%Y-%m-%d", text).map_err(|_| BirthdateProblem::NotADate)?;
        if date >= today {
            return Err(BirthdateProblem::NotPast);
        }
        // A day that does not exist in that year (February 29) becomes the last of its month.
        if date < today.saturating_sub(OLDEST_YEARS.years()) {
            return Err(BirthdateProblem::TooOld);
        }
        if date.saturating_add(i64::from(minimum_age).years()) > today {
            return Err(BirthdateProblem::TooYoung { minimum_age });
        }
        Ok(Self(date))
    }

    /// The day.
    #[must_use]
    pub fn date(self) -> Date {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_day_that_a_grown_person_was_born_on_is_accepted() {
        let today = Date::constant(2026, 3, 1);
        let young = BirthdateProblem::TooYoung { minimum_age: 18 };
        for (text, expected) in [
            ("1977-08-31", None),
            (" 1977-08-31 ", None),
            ("2008-03-01", None),
            ("2008-03-02", Some(young)),
            ("2008-02-29", None),
            ("2026-02-28", Some(young)),
            ("1896-03-01", None),
            ("1896-02-29", Some(BirthdateProblem::TooOld)),
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
            let result = Birthdate::parse(text, today, 18);
            assert_eq!(result.err(), expected, "{text:?}");
        }
    }

    #[test]
    fn the_minimum_age_is_the_configured_one() {
        let today = Date::constant(2026, 3, 1);
        assert!(Birthdate::parse("2026-02-28", today, 0).is_ok());
        assert!(Birthdate::parse("2005-03-02", today, 21).is_err());
        assert!(Birthdate::parse("2005-03-01", today, 21).is_ok());
    }
}
