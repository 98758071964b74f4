//! Where the browser's files are: beside the program in a release folder, under `target` in
//! development.

use std::path::PathBuf;

use leptos::config::LeptosOptions;

use super::config::Config;

/// The folder of the files: the one that `LEPTOS_SITE_ROOT` states, or where it usually is.
pub(super) fn root(stated: Option<&str>) -> PathBuf {
    if let Some(stated) = stated {
        return stated.into();
    }
    let beside = program_folder().map(|folder| folder.join("site"));
    beside
        .filter(|site| site.is_dir())
        .unwrap_or_else(|| "target/site".into())
}

/// What Leptos wants to know, which finds none of it by itself outside `cargo leptos`.
#[must_use]
pub fn leptos_options(config: &Config) -> LeptosOptions {
    let variable = |name| {
        std::env::var(name)
            .ok()
            .filter(|value: &String| !value.is_empty())
    };
    let hash_files = match variable("LEPTOS_HASH_FILES") {
        Some(value) => value == "true",
        None => program_folder().is_some_and(|folder| folder.join("hash.txt").is_file()),
    };
    LeptosOptions::builder()
        .output_name("persona-onboarding")
        .site_root(root(variable("LEPTOS_SITE_ROOT").as_deref()).to_string_lossy())
        .site_pkg_dir("pkg")
        .site_addr(config.addr)
        .reload_port(
            variable("LEPTOS_RELOAD_PORT")
                .and_then(|it| it.parse().ok())
                .unwrap_or(3001),
        )
        .hash_files(hash_files)
        .build()
}

fn program_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program.parent().map(ToOwned::to_owned)
}
