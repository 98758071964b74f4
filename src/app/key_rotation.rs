//! Moves sealed data to the newest key of `DATA_KEYS`.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{
    base::error_chain,
    store::{self, RetireOutcome, Store},
};

/// How often the other processes' keys are checked while one of them still seals with another key.
const KEYS_PERIOD: Duration = Duration::from_secs(5);

/// Reseals with the newest key of `DATA_KEYS` everything that an older one has sealed, and then
/// retires the older ones.
///
/// The service keeps running meanwhile, because it opens data with any key of `DATA_KEYS`. The last
/// log line names the keys that can be removed; it comes only once no live process seals with
/// another key.
pub async fn move_to_newest_key(store: Store, shutdown: CancellationToken) {
    let mut is_logged = false;
    loop {
        match rotate(&store).await {
            Ok(RetireOutcome::Retired(retired)) if retired.is_empty() => {
                tracing::info!(
                    "all data is sealed with the first key of DATA_KEYS; the other keys have \
                     sealed nothing yet, so there is nothing to do"
                );
                return;
            }
            Ok(RetireOutcome::Retired(retired)) => {
                tracing::info!(
                    retired = retired.join(", "),
                    "all data is sealed with the newest key of DATA_KEYS: the older keys with \
                     these IDs are no longer needed, remove them"
                );
                return;
            }
            Ok(RetireOutcome::StillInUse(processes)) => {
                if !std::mem::replace(&mut is_logged, true) {
                    tracing::info!(
                        processes,
                        "other processes still seal with another key of DATA_KEYS: keep all keys \
                         until they have the same first key"
                    );
                }
            }
            Err(error) => tracing::error!(
                error = error_chain(&error),
                "could not reseal all data with the newest key of DATA_KEYS, retrying: keep the \
                 older keys in it until this succeeds"
            ),
        }
        let pause = tokio::time::sleep(KEYS_PERIOD);
        if shutdown.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

async fn rotate(store: &Store) -> Result<RetireOutcome, store::Error> {
    // Rows that such a process seals meanwhile would have to be resealed again.
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
