//! `--config`: the file with the shape of the user's account, and the JSON Schema of such files.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use persona_sandbox::Setup;

/// The file that is read if none is named.
const DEFAULT_FILE: &str = "persona-sandbox.yaml";

/// Reads the named file, or the default one if it is there.
pub(crate) fn read(named: Option<PathBuf>) -> anyhow::Result<Setup> {
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound && !is_named => {
            return Ok(Setup::default());
        }
        text => text.with_context(|| format!("could not read --config {}", path.display()))?,
    };
    let setup = parse(&path, &text)?;
    if !is_named {
        tracing::info!("the setup is that of {DEFAULT_FILE} in the working folder");
    }
    Ok(setup)
}

fn parse(path: &Path, text: &str) -> anyhow::Result<Setup> {
    Setup::parse(text).with_context(|| path.display().to_string())
}

/// Prints the JSON Schema.
pub(crate) fn print_schema() -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", Setup::json_schema()).context("could not print the schema")?;
    Ok(ExitCode::SUCCESS)
}
