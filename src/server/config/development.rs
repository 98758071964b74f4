//! Secrets that a developer need not think of: generated once, kept under `data/`.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rand::RngCore;
use secrecy::SecretString;

use super::ConfigError;

const FOLDER: &str = "data";

/// Reads the secret kept in `data/<file>`, or generates it: 32 random bytes in Base64.
pub(super) fn kept_secret(
    variable: &str,
    file: &str,
    prefix: &str,
) -> Result<SecretString, ConfigError> {
    let path = Path::new(FOLDER).join(file);
    read_or_generate(&path, prefix)
        .map(SecretString::from)
        .map_err(|error| {
            ConfigError::new(
                variable,
                format!(
                    "is not set, and {} cannot be used instead: {error}",
                    path.display()
                ),
            )
        })
}

fn read_or_generate(path: &Path, prefix: &str) -> std::io::Result<String> {
    match fs::read_to_string(path) {
        Ok(secret) if !secret.trim().is_empty() => return Ok(secret.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }

    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let secret = format!("{prefix}{}", BASE64_STANDARD.encode(bytes));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // A name of its own, then a link: two processes that start together end with one secret.
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft)?.write_all(secret.as_bytes())?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(fs::read_to_string(path)?.trim().to_owned())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_generated_once_and_kept() {
        let folder = std::env::temp_dir().join(format!("kept-secret-{}", std::process::id()));
        let path = folder.join("secret");
        let first = read_or_generate(&path, "wbhsec_").unwrap();
        assert!(first.starts_with("wbhsec_") && first.len() > 40);
        assert_eq!(read_or_generate(&path, "wbhsec_").unwrap(), first);
        fs::remove_dir_all(folder).unwrap();
    }
}
