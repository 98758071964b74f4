//! The live streams of this process: their limits, and their notification.
//!
//! One task receives all changes and notifies the streams of the user concerned.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Semaphore, SemaphorePermit, broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    model::ReferenceId,
    store::{ChangeNotice, Store},
};

/// How many streams a user may have open: enough for several tabs and devices.
const MAX_STREAMS_PER_USER: usize = 12;
/// How many streams the process may have: fewer than connections, so that pages are still served.
const MAX_STREAMS: usize = 12_000;

/// How many streams may read the database at once: fewer than the default pool has connections, so that
/// pages are served even while all streams read.
const MAX_READERS: usize = 4;

/// The live streams of this process. Cheap to clone; clones are the same.
#[derive(Debug, Clone)]
pub struct LiveHub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    subscriptions: Mutex<Subscriptions>,
    readers: Semaphore,
    ended: CancellationToken,
}

#[derive(Debug, Default)]
struct Subscriptions {
    count: usize,
    users: HashMap<ReferenceId, UserStreams>,
}

/// The streams of one user.
#[derive(Debug)]
struct UserStreams {
    count: usize,
    notifier: watch::Sender<()>,
}

/// Which limit an additional stream would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitReached {
    /// The limit per user.
    User,
    /// The limit per process.
    Process,
}

impl LiveHub {
    /// A hub whose streams end when `shutdown` is cancelled.
    #[must_use]
    pub fn new(shutdown: &CancellationToken) -> Self {
        Self(Arc::new(Inner {
            subscriptions: Mutex::default(),
            readers: Semaphore::new(MAX_READERS),
            ended: shutdown.child_token(),
        }))
    }

    /// Notifies streams of the store's changes from now on, until the shutdown.
    pub fn follow(&self, store: &Store) -> impl Future<Output = ()> + Send + use<> {
        let live = self.clone();
        let mut changes = store.changes();
        async move {
            loop {
                let changed = tokio::select! {
                    () = live.0.ended.cancelled() => break,
                    changed = changes.recv() => changed,
                };
                match changed {
                    Ok(ChangeNotice::User(user)) => live.notify(&user),
                    Ok(ChangeNotice::AllUsers) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        live.notify_all();
                    }
                    Err(broadcast::error::RecvError::Closed) => break,
                }
            }
        }
    }

    /// Makes the user's streams read again, and check their sessions.
    pub(crate) fn notify(&self, user: &ReferenceId) {
        if let Some(streams) = self.subscriptions().users.get(user) {
            streams.notifier.send_replace(());
        }
    }

    fn notify_all(&self) {
        for streams in self.subscriptions().users.values() {
            streams.notifier.send_replace(());
        }
    }

    pub(crate) fn subscribe(&self, user: &ReferenceId) -> Result<Subscription, LimitReached> {
        let mut subscriptions = self.subscriptions();
        if subscriptions.count >= MAX_STREAMS {
            return Err(LimitReached::Process);
        }
        let streams = subscriptions
            .users
            .entry(user.clone())
            .or_insert_with(|| UserStreams {
                count: 0,
                notifier: watch::Sender::new(()),
            });
        if streams.count >= MAX_STREAMS_PER_USER {
            return Err(LimitReached::User);
        }
        streams.count += 1;
        let notifier = streams.notifier.subscribe();
        subscriptions.count += 1;
        Ok(Subscription {
            live: self.clone(),
            user: user.clone(),
            notifier,
        })
    }

    fn subscriptions(&self) -> MutexGuard<'_, Subscriptions> {
        // No change of the map can panic half-way, so a poisoned lock is safe to use.
        self.0
            .subscriptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream's subscription. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Subscription {
    live: LiveHub,
    /// The user whose changes the stream gets.
    pub(crate) user: ReferenceId,
    notifier: watch::Receiver<()>,
}

impl Subscription {
    /// Waits for a permit to read the database.
    pub(crate) async fn acquire_read_permit(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.live.0.readers.acquire().await.ok()
    }

    /// Completes when something may have changed; `false` when all streams end.
    pub(crate) async fn changed(&mut self) -> bool {
        let ended = &self.live.0.ended;
        tokio::select! {
            biased;
            () = ended.cancelled() => false,
            changed = self.notifier.changed() => changed.is_ok(),
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut subscriptions = self.live.subscriptions();
        subscriptions.count -= 1;
        if let Some(streams) = subscriptions.users.get_mut(&self.user) {
            streams.count -= 1;
            if streams.count == 0 {
                subscriptions.users.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: usize) -> ReferenceId {
        ReferenceId::parse(format!("usr_{number}")).unwrap()
    }

    fn live() -> (LiveHub, CancellationToken) {
        let shutdown = CancellationToken::new();
        (LiveHub::new(&shutdown), shutdown)
    }

    #[test]
    fn the_limit_per_user_counts_open_streams() {
        let (live, _shutdown) = live();
        let mut count: Vec<_> = (0..MAX_STREAMS_PER_USER)
            .map(|_| live.subscribe(&user(1)).unwrap())
            .collect();
        assert_eq!(live.subscribe(&user(1)).unwrap_err(), LimitReached::User);
        assert!(live.subscribe(&user(2)).is_ok());
        count.pop();
        assert!(live.subscribe(&user(1)).is_ok());
        count.clear();
        assert!(live.subscriptions().users.is_empty());
        assert_eq!(live.subscriptions().count, 0);
    }

    #[test]
    fn the_limit_per_process_counts_open_streams() {
        let (live, _shutdown) = live();
        let count: Vec<_> = (0..MAX_STREAMS)
            .map(|number| live.subscribe(&user(number)).unwrap())
            .collect();
        assert_eq!(
            live.subscribe(&user(MAX_STREAMS)).unwrap_err(),
            LimitReached::Process
        );
        drop(count);
        assert!(live.subscribe(&user(MAX_STREAMS)).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_user_concerned_is_notified() {
        let (live, shutdown) = live();
        let (mut one, mut other) = (
            live.subscribe(&user(1)).unwrap(),
            live.subscribe(&user(2)).unwrap(),
        );
        live.notify(&user(1));
        assert!(one.changed().await);
        let still_asleep =
            tokio::time::timeout(std::time::Duration::from_secs(60), other.changed()).await;
        assert!(still_asleep.is_err());
        shutdown.cancel();
        assert!(!one.changed().await);
        assert!(!other.changed().await);
    }
}
