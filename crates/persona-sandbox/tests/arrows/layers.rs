//! Reads which folder of a crate uses which, and compares that with a map of what may be.
//!
//! A map names each folder with the folders that it may use. The reader takes every path that begins
//! with `crate`, `super` or the name of a subfolder, in code and in tests.
//!
//! - `lib.rs` and `main.rs` put the parts together: they may use everything, and nothing may use them.
//! - A `mod.rs` may re-export from its own subfolders: that is no arrow.
//! - Inside a folder nobody goes through its `mod.rs`, where a re-export would hide an arrow: a path to
//!   an enclosing folder must go on to one of that folder's files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A folder, and the folders that it may use. A folder stands below all that it uses, so that the map
/// cannot hold a circle.
pub type Arrows = &'static [(&'static str, &'static [&'static str])];

/// The folders of a crate as its files use them.
pub struct Layers {
    source: PathBuf,
    map: Arrows,
    /// Every arrow, each with a file that draws it.
    drawn: BTreeMap<(String, String), PathBuf>,
    /// Paths through the `mod.rs` of an enclosing folder.
    hidden: BTreeSet<String>,
}

impl Layers {
    /// Reads all files below `source`, but for those in the folders of `left_out`.
    pub fn read(source: &Path, map: Arrows, left_out: &[&str]) -> Self {
        let mut files = Vec::new();
        rust_files(source, &mut files);
        files.retain(|file| {
            !left_out
                .iter()
                .any(|folder| file.starts_with(source.join(folder)))
        });
        assert!(files.len() > 20, "{} files", files.len());
        let mut layers = Self {
            source: source.to_owned(),
            map,
            drawn: BTreeMap::new(),
            hidden: BTreeSet::new(),
        };
        for file in files {
            layers.read_file(&file);
        }
        layers
    }

    fn read_file(&mut self, file: &Path) {
        let own = self.folder_of(file);
        let is_facade = file.ends_with("mod.rs");
        let text = std::fs::read_to_string(file).unwrap();
        let (body, tests) = text.split_once("\nmod tests {").unwrap_or((&text, ""));
        let module = self.module_of(file);
        for (code, module) in [
            (body, module.clone()),
            (tests, [module, vec!["tests".to_owned()]].concat()),
        ] {
            for path in paths_in(&code_of(code)) {
                let Some(target) = self.target_of(&path, &module, &own) else {
                    continue;
                };
                let used = self.folder_at(&target);
                let is_enclosing = own.starts_with(&format!("{used}::")) && !used.is_empty();
                if is_enclosing && !self.is_file_of(&used, &target) {
                    let path = path.join("::");
                    self.hidden.insert(format!("{}: {path}", file.display()));
                }
                let is_child = used.starts_with(&format!("{own}::"));
                if used != own && !(is_facade && is_child) {
                    self.drawn.insert((own.clone(), used), file.to_owned());
                }
            }
        }
    }

    /// Where a path leads, from the crate's root; `None` for one that leaves the crate.
    fn target_of(&self, path: &[String], module: &[String], own: &str) -> Option<Vec<String>> {
        match path[0].as_str() {
            "crate" => Some(path[1..].to_vec()),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                Some([&module[..module.len() - ups], &path[ups..]].concat())
            }
            "self" => None,
            first => {
                let child = match own {
                    "" => first.to_owned(),
                    own => format!("{own}::{first}"),
                };
                let is_folder = self.map.iter().any(|(folder, _)| *folder == child);
                is_folder.then(|| child.split("::").map(ToOwned::to_owned).collect())
            }
        }
    }

    /// The module that a file is, as segments: `store/tx.rs` is `[store, tx]`.
    fn module_of(&self, file: &Path) -> Vec<String> {
        let relative = file.strip_prefix(&self.source).unwrap().with_extension("");
        let mut segments: Vec<String> = relative
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        let is_root = segments == ["lib"] || segments == ["main"];
        segments.pop_if(|last| is_root || last == "mod");
        segments
    }

    /// The folder of a file, as a key of the map; empty for `lib.rs` and `main.rs`.
    fn folder_of(&self, file: &Path) -> String {
        let relative = file.strip_prefix(&self.source).unwrap();
        let folders = relative.parent().unwrap().iter();
        folders
            .map(|part| part.to_str().unwrap())
            .collect::<Vec<_>>()
            .join("::")
    }

    /// The folder that a path of modules leads into: the longest one that it begins with.
    fn folder_at(&self, path: &[String]) -> String {
        (0..=path.len())
            .rev()
            .map(|length| path[..length].join("::"))
            .find(|folder| self.map.iter().any(|(known, _)| known == folder))
            .unwrap_or_default()
    }

    /// Whether a path into a folder goes on to a file of it.
    fn is_file_of(&self, folder: &str, path: &[String]) -> bool {
        let depth = folder.split("::").count();
        let folder: PathBuf = path[..depth].iter().collect();
        path.get(depth).is_some_and(|next| {
            self.source
                .join(folder)
                .join(format!("{next}.rs"))
                .is_file()
        })
    }

    fn allows(&self, folder: &str, used: &str) -> bool {
        folder.is_empty()
            || self
                .map
                .iter()
                .any(|(known, may)| *known == folder && may.contains(&used))
    }

    /// Fails on an arrow that the map does not have.
    pub fn expect_only_arrows_of_the_map(&self) {
        let mut wrong: Vec<String> = self.hidden.iter().cloned().collect();
        for ((folder, used), file) in &self.drawn {
            if !self.allows(folder, used) {
                let used = if used.is_empty() {
                    "the crate's root"
                } else {
                    used
                };
                wrong.push(format!("{} uses {used}", file.display()));
            }
        }
        assert!(wrong.is_empty(), "not in the map:\n{}", wrong.join("\n"));
    }

    /// Fails on an arrow of the map that no file draws.
    pub fn expect_every_arrow_of_the_map(&self) {
        let mut missing = Vec::new();
        for (folder, used) in self.map {
            for used in *used {
                let arrow = ((*folder).to_owned(), (*used).to_owned());
                if !self.drawn.contains_key(&arrow) {
                    missing.push(format!("no file of {folder} uses {used}"));
                }
            }
        }
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }

    /// Fails if a folder of the map uses one that does not stand before it.
    pub fn expect_no_circle(&self) {
        for (position, (folder, used)) in self.map.iter().enumerate() {
            for used in *used {
                let below = self.map.iter().position(|(known, _)| known == used);
                assert!(
                    below.is_some_and(|below| below < position),
                    "{folder} stands before {used}, or that is no folder"
                );
            }
        }
    }

    /// Fails unless the documentation of the crate holds the map.
    pub fn expect_map_in_documentation(&self) {
        let library = std::fs::read_to_string(self.source.join("lib.rs")).unwrap();
        let map = self.render();
        assert!(
            library.contains(&map),
            "put this map into {}/lib.rs:\n{map}",
            self.source.display()
        );
    }

    fn render(&self) -> String {
        let width = self.map.iter().map(|(folder, _)| folder.len()).max();
        let width = width.unwrap_or_default();
        let mut map = String::new();
        for (folder, used) in self.map {
            let used = match used.is_empty() {
                true => "-".to_owned(),
                false => used.join(", "),
            };
            writeln!(map, "//! {folder:<width$} -> {used}").unwrap();
        }
        map
    }
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

/// A file's code without comments and strings.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        // A visibility names a folder without using it.
        let line = line.replace("pub(in crate::", "pub(in_");
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

/// Fails if groups of `use` and paths in code are not read as they are meant.
pub fn expect_paths_to_be_read() {
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
