//! The folders of `src` use one another in one direction only.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of this test panic as its assertions do"
)]

// The sandbox is a crate of its own, and checks its folders in the same way.
#[path = "../../crates/persona-sandbox/tests/arrows/layers.rs"]
mod layers;

use std::path::Path;

use layers::{Arrows, Layers};

/// Each folder with the folders that it may use.
const ARROWS: Arrows = &[
    ("base", &[]),
    ("i18n", &[]),
    ("brand", &["i18n"]),
    ("model", &[]),
    ("store", &["base", "model"]),
    ("domain", &["base", "model", "store"]),
    ("domain::accounts", &["base", "model", "store", "domain"]),
    ("domain::sync", &["base", "model", "store", "domain"]),
    (
        "domain::sync::inbox",
        &["base", "model", "store", "domain::sync"],
    ),
    ("domain::get_or_create::attempt", &["model", "store"]),
    (
        "domain::get_or_create",
        &[
            "base",
            "model",
            "store",
            "domain",
            "domain::accounts",
            "domain::sync",
            "domain::get_or_create::attempt",
        ],
    ),
    (
        "domain::operators",
        &[
            "model",
            "store",
            "domain",
            "domain::accounts",
            "domain::sync",
        ],
    ),
    ("app::config", &["model", "store"]),
    (
        "app",
        &[
            "base",
            "i18n",
            "brand",
            "model",
            "store",
            "domain",
            "app::config",
        ],
    ),
    ("api", &["base", "i18n", "model", "domain", "app"]),
    ("ui::browser", &["model"]),
    ("ui::islands", &["i18n", "model", "api", "ui::browser"]),
    (
        "ui::pages",
        &[
            "base",
            "i18n",
            "model",
            "domain",
            "app",
            "api",
            "ui::islands",
        ],
    ),
    (
        "ui::pages::admin",
        &[
            "base",
            "model",
            "store",
            "domain",
            "app",
            "api",
            "ui::islands",
            "ui::pages",
        ],
    ),
    ("ui", &["app", "ui::pages"]),
    (
        "web::middleware",
        &["base", "i18n", "model", "store", "domain", "app", "api"],
    ),
    (
        "web::handlers",
        &[
            "base",
            "i18n",
            "model",
            "store",
            "domain",
            "domain::sync",
            "app",
            "api",
            "ui",
            "web::middleware",
        ],
    ),
    (
        "web::live",
        &[
            "base",
            "i18n",
            "model",
            "store",
            "domain",
            "app",
            "api",
            "web::middleware",
        ],
    ),
    (
        "web",
        &[
            "base",
            "i18n",
            "store",
            "domain",
            "app",
            "app::config",
            "ui",
            "web::middleware",
            "web::handlers",
            "web::live",
        ],
    ),
];

/// The layers of the app. The simulation is compiled for tests alone, and belongs to the machine
/// that it drives.
fn layers() -> Layers {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let simulation = "domain/get_or_create/attempt/simulation";
    Layers::read(&source, ARROWS, &[simulation])
}

#[test]
fn folders_use_one_another_only_as_the_map_allows() {
    layers().expect_only_arrows_of_the_map();
}

#[test]
fn the_map_has_every_arrow_and_no_other() {
    layers().expect_every_arrow_of_the_map();
}

#[test]
fn the_map_has_no_circle() {
    layers().expect_no_circle();
}

#[test]
fn paths_are_read_out_of_groups_and_code() {
    layers::expect_paths_to_be_read();
}

#[test]
fn the_map_in_the_documentation_is_this_one() {
    layers().expect_map_in_documentation();
}
