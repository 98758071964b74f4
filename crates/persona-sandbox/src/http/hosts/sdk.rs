//! Persona's SDK at the address of its CDN, from the user's own npm folder.
//!
//! The SDK is Persona's and not part of this program: it is read from where npm installed it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

/// Why a folder cannot be used for the SDK.
#[derive(Debug, thiserror::Error)]
pub enum SdkFolderError {
    /// It cannot be read.
    #[error("could not read {}: {source}", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It contains no version of the SDK.
    #[error(
        "{} contains no dist/persona.js: install the npm package persona (npm install persona), and \
         pass node_modules, node_modules/persona, or a folder with several versions of it", path.display()
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// The versions of Persona's SDK in a folder of npm packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdkFolder {
    path: PathBuf,
    /// The files by version, such as `5.9.0`.
    files: BTreeMap<String, PathBuf>,
}

impl SdkFolder {
    /// Finds the SDK in the folder itself, in its subfolders, and in its `node_modules`.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, or contains no version of the SDK.
    pub fn open(path: &Path) -> Result<Self, SdkFolderError> {
        let unreadable = |source| SdkFolderError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let mut files = packages(path).map_err(unreadable)?;
        files.extend(package(path));
        let modules = path.join("node_modules");
        if modules.is_dir() {
            files.extend(packages(&modules).map_err(unreadable)?);
        }
        if files.is_empty() {
            return Err(SdkFolderError::Empty {
                path: path.to_owned(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            files,
        })
    }

    /// The versions, in alphabetical order.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    fn list(&self) -> String {
        self.versions().collect::<Vec<_>>().join(", ")
    }
}

/// The SDK in each folder of `path`.
fn packages(path: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(path)? {
        found.extend(package(&entry?.path()));
    }
    Ok(found)
}

/// The version and the file, if the folder is the npm package `persona`.
fn package(folder: &Path) -> Option<(String, PathBuf)> {
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let text = fs::read_to_string(folder.join("package.json")).ok()?;
    let package: Package = serde_json::from_str(&text).ok()?;
    let file = folder.join("dist/persona.js");
    (package.name == "persona" && file.is_file()).then_some((package.version, file))
}

/// The version in a path on Persona's CDN.
fn version_in(path: &str) -> Option<&str> {
    let version = path.strip_prefix("/dist/persona-v")?.strip_suffix(".js")?;
    let is_version = version
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'));
    (is_version && !version.is_empty()).then_some(version)
}

/// Answers as Persona's CDN.
pub(super) async fn serve(sdk: Option<&SdkFolder>, path: &str) -> Response {
    let Some(version) = version_in(path) else {
        return not_found("The CDN serves /dist/persona-v<version>.js only.\n".to_owned());
    };
    let install = format!("npm install persona-{version}@npm:persona@{version}");
    let Some(sdk) = sdk else {
        tracing::warn!(
            "a page requests Persona's SDK {version}: start the sandbox with --sdk and the folder \
             of your npm packages"
        );
        return not_found(format!(
            "The sandbox has no SDK to serve: install it ({install}) and start the sandbox with \
             --sdk node_modules.\n"
        ));
    };
    let Some(file) = sdk.files.get(version) else {
        let (folder, present) = (sdk.path.display(), sdk.list());
        tracing::warn!(
            "a page requests Persona's SDK {version}, which is not in {folder} (there: {present}): \
             install it ({install}) and start the sandbox again"
        );
        return not_found(format!(
            "Persona's SDK {version} is not in {folder}, which has: {present}. Install it \
             ({install}) and start the sandbox again.\n"
        ));
    };
    match tokio::fs::read(file).await {
        Ok(script) => {
            let headers: [(HeaderName, &str); 5] = [
                (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
                // For pages that load it with `crossorigin`, as an integrity hash requires.
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
                (
                    HeaderName::from_static("cross-origin-resource-policy"),
                    "cross-origin",
                ),
                // The browser must not keep it for when the name resolves to Persona again.
                (header::CACHE_CONTROL, "no-store"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, script).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "could not read {}", file.display());
            let text = format!("{} cannot be read: {error}\n", file.display());
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

fn not_found(text: String) -> Response {
    (StatusCode::NOT_FOUND, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(folder: &Path, name: &str, version: &str) {
        fs::create_dir_all(folder.join("dist")).unwrap();
        let package =
            format!(r#"{{"name":"{name}","version":"{version}","main":"dist/{name}.js"}}"#);
        fs::write(folder.join("package.json"), package).unwrap();
        fs::write(folder.join(format!("dist/{name}.js")), version).unwrap();
    }

    #[test]
    fn one_package_or_a_folder_of_several_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let modules = folder.path().join("node_modules");
        install(&modules.join("persona"), "persona", "5.9.0");
        install(&modules.join("persona-4.13"), "persona", "4.13.0");
        install(&modules.join("persona-react"), "persona-react", "6.7.0");
        let versions = |path: &Path| {
            let sdk = SdkFolder::open(path).unwrap();
            sdk.versions().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(versions(&modules), ["4.13.0", "5.9.0"]);
        assert_eq!(versions(&modules.join("persona")), ["5.9.0"]);
        assert_eq!(versions(folder.path()), ["4.13.0", "5.9.0"], "a project");
    }

    #[test]
    fn a_folder_without_the_sdk_is_refused_with_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        install(
            &folder.path().join("persona-react"),
            "persona-react",
            "6.7.0",
        );
        fs::create_dir(folder.path().join("persona")).unwrap();
        let error = SdkFolder::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("contains no dist/persona.js"), "{error}");
        assert!(error.contains("npm install persona"), "{error}");
        let error = SdkFolder::open(&folder.path().join("none")).unwrap_err();
        assert!(error.to_string().starts_with("could not read "), "{error}");
    }

    #[test]
    fn only_the_names_of_the_cdn_hold_a_version() {
        assert_eq!(version_in("/dist/persona-v5.1.2.js"), Some("5.1.2"));
        for path in [
            "/",
            "/dist/persona.js",
            "/dist/persona-v.js",
            "/dist/persona-v5.1.2.css",
            "/dist/persona-v5/../1.js",
            "/persona-v5.1.2.js",
        ] {
            assert_eq!(version_in(path), None, "{path}");
        }
    }
}
