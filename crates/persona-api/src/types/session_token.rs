//! The token that opens a pending inquiry. It is a secret.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An inquiry session's token. It grants access to the person's data, so `Debug` redacts it, and it
/// must not be stored on the server or put into a URL
/// (docs.withpersona.com/docs/resuming-inquiries).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionToken(String);

impl SessionToken {
    /// Creates a token from Persona's text; `None` if the text is empty.
    #[must_use]
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty()).then_some(Self(text))
    }

    /// The token as text, for the client that opens the inquiry.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed_and_an_empty_one_is_none() {
        let token = SessionToken::parse("eyJhbGciOiJIUzI1NiJ9.secret").unwrap();
        assert!(!format!("{token:?}").contains("secret"));
        assert_eq!(SessionToken::parse(""), None);
    }
}
