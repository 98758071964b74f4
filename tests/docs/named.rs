//! Files and Rust items that documents name in backticks.

use std::{collections::HashSet, path::Path};

use crate::{
    document::{Document, files, files_with_extension},
    expect_none, root,
};

/// Folders of the root. What begins with one of them is a path.
const FOLDERS: [&str; 12] = [
    "src/",
    "crates/",
    "tests/",
    "docs/",
    "script/",
    "end2end/",
    "migrations/",
    "benches/",
    "style/",
    "public/",
    ".github/",
    ".config/",
];

/// A word that ends so is the name of a file; other extensions may be of files that are generated.
const EXTENSIONS: [&str; 4] = [".rs", ".ts", ".md", ".patch"];

#[test]
fn the_files_that_documents_name_exist() {
    let files = files();
    let mut problems = Vec::new();
    for document in Document::all() {
        // It tells of what was.
        if document.path.ends_with("CHANGELOG.md") {
            continue;
        }
        for code in &document.code {
            let folder = document.path.parent().unwrap();
            if is_path(&code.text) && !exists(&code.text, folder, &files) {
                problems.push(format!("{}: {}", document.place(code.line), code.text));
            }
        }
    }
    expect_none(&problems, "files that do not exist");
}

#[test]
fn a_missing_file_is_found() {
    let files = files();
    let exists = |text| exists(text, Path::new("docs"), &files);
    assert!(is_path("src/main.rs") && exists("src/main.rs"));
    assert!(is_path("main.rs") && exists("main.rs"));
    assert!(is_path("end2end/logs/") && exists("end2end/logs/"));
    assert!(is_path("tests/fixtures/*.json") && exists("tests/fixtures/*.json"));
    assert!(is_path("src/minor.rs") && !exists("src/minor.rs"));
    assert!(is_path("minor.rs") && !exists("minor.rs"));
    assert!(!is_path("script/test --contract") && !is_path("inq_…"));
}

#[test]
fn the_items_that_documents_name_exist() {
    let words: HashSet<String> = files_with_extension("rs")
        .iter()
        .flat_map(|file| {
            let text = std::fs::read_to_string(root().join(file)).unwrap();
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let mut problems = Vec::new();
    for document in Document::all() {
        if document.path.ends_with("CHANGELOG.md") {
            continue;
        }
        for code in &document.code {
            let is_item = code.text.contains("::") && !code.text.contains([' ', '/', '<']);
            let name = code.text.trim_end_matches("()").rsplit("::").next();
            if is_item && !name.is_some_and(|name| words.contains(name)) {
                problems.push(format!("{}: {}", document.place(code.line), code.text));
            }
        }
    }
    expect_none(&problems, "items that no source file has");
}

fn is_path(text: &str) -> bool {
    let is_one_word = !text.contains([' ', '$', '<', '=', ':']);
    let is_below_a_folder = FOLDERS.iter().any(|folder| text.starts_with(folder));
    let is_file = EXTENSIONS.iter().any(|end| text.ends_with(end)) && !text.starts_with(['*', '.']);
    is_one_word && (is_below_a_folder || is_file)
}

/// Whether there is such a path from the root or from the document's folder; or, for the end of a
/// path, any file that ends so.
fn exists(text: &str, folder: &Path, files: &[std::path::PathBuf]) -> bool {
    // Of a pattern the part before it.
    let text = match text.find(['*', '…', '{']) {
        Some(end) => text[..end]
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder),
        None => text,
    };
    let path = Path::new(text);
    root().join(path).exists()
        || root().join(folder).join(path).exists()
        || files.iter().any(|file| file.ends_with(path))
        || is_made_by_running(text)
}

/// Whether git ignores it by name: tests and builds make it.
fn is_made_by_running(text: &str) -> bool {
    let ignored = std::fs::read_to_string(root().join(".gitignore")).unwrap();
    ignored
        .lines()
        .any(|line| line.trim_matches('/') == text.trim_matches('/'))
}
