//! Identifiers, each with one way in: `parse`.
//!
//! Persona's IDs are opaque: their prefixes and lengths may change without a version bump
//! (docs.withpersona.com/docs/versioning), so only the alphabet is checked, which makes them safe in
//! a path. A template's ID comes from the caller's configuration, where its prefix reveals a mix-up.

use std::fmt;

/// The longest ID that is accepted, in bytes: a guard against abuse, not a fact about Persona.
const MAX_ID_BYTES: usize = 200;

/// Why a text is not a valid ID. The message does not repeat the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdError {
    /// The ID must begin with a fixed prefix.
    Prefixed {
        /// What was expected: `an inquiry template ID`.
        what: &'static str,
        /// The prefix.
        prefix: &'static str,
    },
    /// The ID may begin with anything.
    Opaque {
        /// What was expected: `an inquiry ID`.
        what: &'static str,
    },
}

impl IdError {
    /// The error for an ID with this prefix; an empty prefix stands for none.
    #[must_use]
    pub fn new(what: &'static str, prefix: &'static str) -> Self {
        match prefix {
            "" => Self::Opaque { what },
            _ => Self::Prefixed { what, prefix },
        }
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefixed { what, prefix } => write!(
                f,
                "not {what}: it must begin with `{prefix}`, followed by letters, digits, `_` or `-`"
            ),
            Self::Opaque { what } => {
                write!(
                    f,
                    "not {what}: it must consist of letters, digits, `_` or `-`"
                )
            }
        }
    }
}

impl std::error::Error for IdError {}

#[doc(hidden)]
#[must_use]
pub fn is_id(text: &str, prefix: &str) -> bool {
    text.len() <= MAX_ID_BYTES
        && text.strip_prefix(prefix).is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        })
}

/// Defines an ID type that can only be made by `parse`, which checks prefix and alphabet.
///
/// ```
/// persona_api::define_id!(
///     /// An order of our shop.
///     OrderId, "ord_", "an order ID"
/// );
/// assert!(OrderId::parse("ord_1").is_ok());
/// assert!(OrderId::parse("ord_/1").is_err());
/// ```
#[macro_export]
macro_rules! define_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Accepts a text of the right form.
            ///
            /// # Errors
            /// An `IdError` says which form was expected; it does not repeat the text.
            pub fn parse(text: impl Into<String>) -> Result<Self, $crate::IdError> {
                let text = text.into();
                if $crate::types::is_id(&text, $prefix) {
                    Ok(Self(text))
                } else {
                    Err($crate::IdError::new($what, $prefix))
                }
            }

            /// The ID as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::IdError;

            fn try_from(text: String) -> Result<Self, $crate::IdError> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <String as $crate::serde::Deserialize>::deserialize(from)?;
                Self::parse(text).map_err($crate::serde::de::Error::custom)
            }
        }
    };
}

define_id!(
    /// An inquiry's ID. While the inquiry is `created` it opens the flow with the prefilled data,
    /// so it belongs to its owner alone.
    InquiryId,
    "",
    "an inquiry ID"
);
define_id!(
    /// An inquiry template's ID.
    TemplateId,
    "itmpl_",
    "an inquiry template ID"
);
define_id!(
    /// An event's ID.
    EventId,
    "",
    "an event ID"
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
            let error = TemplateId::parse(text).unwrap_err().to_string();
            assert!(error.contains("`itmpl_`"), "{error}");
        }
        assert!(InquiryId::parse(format!("inq_{}", "a".repeat(MAX_ID_BYTES))).is_err());
    }
}
