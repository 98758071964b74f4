//! The folders of the crate use one another in one direction only.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of this test panic as its assertions do"
)]

mod layers;

use std::path::Path;

use layers::Layers;

/// A folder, and the folders that it may use. A folder stands below all that it uses, so the table
/// cannot hold a circle.
const ARROWS: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("core::model", &["core"]),
    ("store::database", &[]),
    ("store", &["core", "core::model", "store::database"]),
    ("wire", &["core", "core::model", "store"]),
    ("setup", &["core", "core::model", "wire"]),
    ("domain", &["core", "core::model", "store", "setup"]),
    ("runtime::api_log", &["core", "core::model", "store"]),
    (
        "runtime",
        &[
            "core",
            "core::model",
            "store",
            "setup",
            "domain",
            "runtime::api_log",
        ],
    ),
    (
        "delivery",
        &["core", "core::model", "store", "wire", "runtime"],
    ),
    (
        "scenario",
        &["core", "core::model", "store", "domain", "runtime"],
    ),
    ("tls", &["core"]),
    ("openapi", &[]),
    ("http::transport", &["core", "runtime"]),
    ("http::hosts", &["core"]),
    (
        "http::api",
        &[
            "core",
            "core::model",
            "openapi",
            "store",
            "domain",
            "wire",
            "runtime",
            "runtime::api_log",
            "http::transport",
        ],
    ),
    (
        "http::control",
        &[
            "core",
            "core::model",
            "store",
            "setup",
            "domain",
            "wire",
            "runtime",
            "runtime::api_log",
            "scenario",
            "http::transport",
        ],
    ),
    ("http::pages::assets", &[]),
    ("http::pages::flow::texts", &["core::model", "domain"]),
    (
        "http::pages::flow",
        &[
            "core",
            "core::model",
            "store",
            "domain",
            "runtime",
            "http::transport",
            "http::pages::assets",
            "http::pages::flow::texts",
        ],
    ),
    (
        "http::pages::dashboard",
        &[
            "core",
            "core::model",
            "store",
            "domain",
            "wire",
            "runtime",
            "runtime::api_log",
            "scenario",
            "http::transport",
            "http::control",
        ],
    ),
    ("http::pages", &["core", "runtime"]),
    ("http", &["openapi", "runtime"]),
    ("in_process", &["core::model", "domain", "runtime"]),
];

/// The layers of this crate. The program under `bin` is a crate of its own.
fn layers() -> Layers {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    Layers::read(&source, ARROWS, &["bin"])
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
fn the_map_in_the_documentation_is_this_one() {
    layers().expect_map_in_documentation();
}

#[test]
fn paths_are_read_out_of_groups_and_code() {
    layers::expect_paths_to_be_read();
}
