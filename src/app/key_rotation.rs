//! Moves sealed data to the newest key of `DATA_KEYS`.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::store::{self, RetireOutcome, Store};

/// How often the other processes' keys are looked at while an older one is still in use.
const KEYS_PERIOD: Duration = Duration::from_secs(5);

/// Seals with the newest key of `DATA_KEYS` what an older one has sealed, and retires the older ones.
///
/// It runs beside the service, which reads under every known key meanwhile. Its last line says
/// which keys are needed no more: never while a process still seals with another one.
pub async fn move_to_newest_key(store: Store, shutdown: CancellationToken) {
    let mut is_told = false;
    loop {
        match rotate(&store).await {
            Ok(RetireOutcome::Retired(retired)) if retired.is_empty() => {
                tracing::info!(
                    "everything is sealed with the first key of DATA_KEYS; the others have sealed \
                     nothing yet"
                );
                return;
            }
            Ok(RetireOutcome::Retired(retired)) => {
                tracing::info!(
                    retired = retired.join(", "),
                    "everything is sealed with the newest key of DATA_KEYS: the older ones with \
                     these IDs are needed no more"
                );
                return;
            }
            Ok(RetireOutcome::StillInUse(processes)) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::info!(
                        processes,
                        "other processes still seal with another key of DATA_KEYS: keep all keys \
                         until they have the same first key"
                    );
                }
            }
            Err(error) => tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "could not seal everything with the newest key of DATA_KEYS, trying again: keep \
                 the older ones"
            ),
        }
        let pause = tokio::time::sleep(KEYS_PERIOD);
        if shutdown.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

async fn rotate(store: &Store) -> Result<RetireOutcome, store::Error> {
    // What is sealed with another key while they run would have to be done again.
    let sealing = store.count_processes_with_other_key().await?;
    if sealing > 0 {
        return Ok(RetireOutcome::StillInUse(sealing));
    }
    let moved = store.reseal_all().await?;
    if moved > 0 {
        tracing::info!(moved, "sealed rows with the newest key of DATA_KEYS");
    }
    store.retire_older_keys().await
}
