//! Why a click did not lead to an inquiry.

use crate::{persona, store};

/// What the rules can answer instead of an inquiry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Persona could not be asked, or did not answer as it should.
    #[error(transparent)]
    Persona(#[from] persona::Error),
    /// Our own database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// What would be sent cannot be written as JSON.
    #[error("could not write the request")]
    Encoding(#[from] serde_json::Error),
}
