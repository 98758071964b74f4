//! `OPERATORS`: the users who may use the operators' area.

use crate::{
    app::config::{ConfigError, values::Values},
    model::ReferenceId,
};

const NAME: &str = "OPERATORS";

/// The operators' user IDs.
///
/// E-mails are not accepted: they are not verified here, so anyone could sign up with an operator's. An
/// ID is assigned by us to an existing account.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Operators(Vec<ReferenceId>);

impl Operators {
    /// User IDs, comma separated.
    pub(crate) fn read(values: &Values) -> Result<Self, ConfigError> {
        let entries = values.text(NAME).unwrap_or_default().split(',');
        entries
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| {
                // The entry is not repeated: it may be somebody's e-mail.
                ReferenceId::parse(entry).map_err(|_| {
                    ConfigError::new(
                        NAME,
                        "use the user IDs of accounts, comma separated, like `usr_…, usr_…`, and \
                         no e-mails, which prove nobody; `persona-onboarding users find <e-mail>` \
                         prints the ID of an account",
                    )
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a user is an operator.
    #[must_use]
    pub fn contains(&self, user: &ReferenceId) -> bool {
        self.0.contains(user)
    }
}

/// IDs of people stay out of logs that need not have them.
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

    fn user(id: &str) -> ReferenceId {
        ReferenceId::parse(id).unwrap()
    }

    #[test]
    fn an_operator_is_known_by_the_id() {
        let operators = read(" usr_Ana1, usr_Bo2,").unwrap();
        for id in ["usr_Ana1", "usr_Bo2"] {
            assert!(operators.contains(&user(id)), "{id}");
        }
        for id in ["usr_ana1", "usr_Ana", "usr_Eve3"] {
            assert!(!operators.contains(&user(id)), "{id}");
        }
        assert_eq!(format!("{operators:?}"), "2 operators");
    }

    #[test]
    fn without_the_variable_nobody_is_one() {
        for text in ["", " , "] {
            assert!(!read(text).unwrap().contains(&user("usr_Ana1")));
        }
    }

    #[test]
    fn an_email_is_refused_with_the_fix_and_not_repeated() {
        for text in [
            "ana@example.com",
            "usr_Ana1, bo@example.com",
            "usr_Ana1; usr_Bo2",
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with("OPERATORS: use the user IDs"), "{error}");
            assert!(error.contains("users find <e-mail>"), "{error}");
            assert!(!error.contains("example.com"), "{error}");
        }
    }
}
