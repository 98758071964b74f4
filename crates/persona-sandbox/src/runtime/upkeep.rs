//! Upkeep of the state file, about once a second, beside the requests.
//!
//! It runs on a blocking thread. Synchronising the disk does not take the lock of the state;
//! erasing redacted data and truncating a long write-ahead log do, and requests wait for them.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Emulator;

/// The interval of the upkeep.
const INTERVAL: Duration = Duration::from_secs(1);

/// Erasing takes at most one part in this many of the time, because it rewrites the file.
const ERASURE_SHARE: u32 = 20;

/// What previous passes have done.
#[derive(Debug, Default)]
struct Upkeep {
    /// The revision of the state that is on the disk; `None` if the file may have changed since.
    synced: Option<u64>,
    /// The earliest time of the next erasure.
    next_erasure: Option<Instant>,
}

impl Emulator {
    /// Runs the upkeep until `shutdown`.
    pub(crate) async fn run_upkeep(self, shutdown: CancellationToken) {
        let mut upkeep = Upkeep::default();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            let emulator = self.clone();
            let done = tokio::task::spawn_blocking(move || {
                emulator.maintain_files(&mut upkeep);
                upkeep
            });
            upkeep = done.await.unwrap_or_else(|error| {
                tracing::error!(%error, "background task panicked: upkeep of the sandbox's files");
                Upkeep::default()
            });
        }
    }

    /// Runs the upkeep once more, after the last request.
    pub(crate) async fn finish_upkeep(self) {
        let done = tokio::task::spawn_blocking(move || self.maintain_files(&mut Upkeep::default()));
        if let Err(error) = done.await {
            tracing::error!(%error, "background task panicked: upkeep of the sandbox's files");
        }
    }

    fn maintain_files(&self, upkeep: &mut Upkeep) {
        self.keep_clock();
        let now = self.lock().state().now();
        self.log().prune(now);
        // Before the erasure, so that it includes what was redacted in the log.
        if self.log().write() {
            upkeep.synced = None;
        }
        self.sync(upkeep);
        self.erase(upkeep);
    }

    /// Persists a clock with a speed, so that it continues from about here after a restart.
    fn keep_clock(&self) {
        let moves = |speed: f64| speed != 0.0 && speed != 1.0;
        let is_needed = {
            let store = self.lock();
            store.checkpoints().is_some() && moves(store.state().clock().speed())
        };
        if is_needed
            && let Err(error) = self.transact(|tx, now| tx.set_clock(tx.clock().set_to(now)))
        {
            tracing::error!(%error, "cannot persist the sandbox's clock");
        }
    }

    /// Synchronises the state file, unless it is already synchronised.
    fn sync(&self, upkeep: &mut Upkeep) {
        let (revision, checkpoints) = {
            let store = self.lock();
            (store.state().revision(), store.checkpoints())
        };
        let Some(checkpoints) = checkpoints.filter(|_| upkeep.synced != Some(revision)) else {
            return;
        };
        let done = checkpoints.run().and_then(|()| {
            if checkpoints.is_log_long() {
                // The checkpoint above has left little to do under the lock.
                self.lock().truncate_log()?;
            }
            Ok(())
        });
        match done {
            Ok(()) => upkeep.synced = Some(revision),
            Err(error) => tracing::error!(%error, "cannot synchronise the sandbox's state file"),
        }
    }

    /// Erases redacted data from the state file.
    fn erase(&self, upkeep: &mut Upkeep) {
        let began = Instant::now();
        if upkeep.next_erasure.is_some_and(|at| began < at) {
            return;
        }
        let mut store = self.lock();
        if !store.is_erasure_pending() {
            return;
        }
        let erased = store.erase();
        drop(store);
        upkeep.next_erasure = Some(began + ERASURE_SHARE * began.elapsed());
        if let Err(error) = erased {
            tracing::error!(
                %error,
                "cannot erase redacted data from the sandbox's state file; trying again"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::core::{Config, StateLocation};
    use crate::domain::{InquiryUpdate, NewInquiry};
    use crate::runtime::Operations;
    use crate::setup::Setup;

    const SECRET: &str = "Alexander-was-here";

    fn open(path: &Path) -> Emulator {
        let config = Config {
            state: StateLocation::File(path.to_owned()),
            ..Config::default()
        };
        Emulator::open(config, Setup::default(), Operations::default()).unwrap()
    }

    fn create(emulator: &Emulator) -> String {
        let template_id = &emulator.config().template_id;
        let new = NewInquiry::from_template(template_id, "API");
        let created = emulator.try_transact(|tx, now| tx.create_inquiry(new, now));
        created.unwrap().id.clone()
    }

    fn note(emulator: &Emulator, id: &str, text: &str) {
        let update = InquiryUpdate {
            note: Some(Some(text.to_owned())),
            ..InquiryUpdate::default()
        };
        let updated = emulator.try_transact(|tx, now| tx.update_inquiry(id, update, now));
        updated.unwrap();
    }

    fn redact(emulator: &Emulator, id: &str) {
        let redacted = emulator.try_transact(|tx, now| tx.redact_inquiry(id, now));
        redacted.unwrap();
    }

    /// How often the secret is in any file of the folder, in free pages and logs too.
    fn traces(folder: &Path) -> usize {
        let files = std::fs::read_dir(folder).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .map(|bytes| {
                let secret = SECRET.as_bytes();
                bytes
                    .windows(secret.len())
                    .filter(|at| *at == secret)
                    .count()
            })
            .sum()
    }

    /// Inquiries whose notes hold the secret and grow, so that SQLite moves rows about.
    fn busy(emulator: &Emulator) -> Vec<String> {
        let ids: Vec<_> = (0..60).map(|_| create(emulator)).collect();
        for length in [10, 700, 90, 3_000, 400] {
            for (number, id) in ids.iter().enumerate() {
                let text = format!("{SECRET}{}", "x".repeat(length + 13 * number));
                note(emulator, id, &text);
            }
        }
        ids
    }

    #[test]
    fn what_is_redacted_is_nowhere_in_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let emulator = open(&folder.path().join("state.db"));
        let ids = busy(&emulator);
        emulator.maintain_files(&mut Upkeep::default());
        assert!(traces(folder.path()) >= ids.len());
        for id in &ids {
            redact(&emulator, id);
        }
        let mut upkeep = Upkeep::default();
        emulator.maintain_files(&mut upkeep);
        assert_eq!(traces(folder.path()), 0);
        assert!(!emulator.lock().is_erasure_pending());
        assert!(upkeep.next_erasure.is_some());
    }

    #[test]
    fn an_erasure_that_a_crash_prevented_is_made_up_for() {
        let folder = tempfile::tempdir().unwrap();
        let emulator = open(&folder.path().join("state.db"));
        for id in busy(&emulator) {
            redact(&emulator, &id);
        }
        // What a killed process leaves.
        let left = tempfile::tempdir().unwrap();
        for file in ["state.db", "state.db-wal"] {
            std::fs::copy(folder.path().join(file), left.path().join(file)).unwrap();
        }
        assert!(traces(left.path()) > 0);
        let again = open(&left.path().join("state.db"));
        again.maintain_files(&mut Upkeep::default());
        assert_eq!(traces(left.path()), 0);
    }

    #[test]
    fn an_erasure_that_fails_is_not_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let emulator = open(&path);
        for id in busy(&emulator) {
            redact(&emulator, &id);
        }
        // A reader keeps the old pages in use.
        let mut reader = rusqlite::Connection::open(&path).unwrap();
        let reading = reader.transaction().unwrap();
        let count = "SELECT count(*) FROM records";
        let _: i64 = reading.query_row(count, [], |row| row.get(0)).unwrap();
        emulator.maintain_files(&mut Upkeep::default());
        assert!(emulator.lock().is_erasure_pending());
        drop(reading);
        drop(reader);
        emulator.maintain_files(&mut Upkeep::default());
        assert!(!emulator.lock().is_erasure_pending());
        assert_eq!(traces(folder.path()), 0);
    }

    #[test]
    fn a_start_does_not_rewrite_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let emulator = open(&path);
        busy(&emulator);
        drop(emulator);
        let before = std::fs::read(&path).unwrap();
        drop(open(&path));
        let after = std::fs::read(&path).unwrap();
        let pages = before.chunks(4096).zip(after.chunks(4096));
        let changed = pages.filter(|(before, after)| before != after).count();
        assert!(before.len() > 40 * 4096 && changed < 10, "{changed} pages");
    }

    #[test]
    fn a_request_that_cannot_be_written_changes_nothing_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let emulator = open(&path);
        let id = create(&emulator);
        let everything = |emulator: &Emulator| {
            let records = emulator.with_store(|store, _| store.export());
            serde_json::to_string(&records).unwrap()
        };
        let before = everything(&emulator);
        // Another writer, for longer than anyone waits.
        let mut writer = rusqlite::Connection::open(&path).unwrap();
        let behavior = rusqlite::TransactionBehavior::Immediate;
        let writing = writer.transaction_with_behavior(behavior).unwrap();
        let redacted = emulator.try_transact(|tx, now| tx.redact_inquiry(&id, now));
        assert!(redacted.is_err());
        assert_eq!(everything(&emulator), before);
        drop(writing);
        redact(&emulator, &id);
        assert_ne!(everything(&emulator), before);
    }
}
