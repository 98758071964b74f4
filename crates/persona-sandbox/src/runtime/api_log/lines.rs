//! Files of JSON lines: a first line that names the format, then one array of records a line.
//!
//! They are read whole or refused, and replaced whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{OpenError, io_error, with_suffix};

/// Hands each record in the file at `path` to `apply`, oldest first; there need not be a file.
/// A last line that was cut short is left out.
pub(super) fn read<R: DeserializeOwned>(
    path: &Path,
    header: &str,
    mut apply: impl FnMut(R),
) -> Result<(), OpenError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error("open", path, error)),
    };
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
            if line != header.as_bytes() {
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
                    "the last line of a file of the sandbox was cut short and is dropped"
                );
            }
            Err(error) => {
                // Without the text around it: a line holds personal data.
                let reason = match error.classify() {
                    serde_json::error::Category::Data => "not a record of this version",
                    _ => "not valid JSON",
                };
                return Err(OpenError::Damaged {
                    path: path.to_owned(),
                    reason: format!("line {number} is {reason}"),
                });
            }
        }
    }
    Ok(())
}

/// A file that lines are added to.
#[derive(Debug)]
pub(super) struct LineFile {
    file: File,
    /// Where the last whole line ends.
    length: u64,
    /// There is half a line at the end that could not be cut off.
    torn: bool,
}

impl LineFile {
    /// Adds whole lines: all of them or, if the disk is full, none.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.cut_off_torn_line()?;
        if let Err(error) = (&self.file).write_all(lines) {
            // A full disk may have taken half a line: cut it off, so that the next one does not
            // continue it.
            self.torn = true;
            if let Err(error) = self.cut_off_torn_line() {
                tracing::error!(%error, "half a line could not be cut off a file of the sandbox");
            }
            return Err(error);
        }
        self.length += lines.len() as u64;
        Ok(())
    }

    /// How long it is, up to its last whole line.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    fn cut_off_torn_line(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
            self.torn = false;
        }
        Ok(())
    }
}

/// Writes a file of `header` and one line for each record in place of the one at `path`, whole or
/// not at all, and opens it for more.
pub(super) fn replace<R: Serialize>(
    path: &Path,
    header: &str,
    records: impl Iterator<Item = R>,
) -> io::Result<LineFile> {
    let temporary = with_suffix(path, ".tmp");
    let written = write_new(&temporary, header, records)
        .and_then(|written| std::fs::rename(&temporary, path).map(|()| written));
    if written.is_err() {
        // Best effort: what matters is that the file itself is untouched.
        let _ = std::fs::remove_file(&temporary);
        return written;
    }
    sync_folder_of(path);
    written
}

/// A new name outlasts a power cut once its folder is written. Before that the old file is back
/// after one, so a failure is told but undoes nothing.
fn sync_folder_of(path: &Path) {
    let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
    let synced = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
    if let Err(error) = synced {
        tracing::warn!(%error, "the folder of a file of the sandbox could not be synchronised");
    }
}

/// Writes a new file of `header` and one line for each record, and opens it for more.
fn write_new<R: Serialize>(
    path: &Path,
    header: &str,
    records: impl Iterator<Item = R>,
) -> io::Result<LineFile> {
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
    writeln!(writer, "{header}")?;
    for record in records {
        serde_json::to_writer(&mut writer, &[record])?;
        writer.write_all(b"\n")?;
    }
    let mut file = writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    let length = file.seek(SeekFrom::End(0))?;
    Ok(LineFile {
        file,
        length,
        torn: false,
    })
}
