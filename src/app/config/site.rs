//! Where the browser's files are: beside the program in a release folder, under `target` in
//! development.

use std::path::PathBuf;

use crate::app::config::{errors::ErrorCollector, values::Values};

/// The default port on which cargo-leptos tells pages that they were rebuilt.
const RELOAD_PORT: u16 = 3001;

/// The browser's files, and what cargo-leptos says about them.
#[derive(Debug, Clone)]
pub struct SiteConfig {
    /// The folder of the files.
    pub root: PathBuf,
    /// Whether the names of the files hold hashes, which `hash.txt` beside the program lists.
    pub hash_files: bool,
    /// The port over which cargo-leptos tells pages that they were rebuilt, while it watches.
    pub reload_port: Option<u16>,
}

impl SiteConfig {
    /// Reads the settings, most of which cargo-leptos makes; `None` after an error.
    pub(crate) fn read(values: &Values, errors: &mut ErrorCollector) -> Option<Self> {
        let hash_files = errors.check(values.flag("LEPTOS_HASH_FILES"));
        let reload_port = errors.check(values.parsed_or(
            "LEPTOS_RELOAD_PORT",
            "use a port, like 3001",
            RELOAD_PORT,
        ));
        let root = match values.text("LEPTOS_SITE_ROOT") {
            Some(root) => root.into(),
            None => default_root(),
        };
        Some(Self {
            root,
            hash_files: hash_files?.unwrap_or_else(|| hash_file().is_some_and(|it| it.is_file())),
            reload_port: values.text("LEPTOS_WATCH").and(reload_port),
        })
    }
}

/// Beside the program in a release; for a program under `target`, where cargo-leptos puts them; else
/// the same seen from the working folder.
fn default_root() -> PathBuf {
    let folder = program_folder();
    let beside = folder.iter().map(|folder| folder.join("site"));
    let under_target = folder
        .iter()
        .filter_map(|folder| folder.parent())
        .map(|target| target.join("site"));
    beside
        .chain(under_target)
        .find(|site| site.is_dir())
        .unwrap_or_else(|| "target/site".into())
}

/// The file beside the program that lists the hashes in the names of the browser's files.
pub(crate) fn hash_file() -> Option<PathBuf> {
    program_folder().map(|folder| folder.join("hash.txt"))
}

fn program_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program.parent().map(ToOwned::to_owned)
}
