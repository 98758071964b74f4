//! `TEST_LOG=1` prints what the app and its sandbox log, one block for each test.
//!
//! Tests run side by side in one process. Each has a tokio runtime of its own, so the runtime on
//! whose thread an event is logged says which test it belongs to.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex, MutexGuard, Once, PoisonError, Weak},
    thread,
};

use tokio::runtime::{Handle, Id};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// What `TEST_LOG=1` stands for; any other value is a filter as in `RUST_LOG`.
const DEFAULT_FILTER: &str = "info,sqlx=warn,tower_sessions=warn,tower_sessions_core=error";

/// The log of each runtime that has an app.
static LOGS: LazyLock<Mutex<HashMap<Id, Weak<Log>>>> = LazyLock::new(Mutex::default);

/// Collects what the current test logs. It is printed when the test's last app is dropped.
pub struct TestLog {
    _log: Option<Arc<Log>>,
}

struct Log {
    test: String,
    lines: Mutex<Vec<u8>>,
}

impl TestLog {
    /// Begins to collect if `TEST_LOG` asks for it. Must be called within the test's runtime.
    pub fn start() -> Self {
        static SUBSCRIBER: Once = Once::new();

        let Some(filter) = filter() else {
            return Self { _log: None };
        };
        SUBSCRIBER.call_once(|| {
            let layer = fmt::layer().with_ansi(false).with_writer(|| TestWriter);
            tracing_subscriber::registry()
                .with(EnvFilter::new(filter))
                .with(layer)
                .init();
        });
        let mut logs = locked(&LOGS);
        let entry = logs.entry(Handle::current().id()).or_default();
        let log = entry.upgrade().unwrap_or_else(|| {
            let log = Arc::new(Log::for_this_thread());
            *entry = Arc::downgrade(&log);
            log
        });
        Self { _log: Some(log) }
    }
}

impl Log {
    /// libtest names a test's thread after the test, unless it runs on the main thread.
    fn for_this_thread() -> Self {
        let thread = thread::current();
        let test = thread.name().filter(|name| *name != "main");
        Self {
            test: test.unwrap_or("the test").to_owned(),
            lines: Mutex::default(),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut *locked(&self.lines));
        // Not `print!`, which libtest keeps to itself when a test passes.
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "\n---- log of {} ----", self.test);
        let _ = out.write_all(&lines).and_then(|()| out.flush());
    }
}

#[expect(clippy::disallowed_methods, reason = "a setting of the tests")]
fn filter() -> Option<String> {
    match std::env::var("TEST_LOG").ok()?.as_str() {
        "" | "0" => None,
        "1" => Some(DEFAULT_FILTER.to_owned()),
        filter => Some(filter.to_owned()),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that panics holds a lock at most for the time of one push.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes each event to the log of the runtime that it comes from.
struct TestWriter;

impl Write for TestWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let runtime = Handle::try_current().map(|handle| handle.id());
        let log = runtime
            .ok()
            .and_then(|id| locked(&LOGS).get(&id).and_then(Weak::upgrade));
        match log {
            Some(log) => locked(&log.lines).extend_from_slice(line),
            #[expect(
                clippy::print_stdout,
                reason = "libtest shows it with the test's own output"
            )]
            None => print!("{}", String::from_utf8_lossy(line)),
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
