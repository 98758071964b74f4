//! tower-sessions over our own table.
//!
//! Ours, because the ready-made stores can neither list and revoke a user's sessions nor hold two
//! lifetimes: a session ends after [`IDLE`] without use, and after [`ABSOLUTE`] in any case.

use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::session::USER_ID;
use crate::{
    clock::Clock,
    store::{SessionRow, Store},
};

/// How long a session lasts without use.
pub(super) const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a session lasts at most.
pub(super) const ABSOLUTE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The idle limit is moved at most this often, so that reading a page is not a write.
const RENEW_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// The store of the session layer.
#[derive(Debug, Clone)]
pub(super) struct Sessions {
    store: Store,
    clock: Clock,
}

impl Sessions {
    pub(super) fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Sessions made before this moment have ended, in milliseconds since 1970.
    pub(super) fn oldest_created_at(&self) -> i64 {
        (self.clock.now() - ABSOLUTE).as_millisecond()
    }

    fn row(&self, record: &Record) -> Result<SessionRow> {
        Ok(SessionRow {
            id_digest: digest(&record.id),
            user_id: record
                .data
                .get(USER_ID)
                .and_then(|id| id.as_str())
                .map(ToOwned::to_owned),
            data: serde_json::to_string(&record.data)
                .map_err(|error| Error::Encode(error.to_string()))?,
            expires_at: (self.clock.now() + IDLE).as_millisecond(),
        })
    }
}

fn digest(id: &Id) -> String {
    let digest = Sha256::digest(id.0.to_be_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn backend(error: crate::store::Error) -> Error {
    Error::Backend(anyhow::Error::from(error).root_cause().to_string())
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        while !self
            .store
            .insert_session(&self.row(record)?)
            .await
            .map_err(backend)?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.store
            .update_session(&self.row(record)?)
            .await
            .map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self
            .store
            .find_session(&digest(id), self.oldest_created_at())
            .await;
        let Some(mut row) = found.map_err(backend)? else {
            return Ok(None);
        };

        let idle_end = self.clock.now() + IDLE;
        if row.expires_at < (idle_end - RENEW_AFTER).as_millisecond() {
            row.expires_at = idle_end.as_millisecond();
            self.store.update_session(&row).await.map_err(backend)?;
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
