//! One environment of the running sandbox: the state behind its lock, its schedule, and the runtime state beside it.
//!
//! Every request, page and schedule goes through [`Emulator::with`] or, to change something,
//! [`Emulator::transact`]: it takes the lock, applies the scheduled changes that are due, and runs
//! a closure on the state. The closure must be quick, because all other requests wait for the lock,
//! and it cannot await, because the lock is not held across an `await`.
//!
//! Longer than 400 lines: one short method for each use of the lock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::api_log::{Capacity, Log};
use super::attempts::Attempts;
use super::environments::DEFAULT_ENVIRONMENT;
use super::faults::Faults;
use super::limits::{Limits, Meter};
use super::operations::Operations;
use crate::core::api_key::KeySettings;
use crate::core::clock::{Clock, Moment};
use crate::core::{Config, EnvironmentName, StateLocation};
use crate::setup::Setup;
use crate::store::{OpenError, Record, State, Store, Tx, WriteError};

/// The delay before scheduled changes that could not be written are retried.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How much of the API log and how many webhook attempts a named environment keeps: less than the
/// default one, since there may be a thousand of them.
const NAMED_LOG: Capacity = Capacity {
    calls: 1000,
    bytes: 1024 * 1024,
};
const NAMED_ATTEMPTS: usize = 100;

/// A handle to one environment of the running sandbox; clones are the same environment.
#[derive(Clone, Debug)]
pub(crate) struct Emulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None` for the default environment.
    name: Option<EnvironmentName>,
    config: Config,
    setup: Arc<Setup>,
    store: Mutex<Store>,
    /// When the next scheduled change is due, and the clock: the schedule sleeps by them.
    agenda: watch::Sender<(Option<Moment>, Clock)>,
    /// Changes when a delivery becomes due, or the clock changes.
    deliveries: watch::Sender<(u64, Clock)>,
    /// The clock: delays sleep by it.
    clock: watch::Sender<Clock>,
    attempts: Attempts,
    faults: Faults,
    meter: Meter,
    log: Log,
    operations: Operations,
    templates_are_readable: AtomicBool,
    key_settings: Mutex<Arc<KeySettings>>,
    /// A random number for each start.
    run: u64,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Inner {
    /// The default environment.
    fn new(config: Config, setup: Arc<Setup>, store: Store, operations: Operations) -> Self {
        Self {
            name: None,
            agenda: watch::Sender::new(agenda(store.state())),
            deliveries: watch::Sender::new(sending(store.state())),
            clock: watch::Sender::new(store.state().clock()),
            attempts: Attempts::default(),
            faults: Faults::default(),
            meter: Meter::default(),
            log: Log::default(),
            operations,
            templates_are_readable: AtomicBool::new(false),
            key_settings: Mutex::new(Arc::new(setup.key_settings())),
            run: rand::random(),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            store: Mutex::new(store),
            config,
            setup,
        }
    }
}

impl Emulator {
    /// Opens the state that the configuration names, or creates one.
    pub(crate) fn open(
        config: Config,
        setup: Setup,
        operations: Operations,
    ) -> Result<Self, OpenError> {
        let setup = Arc::new(setup);
        let store = Store::open(&config.state, config.seed, |tx| {
            apply_setup(tx, &config, &setup, true);
        })?;
        let log = match store.call_table() {
            Some(table) => Log::open(table, |id| store.state().is_redacted(id)),
            None => Log::default(),
        };
        let inner = Inner::new(config, setup, store, operations);
        Ok(Self(Arc::new(Inner { log, ..inner })))
    }

    /// An environment beside this one, with an empty state in memory. It stops with this one.
    pub(super) fn open_beside(&self, name: &EnvironmentName) -> Result<Self, OpenError> {
        let config = Config {
            state: StateLocation::Memory,
            environment_id: name.id(),
            webhook: None,
            seed: self.0.config.seed.map(|seed| seed ^ hash(name)),
            ..self.0.config.clone()
        };
        let setup = Arc::clone(&self.0.setup);
        let store = Store::open(&config.state, config.seed, |tx| {
            apply_setup(tx, &config, &setup, false);
        })?;
        let operations = self.0.operations.without_calls();
        Ok(Self(Arc::new(Inner {
            name: Some(name.clone()),
            log: Log::with_capacity(NAMED_LOG),
            attempts: Attempts::with_capacity(NAMED_ATTEMPTS),
            stopping: self.0.stopping.child_token(),
            tasks: self.0.tasks.clone(),
            ..Inner::new(config, setup, store, operations)
        })))
    }

    /// The name of the environment.
    pub(crate) fn name(&self) -> &str {
        let name = self.0.name.as_ref();
        name.map_or(DEFAULT_ENVIRONMENT, EnvironmentName::as_str)
    }

    /// Whether this holds for the state as it is, without applying due changes.
    pub(super) fn has(&self, wanted: impl FnOnce(&State) -> bool) -> bool {
        wanted(self.lock().state())
    }

    /// How the environment was set up.
    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Runs `f` on the state, after all due changes were applied. The second argument is the
    /// sandbox time.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&State, Moment) -> T) -> T {
        self.with_store(|store, now| f(store.state(), now))
    }

    /// Like [`Emulator::with`], and commits the changes of `f`.
    ///
    /// # Errors
    ///
    /// If the changes cannot be written. They are rolled back.
    pub(crate) fn transact<T>(
        &self,
        f: impl FnOnce(&mut Tx, Moment) -> T,
    ) -> Result<T, WriteError> {
        self.with_store(|store, now| store.transact(|tx| f(tx, now)))
    }

    /// Like [`Emulator::transact`], but rolls the changes back if `f` fails.
    ///
    /// # Errors
    ///
    /// The error of `f`, or that the changes cannot be written. In both cases they are rolled back.
    pub(crate) fn try_transact<T, E: From<WriteError>>(
        &self,
        f: impl FnOnce(&mut Tx, Moment) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with_store(|store, now| store.try_transact(|tx| f(tx, now)))
    }

    /// Runs `f` on the store, under the lock, after all due changes were applied.
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

    /// Replaces the state by these records. The API log and the webhook attempts belong to the
    /// previous state and are cleared.
    pub(crate) fn import(&self, records: Vec<Record>) -> Result<(), WriteError> {
        self.with_store(|store, _| {
            store.import(records, |tx| self.apply_setup(tx))?;
            self.0.log.clear();
            self.0.attempts.clear();
            Ok(())
        })
    }

    /// Resets the state, with faults, limits, counts and logs.
    pub(crate) fn reset(&self) -> Result<(), WriteError> {
        self.with_store(|store, _| {
            store.reset(|tx| self.apply_setup(tx))?;
            self.0.faults.clear();
            self.0.meter.set(Limits::default());
            self.0.log.clear();
            self.0.attempts.clear();
            self.0.operations.reset_counts();
            self.set_templates_readable(false);
            self.set_key_settings(self.0.setup.key_settings());
            Ok(())
        })
    }

    fn apply_setup(&self, tx: &mut Tx) {
        let is_default = self.0.name.is_none();
        apply_setup(tx, self.config(), &self.0.setup, is_default);
    }

    /// The version of the state that a page shows. It differs after each change and after each
    /// start, because revisions restart.
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

    /// Notifies when a delivery may have become due.
    pub(crate) fn deliveries_changed(&self) -> watch::Receiver<(u64, Clock)> {
        self.0.deliveries.subscribe()
    }

    /// The operations of the API, and how often each was called.
    pub(crate) fn operations(&self) -> &Operations {
        &self.0.operations
    }

    /// Whether sandbox keys may read templates, which Persona refuses.
    pub(crate) fn templates_are_readable(&self) -> bool {
        self.0.templates_are_readable.load(Ordering::Relaxed)
    }

    /// Sets whether sandbox keys may read templates.
    pub(crate) fn set_templates_readable(&self, readable: bool) {
        self.0
            .templates_are_readable
            .store(readable, Ordering::Relaxed);
    }

    /// The settings of the environment's API keys.
    pub(crate) fn key_settings(&self) -> Arc<KeySettings> {
        Arc::clone(&self.lock_key_settings())
    }

    /// Sets the settings of the environment's API keys.
    pub(crate) fn set_key_settings(&self, settings: KeySettings) {
        *self.lock_key_settings() = Arc::new(settings);
    }

    fn lock_key_settings(&self) -> MutexGuard<'_, Arc<KeySettings>> {
        let settings = self.0.key_settings.lock();
        settings.unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings of this API key: its own if the API made it, else those of all keys. `None` if
    /// it has expired.
    pub(crate) fn settings_of_key(&self, key: &str) -> Option<Arc<KeySettings>> {
        let settings = self.key_settings();
        let store = self.lock();
        let state = store.state();
        let made = state.api_keys.in_group(key).next();
        match made {
            None => Some(settings),
            Some((_, made)) => made
                .is_valid(state.now())
                .then(|| Arc::new(made.settings(&settings))),
        }
    }

    /// The name of a named environment.
    pub(crate) fn own_name(&self) -> Option<&str> {
        self.0.name.as_ref().map(EnvironmentName::as_str)
    }

    /// Cancelled when the sandbox stops or the environment is removed. Live streams end with it, so that the shutdown does not
    /// wait for them.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// The tasks beside the requests. Each ends soon after [`Emulator::stopping`], and the sandbox
    /// ends after all of them.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// The store, without applying due changes: for upkeep, which does not depend on time.
    pub(super) fn lock(&self) -> MutexGuard<'_, Store> {
        // A panic under the lock leaves no partial change: the next transaction rolls it back.
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps on the sandbox clock: advancing the clock ends the sleep, a stopped clock prolongs
    /// it. Returns `false` if the sandbox stops before.
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

    /// Applies scheduled changes when they are due, until `shutdown`.
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

/// What an environment has from its start. The webhooks are the default environment's: a receiver
/// must not get the events of other tests.
fn apply_setup(tx: &mut Tx, config: &Config, setup: &Setup, is_default: bool) {
    let now = tx.now();
    tx.apply_config(config);
    tx.apply_templates(setup, config.decide_after_ms(), now);
    tx.apply_accounts(setup, now);
    if let Some(settings) = setup.report_settings() {
        tx.change_report_settings(settings);
    }
    if is_default {
        tx.apply_file_webhooks(setup, now);
    }
}

/// A number that differs between names, and is the same on every run.
fn hash(name: &EnvironmentName) -> u64 {
    let digest = Sha256::digest(name.as_str());
    u64::from_be_bytes(std::array::from_fn(|index| digest[index]))
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
