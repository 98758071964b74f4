//! Identifiers. Each is constructed by `parse` only.
//!
//! Persona's IDs are opaque: prefixes and lengths may change without a version bump
//! (docs.withpersona.com/docs/versioning). `parse` therefore checks the alphabet only, which makes
//! an ID safe in a URL path. A template ID comes from configuration, so its prefix is checked to
//! detect a wrong value.

use std::fmt;

/// The maximum length of an ID, in bytes. It limits abuse; Persona documents no maximum.
const MAX_ID_BYTES: usize = 200;

/// Why a text is not a valid ID. The message does not contain the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdError {
    /// The ID requires a fixed prefix.
    Prefixed {
        /// The expected kind of ID, with its article: `an inquiry ID`.
        what: &'static str,
        /// The required prefix.
        prefix: &'static str,
    },
    /// The ID has no fixed prefix.
    Opaque {
        /// The expected kind of ID, with its article: `an inquiry ID`.
        what: &'static str,
    },
}

impl IdError {
    /// Creates the error for an ID with this prefix; an empty prefix means none.
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

/// Defines an ID type that is constructed by `parse` only, which checks prefix and alphabet.
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
            /// Parses an ID.
            ///
            /// # Errors
            /// An `IdError` names the expected form; it does not contain the text.
            pub fn parse(text: impl Into<String>) -> Result<Self, $crate::IdError> {
                let text = text.into();
                if $crate::types::is_id(&text, $prefix) {
                    Ok(Self(text))
                } else {
                    Err($crate::IdError::new($what, $prefix))
                }
            }

            /// The ID as text.
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
