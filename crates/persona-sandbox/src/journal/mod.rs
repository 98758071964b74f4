//! The state file: an append-only journal of JSON lines.
//!
//! Its first line names the format; each further line is one change, an array of records that
//! belong together. A change reaches the operating system before anyone is answered, so it
//! survives the death of the process; the disk is synchronised about once a second. At opening,
//! and when it has grown to several times its size, the journal is rewritten with what is still
//! current (to another file, which then takes its name).
//! A last line that was cut short is dropped; any other damage refuses the file. A file is never
//! overwritten because it could not be read.

mod compaction;
mod error;
pub(crate) mod lines;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use compaction::{Compacted, Compaction, Replaced};
pub use error::OpenError;
pub(crate) use error::WriteError;
use error::io_error;
use lines::{LineFile, with_suffix};

/// The first line: what the file is, and in which form.
const HEADER: &str = r#"{"persona-sandbox-state":1}"#;

/// Where changes are kept.
#[derive(Debug)]
pub(crate) enum Journal {
    /// Nowhere: they live as long as the process.
    Memory,
    /// In a file.
    File(Box<FileJournal>),
}

/// A state file that is ours, and not yet open for changes.
#[derive(Debug)]
pub(crate) struct LockedFile {
    path: PathBuf,
    /// A file beside it holds the lock: the state file itself is replaced when it is rewritten.
    lock: File,
}

/// An open state file.
#[derive(Debug)]
pub(crate) struct FileJournal {
    locked: LockedFile,
    lines: LineFile,
    /// How long it was when it was last rewritten.
    live: u64,
    /// How often it was replaced.
    generation: u64,
    /// It holds something that is to leave the disk, however short it is.
    has_to_forget: bool,
}

impl LockedFile {
    /// Takes the lock of the state file at `path`; there need not be a file yet.
    pub(crate) fn acquire(path: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder)
                .map_err(|source| io_error("create the folder of", path, source))?;
        }
        let failed = |source| io_error("lock", path, source);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(with_suffix(path, ".lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {
                // Left by a crash. Best effort: it is overwritten when there is need.
                let _ = std::fs::remove_file(with_suffix(path, compaction::SUFFIX));
                Ok(Self {
                    path: path.to_owned(),
                    lock,
                })
            }
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Hands each record of the file to `apply`, oldest first.
    pub(crate) fn read<R: DeserializeOwned>(&self, apply: impl FnMut(R)) -> Result<(), OpenError> {
        lines::read(&self.path, HEADER, apply)
    }

    /// Writes a journal that holds just `records` in place of the file, and opens it for changes.
    pub(crate) fn rewrite<R: Serialize>(
        self,
        records: impl Iterator<Item = R>,
    ) -> Result<FileJournal, OpenError> {
        let lines = self
            .replace(records)
            .map_err(|source| io_error("write", &self.path, source))?;
        Ok(FileJournal {
            live: lines.length(),
            lines,
            locked: self,
            generation: 0,
            has_to_forget: false,
        })
    }

    fn replace<R: Serialize>(&self, records: impl Iterator<Item = R>) -> io::Result<LineFile> {
        lines::replace(&self.path, HEADER, records)
    }
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Best effort: closing the file lets go of the lock as well.
        let _ = self.lock.unlock();
    }
}

impl FileJournal {
    fn replaced_by(&mut self, lines: LineFile) {
        self.live = lines.length();
        self.lines = lines;
        self.generation += 1;
    }
}

impl Journal {
    /// Adds one change.
    pub(crate) fn append<R: Serialize>(&mut self, change: &[R]) -> Result<(), WriteError> {
        let Self::File(file) = self else {
            return Ok(());
        };
        let mut line = serde_json::to_vec(change).map_err(io::Error::from)?;
        line.push(b'\n');
        Ok(file.lines.append(&line)?)
    }

    /// The file, for synchronising it to the disk without holding up changes.
    pub(crate) fn file(&self) -> Option<Arc<File>> {
        match self {
            Self::Memory => None,
            Self::File(file) => Some(Arc::clone(&file.lines.file)),
        }
    }

    /// Replaces everything by `records`.
    pub(crate) fn rewrite<R: Serialize>(
        &mut self,
        records: impl Iterator<Item = R>,
    ) -> Result<(), WriteError> {
        let Self::File(journal) = self else {
            return Ok(());
        };
        let lines = journal.locked.replace(records)?;
        journal.replaced_by(lines);
        Ok(())
    }

    /// The file, if it has grown long or has to forget something: time for a compaction.
    pub(crate) fn overgrown(&mut self) -> Option<&mut FileJournal> {
        match self {
            Self::File(journal) if journal.has_to_forget || journal.has_grown() => Some(journal),
            _ => None,
        }
    }

    /// What was current until now is to leave the disk soon.
    pub(crate) fn forget_the_past(&mut self) {
        if let Self::File(journal) = self {
            journal.has_to_forget = true;
        }
    }

    /// Puts a rewritten file in place; nothing if the old one was replaced meanwhile.
    pub(crate) fn finish_compaction(&mut self, new: Compacted) -> io::Result<Option<Replaced>> {
        match self {
            Self::File(journal) => journal.finish_compaction(new),
            Self::Memory => Ok(None),
        }
    }

    /// Waits with the next rewriting, after one that failed.
    pub(crate) fn postpone_compaction(&mut self) {
        if let Self::File(journal) = self {
            journal.postpone_compaction();
        }
    }

    /// How long the file is, up to its last whole line.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Memory => 0,
            Self::File(journal) => journal.lines.length(),
        }
    }
}
