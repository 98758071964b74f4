//! What the sandbox does for its files about once a second, beside the requests.
//!
//! It blocks a thread of its own and holds the state's lock only to look around: nobody waits for
//! a disk here.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Emulator;
use super::journal::Compaction;

/// How often.
const PERIOD: Duration = Duration::from_secs(1);

/// What may be left of the old state file to be copied under the lock.
const SMALL_REST: u64 = 64 * 1024;

/// How often to try for a small rest, should changes come nearly as fast as they are copied.
const COPY_ROUNDS: usize = 8;

impl Emulator {
    /// Looks after the files until `shutdown`.
    pub(crate) async fn run_upkeep(self, shutdown: CancellationToken) {
        let mut synced = None;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
            let emulator = self.clone();
            let done = tokio::task::spawn_blocking(move || {
                let synced = emulator.sync(synced);
                emulator.log().write();
                emulator.compact();
                synced
            });
            match done.await {
                Ok(revision) => synced = revision,
                Err(_) => return,
            }
        }
    }

    /// Brings the files up to date once more, after the last request.
    pub(crate) async fn finish_upkeep(self) {
        let done = tokio::task::spawn_blocking(move || {
            self.sync(None);
            self.log().write();
            self.compact();
        });
        if let Err(error) = done.await {
            tracing::error!(%error, "the sandbox could not finish its files");
        }
    }

    /// Synchronises the state file unless it is at revision `synced`; what is synchronised then.
    fn sync(&self, synced: Option<u64>) -> Option<u64> {
        let (revision, file) = {
            let store = self.lock();
            (store.state().revision(), store.file())
        };
        let file = file?;
        if synced == Some(revision) {
            return synced;
        }
        match file.sync_data() {
            Ok(()) => Some(revision),
            Err(error) => {
                tracing::error!(%error, "the sandbox state could not be synchronised");
                synced
            }
        }
    }

    /// Rewrites the state file if it has grown to several times its size. Blocks its caller, but
    /// the state's lock is held only to look around and to put the new file in place.
    fn compact(&self) {
        let Some(begun) = self.lock().compaction() else {
            return;
        };
        let replaced = begun.and_then(Compaction::write).and_then(|mut new| {
            for _ in 0..COPY_ROUNDS {
                let length = self.lock().file_length();
                if new.rest(length) <= SMALL_REST {
                    break;
                }
                new.copy_until(length)?;
            }
            new.sync()?;
            self.lock().finish_compaction(new)
        });
        match replaced {
            Ok(Some(old)) => old.sync(),
            // It was reset meanwhile, and is short again.
            Ok(None) => {}
            Err(error) => {
                self.lock().postpone_compaction();
                tracing::error!(%error, "the sandbox state could not be rewritten; it goes on growing");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::lifecycle::{InquiryUpdate, NewInquiry};
    use crate::{Config, Sandbox, StateLocation};

    fn open(path: &Path) -> Emulator {
        let config = Config {
            state: StateLocation::File(path.to_owned()),
            ..Config::default()
        };
        Sandbox::open(config).unwrap().emulator
    }

    fn create(emulator: &Emulator) -> String {
        let template_id = &emulator.config().template_id;
        let new = NewInquiry::of_template(template_id, "API");
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

    fn notes(emulator: &Emulator) -> Vec<Option<String>> {
        emulator.with(|state, _| {
            let inquiries = state.inquiries.oldest_first();
            inquiries.map(|inquiry| inquiry.note.clone()).collect()
        })
    }

    /// A state file of some 20 MB of which little is current.
    fn grown(path: &Path) -> (Emulator, String) {
        let emulator = open(path);
        let id = create(&emulator);
        let long = "x".repeat(100_000);
        for _ in 0..200 {
            note(&emulator, &id, &long);
        }
        (emulator, id)
    }

    fn length(path: &Path) -> u64 {
        std::fs::metadata(path).unwrap().len()
    }

    #[test]
    fn a_grown_state_file_is_rewritten_while_changes_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        let (emulator, id) = grown(&path);
        let before = length(&path);
        std::thread::scope(|scope| {
            scope.spawn(|| emulator.compact());
            for number in 0..500 {
                note(&emulator, &id, &number.to_string());
                create(&emulator);
            }
        });
        assert!(length(&path) < before / 4, "{} of {before}", length(&path));
        // It is the new file that grows now.
        note(&emulator, &id, "the last one");
        let expected = notes(&emulator);
        drop(emulator);
        let again = open(&path);
        assert_eq!(notes(&again), expected);
        assert_eq!(expected.len(), 501);
        for suffix in ["new", "tmp"] {
            assert!(!path.with_extension(format!("jsonl.{suffix}")).exists());
        }
    }

    #[test]
    fn a_state_file_that_has_not_grown_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        let (emulator, id) = grown(&path);
        emulator.compact();
        note(&emulator, &id, "short");
        let before = length(&path);
        emulator.compact();
        assert_eq!(length(&path), before);
    }

    #[test]
    fn a_reset_meanwhile_wins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        let (emulator, _) = grown(&path);
        let begun = emulator.lock().compaction().unwrap().unwrap();
        let new = begun.write().unwrap();
        emulator.reset().unwrap();
        create(&emulator);
        let finished = emulator.lock().finish_compaction(new).unwrap();
        assert!(finished.is_none());
        drop(emulator);
        assert_eq!(notes(&open(&path)), [None]);
    }

    #[test]
    fn a_crash_in_the_middle_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        let (emulator, id) = grown(&path);
        let begun = emulator.lock().compaction().unwrap().unwrap();
        // Never dropped, as if the process had died here.
        std::mem::forget(begun.write().unwrap());
        note(&emulator, &id, "after the snapshot");
        drop(emulator);
        let again = open(&path);
        assert_eq!(notes(&again), [Some("after the snapshot".to_owned())]);
        assert!(!folder.path().join("state.jsonl.new").exists());
    }
}
