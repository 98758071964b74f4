//! An account's e-mail address.

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization;

use crate::domain::accounts::pasted_text;

/// A normalized address. Addresses that differ only in case are the same account, because people do
/// not remember the case and providers ignore it.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// Why a text is not a valid e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailProblem {
    /// The text is empty.
    Missing,
    /// The text does not have the form `name@example.com`.
    NotAnAddress,
    /// The e-mail has an account already.
    Taken,
}

impl Email {
    /// Parses an address.
    ///
    /// # Errors
    /// [`EmailProblem`]; it does not contain the text.
    pub fn parse(text: &str) -> Result<Self, EmailProblem> {
        let text = pasted_text::clean(text).map_err(|_| EmailProblem::NotAnAddress)?;
        let text: String = text.to_lowercase().nfc().collect();
        if text.is_empty() {
            return Err(EmailProblem::Missing);
        }
        let options = Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        EmailAddress::parse_with_options(&text, options)
            .map(|_| Self(text))
            .map_err(|_| EmailProblem::NotAnAddress)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub(super) fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_form() {
        for text in [
            "walker@example.com",
            " walker@example.com ",
            "Walker@Example.COM",
            "\u{2068}walker\u{200b}@example.com\u{2069}\u{feff}\t",
        ] {
            assert!(Email::parse(text).is_ok_and(|email| email.as_str() == "walker@example.com"));
        }
        for text in [
            "a.b+dogs@mail.example.co.uk",
            "jörg@müller.example",
            "o'brien@example.com",
        ] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(Email::parse("  ").err(), Some(EmailProblem::Missing));
        for text in [
            "walker",
            "walker@",
            "@example.com",
            "walker@localhost",
            "walker@example..com",
            "walker@[127.0.0.1]",
            "Walker <walker@example.com>",
            "walker@example.com\nBcc: all@example.com",
            "a b@example.com",
            "walker\u{202e}@example.com",
            &format!("{}@example.com", "a".repeat(300)),
        ] {
            assert_eq!(
                Email::parse(text).err(),
                Some(EmailProblem::NotAnAddress),
                "{text:?}"
            );
        }
    }
}
