//! The browser's files: a check at the start that all of them exist.

use std::path::Path;

use crate::{
    app::leptos_options,
    app::{Config, config::site::hash_file},
    ui::built_files,
};

/// Why the pages would not work in a browser.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// File names hold hashes, and `hash.txt` is missing.
    #[error(
        "LEPTOS_HASH_FILES: is on, but there is no `hash.txt` beside the program, which lists the \
         hashes: run script/release and start the program in its folder, or switch it off"
    )]
    NoHashes,
    /// Files that a page references are missing.
    #[error("the pages name files that are not there: {files}; {fix}")]
    Missing {
        /// The files.
        files: String,
        /// What to do.
        fix: String,
    },
}

/// Checks that each file that a page references exists: without one of them a page is rendered but
/// never becomes interactive.
///
/// # Errors
/// See [`SiteError`].
pub fn check_files(config: &Config) -> Result<(), SiteError> {
    let hash_file = hash_file();
    if config.site.hash_files && !hash_file.as_ref().is_some_and(|file| file.is_file()) {
        return Err(SiteError::NoHashes);
    }
    let mut named = built_files(leptos_options(config));
    named.push(config.persona.sdk.script_url.clone());
    let missing = missing_files(&config.site.root, &named);
    if missing.is_empty() {
        return Ok(());
    }
    let fix = match hash_file {
        Some(file) if config.site.hash_files => format!(
            "{} is of another build: run script/release and start the program in its folder, or \
             delete that file if the names hold no hashes",
            file.display()
        ),
        _ => "build them with script/setup and `cargo leptos build`, start the program in the \
              project's folder, or let LEPTOS_SITE_ROOT name the folder that holds them"
            .to_owned(),
    };
    Err(SiteError::Missing {
        files: missing.join(", "),
        fix,
    })
}

/// The missing files among those that this server serves.
fn missing_files(root: &Path, named: &[String]) -> Vec<String> {
    let ours = named.iter().filter_map(|address| {
        let path = address.strip_prefix('/')?;
        let path = path.split(['?', '#']).next()?;
        // A proxy in front of this server may serve other paths.
        (path.starts_with("pkg/") || path.starts_with("vendor/")).then(|| root.join(path))
    });
    ours.filter(|file| !file.is_file())
        .map(|file| file.display().to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use leptos::config::LeptosOptions;

    use super::*;

    #[test]
    fn each_file_of_ours_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let options = LeptosOptions::builder()
            .output_name("persona-onboarding")
            .build();
        let mut named = built_files(options);
        assert_eq!(
            named,
            ["js", "wasm", "css"].map(|kind| format!("/pkg/persona-onboarding.{kind}"))
        );
        named.extend(
            [
                "/vendor/persona.js",
                "https://cdn.example.com/persona.js",
                "/elsewhere/persona.js",
            ]
            .map(ToOwned::to_owned),
        );

        assert_eq!(missing_files(root, &named).len(), 4);
        for file in ["persona-onboarding.js", "persona-onboarding.wasm"] {
            std::fs::create_dir_all(root.join("pkg")).unwrap();
            std::fs::write(root.join("pkg").join(file), "").unwrap();
        }
        let missing = missing_files(root, &named);
        let expected = ["pkg/persona-onboarding.css", "vendor/persona.js"];
        assert_eq!(
            missing,
            expected.map(|file| root.join(file).display().to_string())
        );
    }
}
