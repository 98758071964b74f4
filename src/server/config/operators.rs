//! Who may look into the operators' area.

use super::{ConfigError, values::Values};
use crate::domain::Email;

const NAME: &str = "OPERATORS";

/// The e-mails of the operators' accounts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Operators(Vec<Email>);

impl Operators {
    /// E-mails, comma separated.
    pub(super) fn read(values: &Values) -> Result<Self, ConfigError> {
        let entries = values.text(NAME).unwrap_or_default().split(',');
        entries
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| {
                Email::parse(entry).map_err(|_| {
                    ConfigError::new(
                        NAME,
                        "use the e-mails of accounts, comma separated, like \
                         `ana@example.com, bo@example.com`",
                    )
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether an account's e-mail is an operator's, however either is written.
    #[must_use]
    pub fn contains(&self, email: &str) -> bool {
        Email::parse(email).is_ok_and(|email| self.0.contains(&email))
    }
}

/// E-mails stay out of logs.
impl std::fmt::Debug for Operators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} operators", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn read(text: &str) -> Result<Operators, ConfigError> {
        let values = HashMap::from([(NAME.to_owned(), text.to_owned())]);
        Operators::read(&Values::new(values))
    }

    #[test]
    fn an_operator_is_known_however_the_email_is_written() {
        let operators = read("Ana@Example.com, bo@example.com,").unwrap();
        for email in ["ana@example.com", " BO@example.com"] {
            assert!(operators.contains(email), "{email}");
        }
        for email in ["", "ana", "eve@example.com"] {
            assert!(!operators.contains(email), "{email}");
        }
        assert_eq!(format!("{operators:?}"), "2 operators");
    }

    #[test]
    fn without_the_variable_nobody_is_one() {
        for text in ["", " , "] {
            assert!(!read(text).unwrap().contains("ana@example.com"));
        }
    }

    #[test]
    fn what_is_no_email_is_refused_with_the_fix() {
        let error = read("ana@example.com; bo").unwrap_err().to_string();
        assert!(error.starts_with("OPERATORS: use the e-mails"), "{error}");
    }
}
