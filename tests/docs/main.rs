//! The documents: links lead somewhere, paths and items that are named exist, commands work.
//!
//! Fenced blocks of `sh` are commands. Each is checked (programs, subcommands, flags, targets,
//! names of tests and variables), and so is each command in single backticks. Then a block is run,
//! and so are programs in `python` and `js`, in an empty folder with a running app, unless a comment
//! right before the block says otherwise:
//!
//! - `<!-- docs: not run: REASON -->`: only checked. The reason is printed with the test.
//! - `<!-- docs: background until URL -->`: a server; the blocks after it use it.
//!
//! The ports 3000 (the app), 3002 (the sandbox) and 4000 (a document's own program) are replaced by
//! free ones.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod commands;
mod document;
mod examples;
mod links;
mod named;
#[path = "../journeys/ports.rs"]
mod ports;
mod running;
mod shell;
#[path = "../journeys/site.rs"]
mod site;

use std::path::Path;

/// The project's root folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fails with all problems at once.
pub fn expect_none(problems: &[String], what: &str) {
    assert!(
        problems.is_empty(),
        "{} {what}:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// Where programs are found.
#[expect(clippy::disallowed_methods, reason = "a setting of the tests")]
pub fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}
