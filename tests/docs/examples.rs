//! The worked examples of CONTRIBUTING.md: patches that apply to the code as it is.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    document::{Document, files_with_extension},
    expect_none, root,
};

#[test]
fn the_patches_of_the_examples_apply() {
    let patches = patches();
    let mut problems = Vec::new();
    for patch in &patches {
        let output = Command::new("git")
            .args(["apply", "--check"])
            .arg(patch)
            .current_dir(root())
            .output()
            .unwrap();
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            problems.push(format!("{}: {}", patch.display(), reason.trim()));
        }
    }
    expect_none(&problems, "patches that do not apply");
}

#[test]
fn contributing_shows_the_patches_as_they_are() {
    let documents = Document::all();
    let contributing = documents
        .iter()
        .find(|document| document.path == Path::new("CONTRIBUTING.md"))
        .unwrap();
    let diffs = contributing
        .blocks
        .iter()
        .filter(|it| it.language == "diff");
    let shown: Vec<_> = diffs.map(|block| block.text.trim_end()).collect();
    let patches = patches();
    assert_eq!(shown.len(), patches.len(), "a diff for each patch");
    for patch in patches {
        let text = std::fs::read_to_string(root().join(&patch)).unwrap();
        assert!(
            shown.contains(&text.trim_end()),
            "CONTRIBUTING.md does not show {}",
            patch.display()
        );
    }
}

fn patches() -> Vec<PathBuf> {
    let mut patches = files_with_extension("patch");
    patches.retain(|patch| patch.starts_with("docs/examples"));
    assert!(!patches.is_empty(), "docs/examples has no patches");
    patches
}
