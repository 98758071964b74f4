//! Who follows whom: the places of live streams, how many there are, and how they are woken.
//!
//! One task hears of all changes and wakes the streams of the user concerned; the others sleep on.

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

/// How many streams a user may have open: tabs and devices, with some to spare.
const STREAMS_OF_A_USER: usize = 12;
/// How many streams there may be: fewer than connections, so that pages are still served.
const STREAMS: usize = 8_000;

/// How many streams may read the database at once: fewer than it has connections, so that pages are
/// served also when all streams look again.
const READERS: usize = 4;

/// The live streams of this process. Cheap to clone; clones are the same.
#[derive(Debug, Clone)]
pub struct LiveHub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    seats: Mutex<Seats>,
    readers: Semaphore,
    ended: CancellationToken,
}

#[derive(Debug, Default)]
struct Seats {
    taken: usize,
    users: HashMap<ReferenceId, Row>,
}

/// The seats of one user.
#[derive(Debug)]
struct Row {
    taken: usize,
    bell: watch::Sender<()>,
}

/// Why there is no place for another stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The user has enough.
    User,
    /// There are enough.
    All,
}

impl LiveHub {
    /// Streams that end with `shutdown`, before anything else does.
    #[must_use]
    pub fn new(shutdown: &CancellationToken) -> Self {
        Self(Arc::new(Inner {
            seats: Mutex::default(),
            readers: Semaphore::new(READERS),
            ended: shutdown.child_token(),
        }))
    }

    /// Wakes streams by what the store says has changed from now on, until the shutdown.
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
                    Ok(ChangeNotice::User(user)) => live.wake(&user),
                    Ok(ChangeNotice::AllUsers) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        live.wake_all();
                    }
                    Err(broadcast::error::RecvError::Closed) => break,
                }
            }
        }
    }

    /// Lets the user's streams look again: at the inquiries, and whether they may.
    pub(crate) fn wake(&self, user: &ReferenceId) {
        if let Some(row) = self.seats().users.get(user) {
            row.bell.send_replace(());
        }
    }

    fn wake_all(&self) {
        for row in self.seats().users.values() {
            row.bell.send_replace(());
        }
    }

    pub(crate) fn take_seat(&self, user: &ReferenceId) -> Result<Seat, Full> {
        let mut seats = self.seats();
        if seats.taken >= STREAMS {
            return Err(Full::All);
        }
        let row = seats.users.entry(user.clone()).or_insert_with(|| Row {
            taken: 0,
            bell: watch::Sender::new(()),
        });
        if row.taken >= STREAMS_OF_A_USER {
            return Err(Full::User);
        }
        row.taken += 1;
        let bell = row.bell.subscribe();
        seats.taken += 1;
        Ok(Seat {
            live: self.clone(),
            user: user.clone(),
            bell,
        })
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        // Nothing is ever half done in there.
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream's place. Dropping it frees it.
#[derive(Debug)]
pub(crate) struct Seat {
    live: LiveHub,
    /// Whose inquiries are followed.
    pub(crate) user: ReferenceId,
    bell: watch::Receiver<()>,
}

impl Seat {
    /// Waits for a turn to read the database. It ends when what is returned is dropped.
    pub(crate) async fn turn_to_read(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.live.0.readers.acquire().await.ok()
    }

    /// Completes when there is something to look at; `false` at the end of all streams.
    pub(crate) async fn woken(&mut self) -> bool {
        let ended = &self.live.0.ended;
        tokio::select! {
            biased;
            () = ended.cancelled() => false,
            woken = self.bell.changed() => woken.is_ok(),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.live.seats();
        seats.taken -= 1;
        if let Some(row) = seats.users.get_mut(&self.user) {
            row.taken -= 1;
            if row.taken == 0 {
                seats.users.remove(&self.user);
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
    fn a_user_has_so_many_seats_and_gets_them_back() {
        let (live, _shutdown) = live();
        let mut taken: Vec<_> = (0..STREAMS_OF_A_USER)
            .map(|_| live.take_seat(&user(1)).unwrap())
            .collect();
        assert_eq!(live.take_seat(&user(1)).unwrap_err(), Full::User);
        assert!(live.take_seat(&user(2)).is_ok());
        taken.pop();
        assert!(live.take_seat(&user(1)).is_ok());
        taken.clear();
        assert!(live.seats().users.is_empty());
        assert_eq!(live.seats().taken, 0);
    }

    #[test]
    fn there_are_so_many_seats_in_all() {
        let (live, _shutdown) = live();
        let taken: Vec<_> = (0..STREAMS)
            .map(|number| live.take_seat(&user(number)).unwrap())
            .collect();
        assert_eq!(live.take_seat(&user(STREAMS)).unwrap_err(), Full::All);
        drop(taken);
        assert!(live.take_seat(&user(STREAMS)).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_user_concerned_is_woken_also_if_the_bell_rang_before() {
        let (live, shutdown) = live();
        let (mut one, mut other) = (
            live.take_seat(&user(1)).unwrap(),
            live.take_seat(&user(2)).unwrap(),
        );
        live.wake(&user(1));
        assert!(one.woken().await);
        let still_asleep =
            tokio::time::timeout(std::time::Duration::from_secs(60), other.woken()).await;
        assert!(still_asleep.is_err());
        shutdown.cancel();
        assert!(!one.woken().await);
        assert!(!other.woken().await);
    }
}
