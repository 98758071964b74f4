//! Links between documents, their anchors, and pictures.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use crate::{
    document::{Document, files},
    expect_none, root,
};

/// Pictures of all documents together, so that a clone stays small.
const MAX_PICTURES_BYTES: u64 = 600 * 1024;

#[test]
fn links_and_their_anchors_exist() {
    let documents = Document::all();
    let mut problems = Vec::new();
    for document in &documents {
        for link in &document.links {
            if let Err(problem) = check(&link.text, document, &documents) {
                problems.push(format!("{}: {problem}", document.place(link.line)));
            }
        }
    }
    expect_none(&problems, "links that lead nowhere");
}

#[test]
fn a_broken_link_is_found() {
    let documents = Document::all();
    let readme = documents
        .iter()
        .find(|it| it.path == Path::new("README.md"));
    let check = |link| check(link, readme.unwrap(), &documents);
    assert!(check("docs/operating.md#configuration").is_ok());
    assert!(check("#run-it").is_ok());
    assert!(check("docs/operation.md").is_err());
    assert!(check("docs/operating.md#configurations").is_err());
    assert!(check("#running-it").is_err());
}

#[test]
fn every_document_and_picture_is_linked_from_another() {
    let documents = Document::all();
    let linked: HashSet<_> = documents
        .iter()
        .flat_map(|document| {
            let links = document.links.iter();
            links.filter_map(|link| Some(target(&link.text, document)?.0))
        })
        .collect();
    let problems: Vec<_> = files()
        .into_iter()
        .filter(|file| file.starts_with("docs"))
        .filter(|file| {
            let extension = file.extension().unwrap_or_default();
            ["md", "png", "webp", "svg"]
                .iter()
                .any(|it| extension == *it)
        })
        .filter(|file| !linked.contains(file))
        .map(|file| file.display().to_string())
        .collect();
    expect_none(&problems, "files of docs/ that no document links to");
}

#[test]
fn pictures_are_small() {
    let total: u64 = files()
        .into_iter()
        .filter(|file| file.starts_with("docs"))
        .filter(|file| {
            file.extension()
                .is_some_and(|it| it == "png" || it == "webp")
        })
        .map(|file| std::fs::metadata(root().join(file)).unwrap().len())
        .sum();
    assert!(total > 0, "docs/ has no pictures");
    assert!(total <= MAX_PICTURES_BYTES, "{total} bytes of pictures");
}

fn check(link: &str, document: &Document, documents: &[Document]) -> Result<(), String> {
    let Some((path, anchor)) = target(link, document) else {
        return Ok(());
    };
    if !root().join(&path).exists() {
        return Err(format!("{link}: there is no {}", path.display()));
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let linked = documents.iter().find(|document| document.path == path);
    match linked {
        Some(linked) if linked.anchors.contains(&anchor) => Ok(()),
        Some(linked) => {
            let mut anchors: Vec<_> = linked.anchors.iter().map(String::as_str).collect();
            anchors.sort_unstable();
            Err(format!("{link}: the anchors are {}", anchors.join(", ")))
        }
        None => Err(format!("{link}: only documents have anchors")),
    }
}

/// The file that a link leads to, from the root, and the anchor; nothing for another site's.
fn target(link: &str, document: &Document) -> Option<(PathBuf, Option<String>)> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor.to_owned())),
        None => (link, None),
    };
    if path.is_empty() {
        return Some((document.path.clone(), anchor));
    }
    let mut resolved = document.path.parent().unwrap().to_owned();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                resolved.pop();
            }
            part => resolved.push(part),
        }
    }
    Some((resolved, anchor))
}
