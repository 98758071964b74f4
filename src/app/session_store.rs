//! tower-sessions over our own table.
//!
//! Ours, because the ready-made stores can neither list and revoke a user's sessions nor hold two
//! lifetimes: a session ends after [`IDLE`] without use, and after [`ABSOLUTE`] in any case.

use jiff::SignedDuration;
use rand::{RngExt as _, distr::Alphanumeric};
use sha2::{Digest, Sha256};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::{
    base::{Clock, error_chain},
    store::{SessionRow, Store},
};

/// The keys of the values in a session's data.
pub(crate) const USER_ID: &str = "user_id";
pub(crate) const BROWSER: &str = "browser";

/// How long a session lasts without use.
pub(crate) const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a session lasts at most.
pub(crate) const ABSOLUTE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The idle limit is extended at most this often, so that most page views write nothing.
const RENEW_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// How many random characters a session's public ID has.
const PUBLIC_ID_LENGTH: usize = 22;

/// The store of the session layer.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    store: Store,
    clock: Clock,
}

impl Sessions {
    pub(crate) fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    fn row(&self, record: &Record) -> Result<SessionRow> {
        let now = self.clock.now();
        Ok(SessionRow {
            id_digest: digest(&record.id),
            user_id: record
                .data
                .get(USER_ID)
                .and_then(|id| id.as_str())
                .map(ToOwned::to_owned),
            data: serde_json::to_string(&record.data)
                .map_err(|error| Error::Encode(error.to_string()))?,
            last_seen_at: now.as_millisecond(),
            expires_at: (now + IDLE).as_millisecond(),
        })
    }
}

/// The key of a session in the table: a digest of its ID, so that the table signs nobody in.
pub(crate) fn digest(id: &Id) -> String {
    const_hex::encode(Sha256::digest(id.0.to_be_bytes()))
}

fn new_public_id() -> String {
    let random = rand::rng().sample_iter(Alphanumeric);
    random.take(PUBLIC_ID_LENGTH).map(char::from).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of `map_err`")]
fn backend(error: crate::store::Error) -> Error {
    Error::Backend(error_chain(&error))
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let row = self.row(record)?;
            let inserted = self.store.insert_session(&row, &new_public_id()).await;
            if inserted.map_err(backend)? {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.store
            .update_session(&self.row(record)?)
            .await
            .map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.store.find_session(&digest(id), ABSOLUTE).await;
        let Some(mut row) = found.map_err(backend)? else {
            return Ok(None);
        };

        let now = self.clock.now();
        if row.last_seen_at < (now - RENEW_AFTER).as_millisecond() {
            row.last_seen_at = now.as_millisecond();
            row.expires_at = (now + IDLE).as_millisecond();
            // Not an error for the caller: a database that is read-only for now can still serve
            // pages.
            if let Err(error) = self.store.update_session(&row).await {
                tracing::warn!(
                    error = error_chain(&error),
                    "could not extend a session that is in use; it ends early if this persists"
                );
            }
        }
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&row.data)
                .map_err(|error| Error::Decode(error.to_string()))?,
            expiry_date: time::OffsetDateTime::from_unix_timestamp(row.expires_at / 1000)
                .map_err(|error| Error::Decode(error.to_string()))?,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.store
            .delete_session(&digest(id))
            .await
            .map_err(backend)
    }
}
