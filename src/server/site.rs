//! What Leptos is told of the browser's files.

use leptos::config::LeptosOptions;

use super::config::Config;

/// What Leptos wants to know, which finds none of it by itself outside `cargo leptos`.
#[must_use]
pub fn leptos_options(config: &Config) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("persona-onboarding")
        .site_root(config.site.root.to_string_lossy())
        .site_pkg_dir("pkg")
        .site_addr(config.addr)
        .reload_port(config.site.reload_port.map_or(0, u32::from))
        .hash_files(config.site.hash_files)
        .build()
}
