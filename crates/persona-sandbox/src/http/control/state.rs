//! `/_sandbox/state`: all records of the state, as JSON, for seeds, bug reports and tests.
//!
//! It is `{"version":1,"records":[…]}`, with the key of the session tokens and the secrets of the
//! webhooks. Faults, limits and the API log are not in it. Put into a sandbox it replaces
//! everything, whole or not at all; what the configuration says of template and webhook goes on
//! top, as at a start.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use super::ControlError;
use super::body::Body;
use crate::http::transport::environment::InEnvironment;
use crate::store::Record;

/// The largest state that is accepted.
pub(super) const MAX_BYTES: usize = 1024 * 1024 * 1024;

/// The version of the document.
const VERSION: u32 = 1;

/// The exported state.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    version: u32,
    records: Vec<Record>,
}

/// Exports the state.
pub(super) async fn export(InEnvironment(emulator): InEnvironment) -> impl IntoResponse {
    // The records are shared with the state, so they are serialised without its lock.
    let records = emulator.with_store(|store, _| store.export());
    let document = Document {
        version: VERSION,
        records,
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(document))
}

/// Replaces the state.
pub(super) async fn import(
    InEnvironment(emulator): InEnvironment,
    Body(document): Body<Document>,
) -> Result<StatusCode, ControlError> {
    if document.version != VERSION {
        let message = format!("version must be {VERSION}: this state is of another version");
        return Err(ControlError::Invalid(message));
    }
    emulator.import(document.records)?;
    Ok(StatusCode::NO_CONTENT)
}
