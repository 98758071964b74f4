//! Reading the user's files in YAML, with the place of each mistake.

use serde::de::DeserializeOwned;
use serde_saphyr::Location;

/// A setup or scenario file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place.map_or_else(String::new, |(line, column)| format!("line {line}, column {column}: ")))]
pub struct FileError {
    /// Line and column, counted from one, if the mistake has a place.
    pub place: Option<(u64, u64)>,
    /// What is wrong, and how to fix it.
    pub message: String,
}

impl FileError {
    pub(crate) fn at(location: Location, message: impl Into<String>) -> Self {
        let known = location.line() > 0;
        Self {
            place: known.then(|| (location.line(), location.column())),
            message: message.into(),
        }
    }

    /// A mistake of the file as a whole.
    pub(crate) fn without_place(message: impl Into<String>) -> Self {
        Self {
            place: None,
            message: message.into(),
        }
    }
}

/// Reads YAML, which includes JSON.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, FileError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let location = error.location().unwrap_or(Location::UNKNOWN);
        let message = error.to_string();
        let place = format!(" at line {}, column {}", location.line(), location.column());
        FileError::at(location, message.strip_suffix(&place).unwrap_or(&message))
    })
}
