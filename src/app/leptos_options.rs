//! The options of Leptos: where the browser's files are, and how they are named.

use leptos::config::LeptosOptions;

use crate::app::Config;

/// Builds the options of Leptos, which are otherwise read from variables that only `cargo leptos` sets.
#[must_use]
pub fn leptos_options(config: &Config) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("persona-onboarding")
        .site_root(config.site.root.to_string_lossy())
        .site_pkg_dir("pkg")
        .site_addr(config.addr)
        // Zero while nobody watches: the pages then hold no script that waits for a rebuild.
        .reload_port(config.site.reload_port.map_or(0, u32::from))
        .hash_files(config.site.hash_files)
        .build()
}
