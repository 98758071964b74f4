//! The state file: an append-only journal of JSON lines.
//!
//! Its first line names the format; each further line is one change, an array of records that
//! belong together. A change reaches the operating system before anyone is answered, so it
//! survives the death of the process; the disk is synchronised about once a second. At opening
//! the journal is rewritten with what is still current (to a temporary file, then renamed).
//! A last line that was cut short is dropped; any other damage refuses the file. A file is never
//! overwritten because it could not be read.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first line: what the file is, and in which form.
const HEADER: &str = r#"{"persona-sandbox-state":1}"#;

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has the file open.
    #[error(
        "the sandbox state file {} is in use by another sandbox; stop that one, or choose another \
         file with SANDBOX_STATE (or `memory` for none)", path.display()
    )]
    Locked {
        /// The state file.
        path: PathBuf,
    },
    /// The file exists and is something else, or of a newer form.
    #[error(
        "{} is not a sandbox state file that this version reads; it was left as it is: move it \
         away or choose another file with SANDBOX_STATE", path.display()
    )]
    Foreign {
        /// The state file.
        path: PathBuf,
    },
    /// A line cannot be read.
    #[error(
        "the sandbox state file {} is damaged at line {line} ({reason}); it was left as it is: \
         repair or move it away, or choose another file with SANDBOX_STATE", path.display()
    )]
    Corrupt {
        /// The state file.
        path: PathBuf,
        /// The first line that cannot be read, counted from one.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The file or its folder cannot be read or written.
    #[error("could not {attempt} the sandbox state file {}: {source}", path.display())]
    Io {
        /// What was attempted.
        attempt: &'static str,
        /// The state file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A change that could not be written; nothing of it has happened.
#[derive(Debug, thiserror::Error)]
#[error("could not write the sandbox state: {0}")]
pub(crate) struct WriteError(#[from] io::Error);

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
    file: Arc<File>,
    /// Where the last whole line ends.
    length: u64,
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
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                lock,
            }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Hands each record of the file to `apply`, oldest first.
    pub(crate) fn read<R: DeserializeOwned>(&self, apply: impl FnMut(R)) -> Result<(), OpenError> {
        match File::open(&self.path) {
            Ok(file) => read(&self.path, file, apply),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(io_error("open", &self.path, error)),
        }
    }

    /// Writes a journal that holds just `records` in place of the file, and opens it for changes.
    pub(crate) fn rewrite<R: Serialize>(
        self,
        records: impl Iterator<Item = R>,
    ) -> Result<FileJournal, OpenError> {
        let (file, length) = self
            .replace(records)
            .map_err(|source| io_error("write", &self.path, source))?;
        Ok(FileJournal {
            locked: self,
            file: Arc::new(file),
            length,
        })
    }

    fn replace<R: Serialize>(&self, records: impl Iterator<Item = R>) -> io::Result<(File, u64)> {
        let temporary = with_suffix(&self.path, ".tmp");
        let written = write_fresh(&temporary, records)
            .and_then(|written| std::fs::rename(&temporary, &self.path).map(|()| written));
        if written.is_err() {
            // Best effort: what matters is that the state file itself is untouched.
            let _ = std::fs::remove_file(&temporary);
        }
        written
    }
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Best effort: closing the file lets go of the lock as well.
        let _ = self.lock.unlock();
    }
}

impl FileJournal {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if let Err(error) = (&*self.file).write_all(line) {
            // A full disk may have taken half a line: cut it off, so that the next change
            // does not continue it.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
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
        Ok(file.append(&line)?)
    }

    /// The file, for synchronising it to the disk without holding up changes.
    pub(crate) fn file(&self) -> Option<Arc<File>> {
        match self {
            Self::Memory => None,
            Self::File(file) => Some(Arc::clone(&file.file)),
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
        let (file, length) = journal.locked.replace(records)?;
        journal.file = Arc::new(file);
        journal.length = length;
        Ok(())
    }
}

fn read<R: DeserializeOwned>(
    path: &Path,
    file: File,
    mut apply: impl FnMut(R),
) -> Result<(), OpenError> {
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = reader
            .read_until(b'\n', &mut line)
            .map_err(|source| io_error("read", path, source))?;
        if length == 0 {
            break;
        }
        let whole = line.pop_if(|last| *last == b'\n').is_some();
        if number == 1 {
            if line != HEADER.as_bytes() {
                return Err(OpenError::Foreign {
                    path: path.to_owned(),
                });
            }
            continue;
        }
        match serde_json::from_slice::<Vec<R>>(&line) {
            Ok(records) => records.into_iter().for_each(&mut apply),
            Err(_) if !whole => {
                tracing::warn!(
                    sandbox.state = %path.display(),
                    "the last change in the sandbox state was cut short and is dropped"
                );
            }
            Err(error) => {
                // Without the text around it: a line holds personal data.
                let reason = match error.classify() {
                    serde_json::error::Category::Data => "not a record of this version",
                    _ => "not valid JSON",
                };
                return Err(OpenError::Corrupt {
                    path: path.to_owned(),
                    line: number,
                    reason: reason.to_owned(),
                });
            }
        }
    }
    Ok(())
}

fn write_fresh<R: Serialize>(
    path: &Path,
    records: impl Iterator<Item = R>,
) -> io::Result<(File, u64)> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create_new(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // It holds personal data and the key of the session tokens.
        options.mode(0o600);
    }
    let mut writer = BufWriter::with_capacity(1 << 20, options.open(path)?);
    writeln!(writer, "{HEADER}")?;
    for record in records {
        serde_json::to_writer(&mut writer, &[record])?;
        writer.write_all(b"\n")?;
    }
    let mut file = writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    let length = file.seek(SeekFrom::End(0))?;
    Ok((file, length))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn io_error(attempt: &'static str, path: &Path, source: io::Error) -> OpenError {
    OpenError::Io {
        attempt,
        path: path.to_owned(),
        source,
    }
}
