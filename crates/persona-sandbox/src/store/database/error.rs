//! Why a state file cannot be opened or written. The messages say what to do.
//!
//! They quote nothing of the file, because it holds personal data.

use std::io;
use std::path::{Path, PathBuf};

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has the file open.
    #[error(
        "the sandbox state file {} is in use by another sandbox; stop that one, or choose another \
         file with SANDBOX_STATE (or `memory` for none)", path.display()
    )]
    Locked {
        /// The state file.
        path: PathBuf,
    },
    /// The file exists and is something else, or of a newer form.
    #[error(
        "{} is not a file of the sandbox that this version reads; it was left as it is: move it \
         away or choose another state file with SANDBOX_STATE", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a version that kept its state as lines of JSON.
    #[error(
        "{} is a state file of an earlier version, which this one does not read; it was left as \
         it is: choose another file with SANDBOX_STATE (or `memory` for none), and delete the old \
         one once you do not need it", path.display()
    )]
    Outdated {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error(
        "the sandbox's file {} is damaged ({reason}); it was left as it is: repair or move it \
         away, or choose another state file with SANDBOX_STATE", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The file or its folder cannot be read or written.
    #[error("could not {attempt} the sandbox's file {}: {source}", path.display())]
    Io {
        /// The attempted action, such as `open`.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// A change could not be written, and was not made.
#[derive(Debug, thiserror::Error)]
#[error("could not write the sandbox state: {0}")]
pub(crate) struct WriteError(String);

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// The error of an action on the file at `path` that the operating system refused.
pub(crate) fn io_error(attempt: &'static str, path: &Path, source: io::Error) -> OpenError {
    OpenError::Io {
        attempt,
        path: path.to_owned(),
        source,
    }
}
