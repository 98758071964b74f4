//! Names of persons.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::domain::accounts::pasted_text::{self, ReorderingMark};

/// The maximum length of a name, in characters: longer than any on a document.
const MAX_CHARS: usize = 100;

/// A name in any script, with normalized white space.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblem {
    /// The text is empty.
    Missing,
    /// The name is too long.
    TooLong,
    /// The text has no letter, or a symbol, a control character, or a digit within a word.
    NotAName,
    /// The text has an invisible mark that changes how the rest is displayed.
    HiddenMark,
}

impl PersonName {
    /// Parses a name. There are few rules on purpose: people know their names better than programs
    /// do.
    ///
    /// # Errors
    /// [`NameProblem`]; it does not contain the text.
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        let text = pasted_text::clean(text).map_err(|ReorderingMark| NameProblem::HiddenMark)?;
        if text.chars().any(is_not_text) {
            return Err(NameProblem::NotAName);
        }
        // Normalized, so that Persona can compare it with a document.
        let words: Vec<String> = text
            .split_whitespace()
            .map(|word| word.nfc().collect())
            .collect();
        let name = words.join(" ");
        if name.is_empty() {
            Err(NameProblem::Missing)
        } else if name.chars().count() > MAX_CHARS {
            Err(NameProblem::TooLong)
        } else if !name.chars().any(char::is_alphabetic) || !words.iter().all(|word| is_word(word))
        {
            Err(NameProblem::NotAName)
        } else {
            Ok(Self(name))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A first and a last name, or one of them. Many people have a single name, and forms disagree
/// about which of the two it is (w3.org/International/questions/qa-personal-names).
#[derive(Clone, PartialEq, Eq)]
pub struct PersonNames {
    first: Option<PersonName>,
    last: Option<PersonName>,
}

/// The problem of each name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NamesProblem {
    /// The first name's problem, also if both are missing.
    pub first: Option<NameProblem>,
    /// The last name's problem.
    pub last: Option<NameProblem>,
}

impl PersonNames {
    /// Parses both names. One may be empty.
    ///
    /// # Errors
    /// [`NamesProblem`]; it does not contain the texts.
    pub fn parse(first: &str, last: &str) -> Result<Self, NamesProblem> {
        let optional = |text| match PersonName::parse(text) {
            Ok(name) => Ok(Some(name)),
            Err(NameProblem::Missing) => Ok(None),
            Err(problem) => Err(problem),
        };
        match (optional(first), optional(last)) {
            (Ok(None), Ok(None)) => Err(NamesProblem {
                first: Some(NameProblem::Missing),
                last: None,
            }),
            (Ok(first), Ok(last)) => Ok(Self { first, last }),
            (first, last) => Err(NamesProblem {
                first: first.err(),
                last: last.err(),
            }),
        }
    }

    /// The first name; empty if there is none.
    #[must_use]
    pub fn first(&self) -> &str {
        self.first.as_ref().map_or("", PersonName::as_str)
    }

    /// The last name; empty if there is none.
    #[must_use]
    pub fn last(&self) -> &str {
        self.last.as_ref().map_or("", PersonName::as_str)
    }
}

/// Punctuation that names contain: apostrophes, hyphens, dots, and what some documents print, such as
/// `S/O` and a former name in parentheses.
const PUNCTUATION: &str = "'’‘`´-‐‑–.,·・•/()՚׳״";

/// Whether a word may be part of a name. A digit is a slip of the keyboard unless the word begins with
/// it (`2nd`), and a symbol always is: Persona compares the name with a document.
fn is_word(word: &str) -> bool {
    let rest = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
    rest.chars().all(|character| {
        character.is_alphabetic()
            || is_combining_mark(character)
            || matches!(character, '\u{200C}' | '\u{200D}')
            || PUNCTUATION.contains(character)
    })
}

/// Control characters, and placeholders for something other than text.
fn is_not_text(character: char) -> bool {
    character.is_control() || matches!(character, '\u{FFF9}'..='\u{FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, NameProblem> {
        PersonName::parse(text).map(|name| name.0)
    }

    #[test]
    fn names_of_the_world_are_welcome() {
        for name in [
            "Alexander",
            "Nuñez-Müller",
            "O’Brien",
            "O'Brien",
            "María del Carmen",
            "Ng",
            "X",
            "王",
            "José",
            "नरेन्द्र",
            "می‌خواهم",
            "محمد",
            "Þórdís",
            "J. R. R.",
            "John 2nd",
            "Ramesh S/O Kumar",
            "Marie-Claire (née Dupont)",
            "Sant’Ana",
            "Paul·la",
        ] {
            assert_eq!(parse(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_name_is_tidied() {
        assert_eq!(parse("  Ana   María ").as_deref(), Ok("Ana María"));
        assert_eq!(parse("Jose\u{301}").as_deref(), Ok("José"));
        assert_eq!(parse("Ana\u{a0}María").as_deref(), Ok("Ana María"));
        assert_eq!(
            parse("\u{200f}Ana\t\u{feff}María\r\n").as_deref(),
            Ok("Ana María")
        );
    }

    #[test]
    fn one_name_of_both_is_enough() {
        let parse = |first, last| {
            PersonNames::parse(first, last)
                .map(|names| (names.first().to_owned(), names.last().to_owned()))
        };
        let owned = |first: &str, last: &str| Ok((first.to_owned(), last.to_owned()));
        assert_eq!(parse("Ana", "Núñez"), owned("Ana", "Núñez"));
        assert_eq!(parse("Suharto", " "), owned("Suharto", ""));
        assert_eq!(parse("\u{feff}", "Suharto"), owned("", "Suharto"));
        let problem = |first, last| Err(NamesProblem { first, last });
        assert_eq!(parse("", ""), problem(Some(NameProblem::Missing), None));
        assert_eq!(parse("", "42"), problem(None, Some(NameProblem::NotAName)));
        assert_eq!(
            parse("42", "--"),
            problem(Some(NameProblem::NotAName), Some(NameProblem::NotAName))
        );
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (text, problem) in [
            ("", NameProblem::Missing),
            (" \u{a0} ", NameProblem::Missing),
            ("--", NameProblem::NotAName),
            ("42", NameProblem::NotAName),
            ("M4ya", NameProblem::NotAName),
            ("Maya@", NameProblem::NotAName),
            ("M4ya@", NameProblem::NotAName),
            ("O!", NameProblem::NotAName),
            ("Ana_María", NameProblem::NotAName),
            ("Ana 🐾", NameProblem::NotAName),
            ("<b>Ana</b>", NameProblem::NotAName),
            ("Ana\0", NameProblem::NotAName),
            ("Ana\u{fffd}", NameProblem::NotAName),
            ("\u{202e}anA", NameProblem::HiddenMark),
            ("A\u{2067}na", NameProblem::HiddenMark),
            ("\u{200f}\u{3164}", NameProblem::Missing),
        ] {
            assert_eq!(parse(text), Err(problem), "{text:?}");
        }
        assert!(parse(&"é".repeat(100)).is_ok());
        assert_eq!(parse(&"é".repeat(101)), Err(NameProblem::TooLong));
    }
}
