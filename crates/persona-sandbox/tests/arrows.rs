//! The folders of the crate use one another in one direction only.
//!
//! [`ARROWS`] says which folder may use which. The test reads every path that begins with `crate`,
//! `super` or the name of a subfolder, in code and in tests, and fails on an arrow that the table
//! does not have. The map in `src/lib.rs` must be the table's rendering.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of this test panic as its assertions do"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A folder, and the folders that it may use. A folder stands below all that it uses, so the table
/// cannot hold a circle.
const ARROWS: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("core::model", &["core"]),
    ("store::database", &[]),
    ("store", &["core", "core::model", "store::database"]),
    ("domain", &["core", "core::model", "store"]),
    ("wire", &["core", "core::model", "store"]),
    ("runtime::api_log", &["core", "core::model", "store"]),
    (
        "runtime",
        &["core", "core::model", "store", "domain", "runtime::api_log"],
    ),
    (
        "delivery",
        &["core", "core::model", "store", "wire", "runtime"],
    ),
    (
        "scenario",
        &["core", "core::model", "store", "domain", "runtime"],
    ),
    ("http::transport", &["core", "runtime"]),
    (
        "http::api",
        &[
            "core",
            "core::model",
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
            "domain",
            "wire",
            "runtime",
            "runtime::api_log",
            "scenario",
            "http::transport",
        ],
    ),
    ("http::pages::assets", &[]),
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
            "http::transport",
        ],
    ),
    (
        "http::pages",
        &[
            "runtime",
            "http::pages::assets",
            "http::pages::flow",
            "http::pages::dashboard",
        ],
    ),
    (
        "http",
        &[
            "runtime",
            "http::transport",
            "http::api",
            "http::control",
            "http::pages",
        ],
    ),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The module that a file is, as segments: `store/tx.rs` is `[store, tx]`.
fn module_of(file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(source()).unwrap().with_extension("");
    let mut segments: Vec<String> = relative
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    segments.pop_if(|last| last == "mod");
    segments
}

/// The folder of a file, as a key of the table; empty for `lib.rs`.
fn folder_of(file: &Path) -> String {
    let relative = file.strip_prefix(source()).unwrap();
    let folders = relative.parent().unwrap().iter();
    folders
        .map(|part| part.to_str().unwrap())
        .collect::<Vec<_>>()
        .join("::")
}

/// The folder that a path of modules leads into: the longest one that it begins with.
fn folder_at(path: &[String]) -> String {
    (0..=path.len())
        .rev()
        .map(|length| path[..length].join("::"))
        .find(|folder| ARROWS.iter().any(|(known, _)| known == folder))
        .unwrap_or_default()
}

/// A file's code without comments and strings.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        for (index, piece) in line.split('"').enumerate() {
            code.push_str(if index % 2 == 0 { piece } else { "\"\"" });
        }
        code.push('\n');
    }
    code
}

/// Every path in the code, each as segments, with groups such as `a::{b, c::d}` taken apart.
fn paths_in(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut prefixes: Vec<Vec<String>> = Vec::new();
    let mut current: Vec<String> = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        if first.is_alphanumeric() || first == '_' {
            let end = rest
                .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .unwrap_or(rest.len());
            if current.is_empty() {
                current = prefixes.last().cloned().unwrap_or_default();
            }
            current.push(rest[..end].to_owned());
            rest = &rest[end..];
            if !rest.starts_with("::") {
                paths.push(std::mem::take(&mut current));
            }
        } else if let Some(after) = rest.strip_prefix("::{") {
            prefixes.push(std::mem::take(&mut current));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("::") {
            rest = after;
        } else {
            paths.push(std::mem::take(&mut current));
            match first {
                // A block within a group cannot be, so a brace that opens one ends all groups.
                '{' => prefixes.push(Vec::new()),
                '}' => {
                    prefixes.pop();
                }
                _ => {}
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    paths.retain(|path| path.len() > 1);
    paths
}

/// The folders that a file uses.
fn folders_used_by(file: &Path) -> BTreeSet<String> {
    let own = folder_of(file);
    let module = module_of(file);
    let module = if module == ["lib"] {
        Vec::new()
    } else {
        module
    };
    let text = std::fs::read_to_string(file).unwrap();
    let (body, tests) = text.split_once("\nmod tests {").unwrap_or((&text, ""));
    let mut used = BTreeSet::new();
    for (code, module) in [
        (body, module.clone()),
        (tests, [module, vec!["tests".to_owned()]].concat()),
    ] {
        for path in paths_in(&code_of(code)) {
            let absolute = match path[0].as_str() {
                "crate" => path[1..].to_vec(),
                "super" => {
                    let ups = path.iter().take_while(|part| *part == "super").count();
                    [&module[..module.len() - ups], &path[ups..]].concat()
                }
                "self" => continue,
                first => {
                    let child = if own.is_empty() {
                        first.to_owned()
                    } else {
                        format!("{own}::{first}")
                    };
                    match ARROWS.iter().any(|(folder, _)| *folder == child) {
                        true => vec![child],
                        false => continue,
                    }
                }
            };
            let folder = folder_at(&absolute);
            if folder != own {
                used.insert(folder);
            }
        }
    }
    used
}

/// Every arrow of the crate, each with a file that draws it.
fn arrows() -> BTreeMap<(String, String), PathBuf> {
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    // The program is a crate of its own.
    files.retain(|file| !file.starts_with(source().join("bin")));
    assert!(files.len() > 80, "{} files", files.len());
    let mut arrows = BTreeMap::new();
    for file in files {
        for used in folders_used_by(&file) {
            arrows.insert((folder_of(&file), used), file.clone());
        }
    }
    arrows
}

fn render() -> String {
    let mut map = String::new();
    for (folder, used) in ARROWS {
        let used = match used.is_empty() {
            true => "-".to_owned(),
            false => used.join(", "),
        };
        writeln!(map, "//! {folder:<22} -> {used}").unwrap();
    }
    map
}

#[test]
fn folders_use_one_another_only_as_the_map_allows() {
    let mut wrong = Vec::new();
    for ((folder, used), file) in arrows() {
        // `lib.rs` puts the parts together, and nothing may use it.
        let allowed = folder.is_empty()
            || ARROWS
                .iter()
                .any(|(known, may)| *known == folder && may.contains(&used.as_str()));
        if !allowed {
            let used = if used.is_empty() { "lib.rs" } else { &used };
            wrong.push(format!("{} uses {used}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "not in the map:\n{}", wrong.join("\n"));
}

#[test]
fn the_map_has_every_arrow_and_no_other() {
    let drawn = arrows();
    for (folder, used) in ARROWS {
        for used in *used {
            let arrow = ((*folder).to_owned(), (*used).to_owned());
            assert!(
                drawn.contains_key(&arrow),
                "no file of {folder} uses {used}"
            );
        }
    }
}

#[test]
fn the_map_has_no_circle() {
    for (position, (folder, used)) in ARROWS.iter().enumerate() {
        for used in *used {
            let below = ARROWS.iter().position(|(known, _)| known == used);
            let below = below.unwrap_or_else(|| panic!("{folder} uses {used}, which is no folder"));
            assert!(below < position, "{folder} stands before {used}");
        }
    }
}

#[test]
fn the_map_in_the_documentation_is_this_one() {
    let library = std::fs::read_to_string(source().join("lib.rs")).unwrap();
    let map = render();
    assert!(
        library.contains(&map),
        "put this map into src/lib.rs:\n{map}"
    );
}

#[test]
fn paths_are_read_out_of_groups_and_code() {
    let code = "use crate::store::{self, tx::{Change, Tx}};\nfn f() { crate::wire::x(a::b) }";
    let paths: Vec<String> = paths_in(code).iter().map(|path| path.join("::")).collect();
    assert_eq!(
        paths,
        [
            "crate::store::self",
            "crate::store::tx::Change",
            "crate::store::tx::Tx",
            "crate::wire::x",
            "a::b"
        ]
    );
}
