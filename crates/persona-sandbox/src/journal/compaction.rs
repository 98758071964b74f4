//! Rewriting the state file with what is still current, while changes go on.
//!
//! Under the state's lock a snapshot is taken (pointers only) and the place in the file noted.
//! Without the lock the snapshot is written to a new file, then what was added to the old one
//! meanwhile. Under the lock again the last few bytes follow, and the new file takes the old
//! one's name. Until then the old one is whole, so a crash or a full disk costs nothing.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use serde::Serialize;

use super::lines::{LineFile, sync_folder_of, with_suffix, write_fresh};
use super::{FileJournal, HEADER};

/// What the new file is called until it is in place, after the old one's name.
pub(super) const SUFFIX: &str = ".new";

/// A file is rewritten when it is this many times as long as after the last time...
const GROWTH: u64 = 4;

/// ...but not while it is short.
const WORTHWHILE: u64 = 16 * 1024 * 1024;

/// A rewriting that has begun: what the new file is to hold.
#[derive(Debug)]
pub(crate) struct Compaction<R> {
    records: Vec<R>,
    source: Source,
}

/// A new file that holds all but the latest changes. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Compacted {
    source: Source,
    new: LineFile,
    temporary: Temporary,
}

/// The old file, and how much of it is in the new one.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    file: File,
    copied: u64,
    generation: u64,
}

/// The new file's name until it is in place; when this is dropped nothing is left by that name.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Best effort: the state file itself is untouched.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What is left of an old file, to be let go of when nobody waits: freeing it takes time.
#[derive(Debug)]
pub(crate) struct Replaced {
    path: PathBuf,
    _file: File,
}

impl Replaced {
    /// Makes the replacement last.
    pub(crate) fn sync(&self) {
        sync_folder_of(&self.path);
    }
}

impl<R: Serialize> Compaction<R> {
    /// Writes the snapshot. Takes a while.
    pub(crate) fn write(self) -> io::Result<Compacted> {
        let temporary = Temporary(with_suffix(&self.source.path, SUFFIX));
        Ok(Compacted {
            new: write_fresh(&temporary.0, HEADER, self.records.into_iter())?,
            source: self.source,
            temporary,
        })
    }
}

impl Compacted {
    /// How much of an old file of this length is not copied yet.
    pub(crate) fn rest(&self, length: u64) -> u64 {
        length.saturating_sub(self.source.copied)
    }

    /// Copies what the old file holds up to `length`, where a change ends.
    pub(crate) fn copy_until(&mut self, length: u64) -> io::Result<()> {
        let rest = self.rest(length);
        self.source.file.seek(SeekFrom::Start(self.source.copied))?;
        let copied = io::copy(&mut (&self.source.file).take(rest), &mut &*self.new.file)?;
        if copied < rest {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.source.copied += copied;
        self.new.length += copied;
        Ok(())
    }

    /// Makes what is copied last.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.new.file.sync_data()
    }
}

impl FileJournal {
    /// Whether the file has grown to several times its size.
    pub(super) fn has_grown(&self) -> bool {
        let length = self.lines.length();
        length > WORTHWHILE && length > GROWTH.saturating_mul(self.live)
    }

    /// Begins to rewrite the file with `records`, which are all that is current now.
    pub(crate) fn begin_compaction<R>(&mut self, records: Vec<R>) -> io::Result<Compaction<R>> {
        // Now, not at the end: what is to be forgotten from here on is in `records`.
        self.has_to_forget = false;
        let source = Source {
            file: File::open(&self.locked.path)?,
            path: self.locked.path.clone(),
            copied: self.lines.length(),
            generation: self.generation,
        };
        Ok(Compaction { records, source })
    }

    /// Puts the new file in place of the old one; nothing if that was replaced meanwhile.
    pub(super) fn finish_compaction(&mut self, mut new: Compacted) -> io::Result<Option<Replaced>> {
        if new.source.generation != self.generation {
            return Ok(None);
        }
        new.copy_until(self.lines.length())?;
        std::fs::rename(&new.temporary.0, &new.source.path)?;
        self.replaced_by(new.new);
        Ok(Some(Replaced {
            path: new.source.path,
            _file: new.source.file,
        }))
    }

    /// A rewriting failed: the next one waits until the file has grown several times again.
    pub(super) fn postpone_compaction(&mut self) {
        self.live = self.lines.length();
    }
}
