//! The browser's files, for programs that start only if they are there and are asked for none.

use std::path::{Path, PathBuf};

/// The files that every page names, where their names hold no hashes.
pub const BUILT_FILES: [&str; 3] = [
    "pkg/persona-onboarding.js",
    "pkg/persona-onboarding.wasm",
    "pkg/persona-onboarding.css",
];

/// Writes files of the right names under `folder`, and returns what `LEPTOS_SITE_ROOT` is to be.
pub fn stub_site(folder: &Path) -> PathBuf {
    let site = folder.join("site");
    for file in BUILT_FILES {
        let file = site.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    site
}
