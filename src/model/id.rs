//! Identifiers, each with one way in: `parse`.
//!
//! Persona's IDs are opaque: their prefixes and lengths may change without a version bump
//! (docs.withpersona.com/docs/versioning), so only the alphabet is checked, which makes them safe in
//! a path. A template's ID comes from our own configuration, where its prefix tells a mix-up.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest ID that is accepted, in bytes: a guard against abuse, not a fact about Persona.
const LONGEST: usize = 200;

/// Why a text is not the ID it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Of an ID that begins in a certain way.
    #[error("not {what}: it must begin with `{prefix}`, followed by letters, digits, `_` or `-`")]
    Prefixed {
        /// What it should be.
        what: &'static str,
        /// How it begins.
        prefix: &'static str,
    },
    /// Of any other ID.
    #[error("not {what}: it must consist of letters, digits, `_` or `-`")]
    Opaque {
        /// What it should be.
        what: &'static str,
    },
}

impl IdError {
    fn new(what: &'static str, prefix: &'static str) -> Self {
        match prefix {
            "" => Self::Opaque { what },
            _ => Self::Prefixed { what, prefix },
        }
    }
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.len() <= LONGEST
        && text.strip_prefix(prefix).is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        })
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Accepts a text of the right form.
            ///
            /// # Errors
            /// [`IdError`] says which form was expected; it does not repeat the text.
            pub fn parse(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                if is_id(&text, $prefix) {
                    Ok(Self(text))
                } else {
                    Err(IdError::new($what, $prefix))
                }
            }

            /// The ID as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// An inquiry's ID. While the inquiry is `created` it opens the flow with the prefilled data,
    /// so it belongs to its owner alone.
    InquiryId,
    "",
    "an inquiry ID"
);
id!(
    /// Our own ID of an inquiry's result. It is random and means nothing to Persona, so that it may
    /// stand in an address, where an inquiry's ID may not.
    ResultId,
    "res_",
    "a result ID"
);
id!(
    /// An inquiry template's ID.
    TemplateId,
    "itmpl_",
    "an inquiry template ID"
);
id!(
    /// An event's ID.
    EventId,
    "",
    "an event ID"
);
id!(
    /// Our own user ID, which Persona keeps as the reference ID of the user's inquiries.
    ReferenceId,
    "usr_",
    "a user ID"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opaque_id_of_any_form_that_is_safe_in_a_path_is_accepted() {
        for text in [
            "inq_a",
            "inq_ZDjsP7CHVmYSy5HLkyP9EfTV7Hbo",
            "inq_a-b_c",
            "0196d4f1-9a3c-7c11-8f6e-1d2c3b4a5f60",
        ] {
            assert_eq!(InquiryId::parse(text).unwrap().as_str(), text);
            assert_eq!(EventId::parse(text).unwrap().as_str(), text);
        }
        assert!(TemplateId::parse("itmpl_a").is_ok());
        assert!(TemplateId::parse("inq_a").is_err());
    }

    #[test]
    fn other_texts_are_refused_without_being_repeated() {
        for text in ["", " inq_a", "inq_a b", "inq_a/../b", "..", "inq_ä"] {
            let error = InquiryId::parse(text).unwrap_err().to_string();
            assert_eq!(
                error,
                "not an inquiry ID: it must consist of letters, digits, `_` or `-`"
            );
            let error = ReferenceId::parse(text).unwrap_err().to_string();
            assert!(error.contains("`usr_`"), "{error}");
        }
        assert!(InquiryId::parse(format!("inq_{}", "a".repeat(LONGEST))).is_err());
    }
}
