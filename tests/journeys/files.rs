//! The browser's files: how long they are kept, and what is said of those that are not there.

use std::path::Path;

use reqwest::{Method, StatusCode, header};

use crate::support::TestApp;

const FOREVER: &str = "public, max-age=31536000, immutable";

/// A site whose built files have hashes in their names.
fn hashed_site(root: &Path) {
    for (file, text) in [
        ("pkg/persona-onboarding.1B2M2Y8AsgTpgAmY7PhCfg.js", "let a;"),
        ("pkg/snippets/inline0.js", "let b;"),
        ("vendor/persona.js", "let c;"),
    ] {
        let file = root.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

#[tokio::test]
async fn only_hashed_files_are_immutable() {
    let folder = tempfile::tempdir().unwrap();
    hashed_site(folder.path());
    let root = folder.path().to_str().unwrap();
    let app =
        TestApp::start_with(&[("LEPTOS_SITE_ROOT", root), ("LEPTOS_HASH_FILES", "true")]).await;
    let script = "/pkg/persona-onboarding.1B2M2Y8AsgTpgAmY7PhCfg.js";
    for (path, status, caching) in [
        (script, StatusCode::OK, FOREVER),
        (
            "/pkg/persona-onboarding.rL0Y20zC+Fzt72VPzMSk2A.js",
            StatusCode::NOT_FOUND,
            "no-store",
        ),
        ("/pkg/snippets/inline0.js", StatusCode::OK, "no-cache"),
        ("/pkg/", StatusCode::NOT_FOUND, "no-store"),
        ("/vendor/persona.js", StatusCode::OK, "no-cache"),
        ("/vendor/other.js", StatusCode::NOT_FOUND, "no-store"),
        ("/favicon.svg", StatusCode::OK, "no-cache"),
        ("/robots.txt", StatusCode::NOT_FOUND, "no-store"),
    ] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], caching, "{path}");
    }

    // A part of a file, and a file that has not changed, are kept as the file is.
    let whole = app.request(Method::GET, script).send().await.unwrap();
    let modified = whole.headers()[header::LAST_MODIFIED].clone();
    for (name, value, status, caching) in [
        (
            header::IF_MODIFIED_SINCE,
            modified,
            StatusCode::NOT_MODIFIED,
            FOREVER,
        ),
        (
            header::RANGE,
            "bytes=0-1".parse().unwrap(),
            StatusCode::PARTIAL_CONTENT,
            FOREVER,
        ),
        (
            header::RANGE,
            "bytes=900-".parse().unwrap(),
            StatusCode::RANGE_NOT_SATISFIABLE,
            "no-store",
        ),
    ] {
        let request = app.request(Method::GET, script).header(name, value);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], caching, "{status}");
    }
    let answer = app.request(Method::POST, script).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
}

/// A release folder with built files under one hash for each kind.
fn release(folder: &Path, hash: &str) {
    std::fs::create_dir_all(folder.join("site/pkg")).unwrap();
    let mut list = String::new();
    for kind in ["js", "wasm", "css"] {
        list += &format!("{kind}: {hash}{kind}\n");
        for compressed in ["", ".br", ".gz"] {
            let name = format!("persona-onboarding.{hash}{kind}.{kind}{compressed}");
            std::fs::write(folder.join("site/pkg").join(name), hash).unwrap();
        }
    }
    std::fs::write(folder.join("hash.txt"), list).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder.join("site/pkg")).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn share(from: &Path, to: &Path) -> bool {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("script/share-site");
    let output = std::process::Command::new(script).args([from, to]).output();
    output.unwrap().status.success()
}

#[test]
fn a_release_can_serve_the_files_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let [oldest, old, new] = ["oldest", "old", "new"].map(|name| folder.path().join(name));
    release(&oldest, "aaaaaaaa");
    release(&old, "bbbbbbbb");
    release(&new, "cccccccc");
    assert!(share(&oldest, &old));
    let before = names(&old);
    assert_eq!(before.len(), 18);

    // Only the release before is kept, not all that it had kept.
    assert!(share(&old, &new));
    let shared = names(&new);
    assert_eq!(shared.len(), 18);
    assert!(!shared.iter().any(|name| name.contains("aaaaaaaa")));
    assert!(
        shared
            .iter()
            .any(|name| name.ends_with(".bbbbbbbbwasm.wasm.br"))
    );
    // Again is no error, and a release that is not whole is one.
    assert!(share(&old, &new));
    std::fs::remove_file(old.join("site/pkg/persona-onboarding.bbbbbbbbjs.js")).unwrap();
    std::fs::remove_file(old.join("site/pkg/persona-onboarding.bbbbbbbbjs.js.br")).unwrap();
    std::fs::remove_file(old.join("site/pkg/persona-onboarding.bbbbbbbbjs.js.gz")).unwrap();
    assert!(!share(&old, &new));
    assert!(!share(folder.path(), &new));
}
