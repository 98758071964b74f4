//! A person's first or last name.

use unicode_normalization::UnicodeNormalization;

/// Longest name, in characters: longer than any on a document.
const LONGEST: usize = 100;

/// A name as a person writes it, in any script, tidied: no space around it, single ones within.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblem {
    /// There is nothing.
    Missing,
    /// It has more characters than any name.
    TooLong,
    /// It has no letter, or a character that cannot be seen.
    NotAName,
}

impl PersonName {
    /// Reads a name. Few rules on purpose: people know their names better than programs do.
    ///
    /// # Errors
    /// [`NameProblem`]; it does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        if text.chars().any(is_unseen) {
            return Err(NameProblem::NotAName);
        }
        // One form for what looks the same, so that Persona can compare it with a document.
        let words: Vec<String> = text
            .split_whitespace()
            .map(|word| word.nfc().collect())
            .collect();
        let name = words.join(" ");
        if name.is_empty() {
            Err(NameProblem::Missing)
        } else if name.chars().count() > LONGEST {
            Err(NameProblem::TooLong)
        } else if !name.chars().any(char::is_alphabetic) {
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

/// Controls, line separators and what turns the direction of the text around. The joiners that
/// Persian and the scripts of India need are welcome.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFD}'
        )
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
        ] {
            assert_eq!(parse(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_name_is_tidied() {
        assert_eq!(parse("  Ana   María ").as_deref(), Ok("Ana María"));
        assert_eq!(parse("Jose\u{301}").as_deref(), Ok("José"));
        assert_eq!(parse("Ana\u{a0}María").as_deref(), Ok("Ana María"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (text, problem) in [
            ("", NameProblem::Missing),
            (" \u{a0} ", NameProblem::Missing),
            ("--", NameProblem::NotAName),
            ("42", NameProblem::NotAName),
            ("Ana\nMaría", NameProblem::NotAName),
            ("Ana\0", NameProblem::NotAName),
            ("\u{202e}anA", NameProblem::NotAName),
            ("A\u{200b}na", NameProblem::NotAName),
        ] {
            assert_eq!(parse(text), Err(problem), "{text:?}");
        }
        assert!(parse(&"é".repeat(100)).is_ok());
        assert_eq!(parse(&"é".repeat(101)), Err(NameProblem::TooLong));
    }
}
