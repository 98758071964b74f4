//! The time limits that prevent a second inquiry, and those of retries and polling.

use std::time::Duration;

/// How long a lease lasts after it was taken or renewed.
pub(crate) const LEASE: Duration = Duration::from_secs(5);
/// How long a send may be under way: the client's timeout of 10 s and a margin.
pub(crate) const SEND_TIMEOUT: Duration = Duration::from_secs(11);
/// How long after it has answered with a failure Persona may still act on the request.
pub(crate) const LATE_COMMIT_WINDOW: Duration = Duration::from_secs(5);
/// How long a key is good for. Persona keeps it for 24 hours at least.
pub(crate) const KEY_LIFE: Duration = Duration::from_secs(23 * 60 * 60);
/// The maximum number of sends of one click.
pub(crate) const MAX_SENDS: u32 = 6;
/// The longest interval at which a waiting click reads the row. Each is a random share of it, at
/// least 30 %.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(150);
/// The time after which a waiting click looks up although the row is held. It doubles each time.
pub(crate) const POLL_BACKOFF: Duration = Duration::from_secs(1);
/// The longest such time.
pub(crate) const MAX_POLL_BACKOFF: Duration = Duration::from_secs(16);
/// What must be left of the click's time after the wait for another key: a lookup and a send.
pub(crate) const ROTATION_TIME: Duration = Duration::from_secs(1);

/// The limits that tests weaken one by one, to see that each is needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) lease: Duration,
    pub(crate) send_timeout: Duration,
    pub(crate) late_commit_window: Duration,
    pub(crate) key_life: Duration,
}

impl Rules {
    /// The limits in production.
    pub(crate) const STANDARD: Self = Self {
        lease: LEASE,
        send_timeout: SEND_TIMEOUT,
        late_commit_window: LATE_COMMIT_WINDOW,
        key_life: KEY_LIFE,
    };
}
