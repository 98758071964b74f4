//! The running sandbox: the state behind its lock, its schedule, and what lives beside it.
//!
//! Every request, page and schedule goes through [`Emulator::with`] or, to change something,
//! [`Emulator::transact`]: it takes the lock, lets happen what is due by now, and runs a closure on
//! the state. The closure must be quick, since everyone else waits; it cannot await, since the lock
//! is not held across an `await`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::api_log::Log;
use super::attempts::Attempts;
use super::faults::Faults;
use super::limits::{Limits, Meter};
use super::operations::Operations;
use crate::core::Config;
use crate::core::clock::{Clock, Moment};
use crate::store::{OpenError, Record, State, Store, Tx, WriteError};

/// How soon a schedule that could not be written is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A handle to the running sandbox; clones are the same sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Emulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    store: Mutex<Store>,
    /// What time will change next, and how time runs: what the schedule sleeps by.
    agenda: watch::Sender<(Option<Moment>, Clock)>,
    /// Changes when there is something new to send, or time runs differently.
    deliveries: watch::Sender<(u64, Clock)>,
    /// How time runs: what delays sleep by.
    clock: watch::Sender<Clock>,
    attempts: Attempts,
    faults: Faults,
    meter: Meter,
    log: Log,
    operations: Operations,
    templates_are_readable: AtomicBool,
    /// Another one with each start.
    run: u64,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Emulator {
    /// Opens the state that the configuration names, or creates one.
    pub(crate) fn open(config: Config, operations: Operations) -> Result<Self, OpenError> {
        let store = Store::open(&config.state, config.seed, |tx| tx.apply_config(&config))?;
        let log = match store.call_table() {
            Some(table) => Log::open(table, |id| {
                let inquiry = store.state().inquiries.find(id);
                inquiry.is_some_and(|inquiry| inquiry.redacted_at.is_some())
            }),
            None => Log::default(),
        };
        let inner = Inner {
            agenda: watch::Sender::new(agenda(store.state())),
            deliveries: watch::Sender::new(sending(store.state())),
            clock: watch::Sender::new(store.state().clock()),
            attempts: Attempts::default(),
            faults: Faults::default(),
            meter: Meter::default(),
            log,
            operations,
            templates_are_readable: AtomicBool::new(false),
            run: rand::random(),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            store: Mutex::new(store),
            config,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// How the sandbox was set up.
    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Runs `f` on the state, after everything that was due by now has happened. The second
    /// argument is the sandbox's time.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&State, Moment) -> T) -> T {
        self.with_store(|store, now| f(store.state(), now))
    }

    /// Like [`Emulator::with`], and commits what `f` changed.
    ///
    /// # Errors
    ///
    /// If the changes cannot be written; none of them has happened then.
    pub(crate) fn transact<T>(
        &self,
        f: impl FnOnce(&mut Tx, Moment) -> T,
    ) -> Result<T, WriteError> {
        self.with_store(|store, now| store.transact(|tx| f(tx, now)))
    }

    /// Like [`Emulator::transact`], but takes the changes back if `f` fails.
    ///
    /// # Errors
    ///
    /// The error of `f`, or that the changes cannot be written. Nothing has happened then.
    pub(crate) fn try_transact<T, E: From<WriteError>>(
        &self,
        f: impl FnOnce(&mut Tx, Moment) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with_store(|store, now| store.try_transact(|tx| f(tx, now)))
    }

    /// Runs `f` on the store, under the lock, after everything that was due by now has happened.
    pub(crate) fn with_store<T>(&self, f: impl FnOnce(&mut Store, Moment) -> T) -> T {
        let mut store = self.lock();
        let now = store.state().now();
        if store.state().is_due(now)
            && let Err(error) = store.try_transact(|tx| tx.catch_up(now))
        {
            tracing::error!(%error, "scheduled transition failed");
        }
        let result = f(&mut store, now);
        let redacted = store.take_redacted();
        let (agenda, sending) = (agenda(store.state()), sending(store.state()));
        drop(store);
        publish(&self.0.clock, agenda.1);
        publish(&self.0.agenda, agenda);
        publish(&self.0.deliveries, sending);
        for id in redacted {
            self.0.log.redact(&id);
            self.0.attempts.redact(&id);
        }
        result
    }

    /// These records in place of the state. The API log and what was sent belong to the one before.
    pub(crate) fn import(&self, records: Vec<Record>) -> Result<(), WriteError> {
        self.with_store(|store, _| {
            store.import(records, |tx| tx.apply_config(self.config()))?;
            self.0.log.clear();
            self.0.attempts.clear();
            Ok(())
        })
    }

    /// Back to the beginning, with faults, limits, counts and log.
    pub(crate) fn reset(&self) -> Result<(), WriteError> {
        self.with_store(|store, _| {
            store.reset(|tx| tx.apply_config(self.config()))?;
            self.0.faults.clear();
            self.0.meter.set(Limits::default());
            self.0.log.clear();
            self.0.attempts.clear();
            self.0.operations.reset_counts();
            self.set_templates_readable(false);
            Ok(())
        })
    }

    /// The version of what a page shows of the state: another one with each change and each start,
    /// since revisions begin anew.
    pub(crate) fn page_version(&self, state: &State) -> String {
        format!("{:x}-{}", self.0.run, state.revision())
    }

    /// The faults that are set.
    pub(crate) fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// The rate limits and quotas.
    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// The latest calls of the API.
    pub(crate) fn log(&self) -> &Log {
        &self.0.log
    }

    /// The latest attempts at webhooks.
    pub(crate) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }

    /// Tells when there may be something new to send.
    pub(crate) fn deliveries_changed(&self) -> watch::Receiver<(u64, Clock)> {
        self.0.deliveries.subscribe()
    }

    /// The operations of the API, and how often each was called.
    pub(crate) fn operations(&self) -> &Operations {
        &self.0.operations
    }

    /// Whether sandbox keys may read templates, which Persona refuses them.
    pub(crate) fn templates_are_readable(&self) -> bool {
        self.0.templates_are_readable.load(Ordering::Relaxed)
    }

    /// Lets sandbox keys read templates, or refuses them again.
    pub(crate) fn set_templates_readable(&self, readable: bool) {
        self.0
            .templates_are_readable
            .store(readable, Ordering::Relaxed);
    }

    /// Ends when the sandbox does: live streams end with it, so that nothing waits for them.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// The tasks beside the requests. Each ends soon after [`Emulator::stopping`], and the sandbox
    /// ends after all of them.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// The state without what is due by now: for upkeep, which is no business of time.
    pub(super) fn lock(&self) -> MutexGuard<'_, Store> {
        // A panic under the lock cannot leave half a change: the next transaction takes it back.
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps for so long on the sandbox's clock: advancing the clock ends it, a stopped clock
    /// holds it. `false` if the sandbox ends before.
    pub(crate) async fn sleep(&self, duration: Duration) -> bool {
        if duration.is_zero() {
            return true;
        }
        let mut clock = self.0.clock.subscribe();
        let end = clock.borrow().now().plus(duration);
        let sleep = async {
            loop {
                let wait = clock.borrow_and_update().wall_time_until(end);
                let passed = async {
                    match wait {
                        Some(wait) => tokio::time::sleep(wait).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = passed => return,
                    changed = clock.changed() => if changed.is_err() { return },
                }
            }
        };
        tokio::select! {
            () = sleep => true,
            () = self.0.stopping.cancelled() => false,
        }
    }

    /// Makes happen what time brings, until `shutdown`.
    pub(crate) async fn run_schedule(self, shutdown: CancellationToken) {
        let mut agenda = self.0.agenda.subscribe();
        loop {
            agenda.mark_unchanged();
            let wait = self.with(|state, now| match state.next_due() {
                Some((at, _)) if *at <= now => Some(RETRY_AFTER),
                Some((at, _)) => state.clock().wall_time_until(*at),
                None => None,
            });
            let sleep = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep => {}
                changed = agenda.changed() => if changed.is_err() { return },
            }
        }
    }
}

fn agenda(state: &State) -> (Option<Moment>, Clock) {
    (state.next_due().map(|(at, _)| *at), state.clock())
}

fn sending(state: &State) -> (u64, Clock) {
    (state.deliveries.revision(), state.clock())
}

fn publish<T: PartialEq>(channel: &watch::Sender<T>, value: T) {
    channel.send_if_modified(|seen| {
        let changed = *seen != value;
        *seen = value;
        changed
    });
}
