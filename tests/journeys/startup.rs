//! The start of the program: its first log line, and the errors that stop it.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::{ports::free_port, site::stub_site};

/// The program in a folder of its own, with nothing of the test's environment.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_persona-onboarding"));
    command
        .current_dir(folder)
        .env_clear()
        .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", free_port()))
        .env("SANDBOX_ADDR", format!("127.0.0.1:{}", free_port()))
        .env("SANDBOX_STATE", "memory")
        .env("LEPTOS_SITE_ROOT", folder.join("site"))
        .env("PERSONA_SDK_URL", "https://cdn.example.com/persona.js");
    command
}

/// Runs a program that does not start, and returns all that it says.
fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!output.status.success(), "{text}");
    text
}

/// Starts a program, reads what it logs until it says where it is, and stops it.
fn log_of_start(command: &mut Command) -> Vec<String> {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut log = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        log.push(line.unwrap());
        if log.last().unwrap().contains("The app is at ") {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let last = log.last().map(String::as_str).unwrap_or_default();
    assert!(last.contains("The app is at "), "{log:#?}");
    log
}

#[cfg(unix)]
#[test]
fn the_first_line_names_the_environment_and_openness_is_warned_about() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};

    let folder = tempfile::tempdir().unwrap();
    stub_site(folder.path());
    // Neither a foreign variable nor an empty filter is in the way.
    let mut command = program(folder.path());
    command
        .env("FOREIGN", OsString::from_vec(vec![0xff]))
        .env("RUST_LOG", "");
    let log = log_of_start(&mut command);
    assert!(log[0].contains("starts in development"), "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("WARN")), "{log:#?}");

    let port = free_port();
    command.env("LEPTOS_SITE_ADDR", format!("0.0.0.0:{port}"));
    let log = log_of_start(&mut command);
    assert!(log[0].contains("starts in development"), "{log:#?}");
    let warning = format!("LEPTOS_SITE_ADDR: other machines can reach 0.0.0.0:{port}");
    assert!(log[1].contains(&warning), "{log:#?}");
}

#[test]
fn a_start_without_the_files_that_pages_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    let text = refused(&mut command);
    for part in ["persona-onboarding.js", "cargo leptos build"] {
        assert!(text.contains(part), "{text}");
    }

    let site = stub_site(folder.path());
    std::fs::remove_file(site.join("pkg/persona-onboarding.wasm")).unwrap();
    let text = refused(&mut command);
    assert!(text.contains("persona-onboarding.wasm"), "{text}");
    assert!(!text.contains("persona-onboarding.js"), "{text}");

    stub_site(folder.path());
    let text = refused(command.env("PERSONA_SDK_URL", "/vendor/persona.js"));
    assert!(text.contains("vendor/persona.js"), "{text}");
}

#[test]
fn a_stale_list_of_hashes_is_refused() {
    // The list is read beside the program, so the program has a folder of its own.
    let folder = tempfile::tempdir().unwrap();
    stub_site(folder.path());
    let copy = folder.path().join("persona-onboarding");
    let original = env!("CARGO_BIN_EXE_persona-onboarding");
    if std::fs::hard_link(original, &copy).is_err() {
        std::fs::copy(original, &copy).unwrap();
    }
    let start = || {
        let mut command = Command::new(&copy);
        command
            .current_dir(folder.path())
            .env_clear()
            .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", free_port()))
            .env("SANDBOX_ADDR", format!("127.0.0.1:{}", free_port()))
            .env("SANDBOX_STATE", "memory");
        command
    };

    let text = refused(start().env("LEPTOS_HASH_FILES", "true"));
    assert!(text.contains("there is no `hash.txt`"), "{text}");

    let hashes = "js: 1B2M2Y8AsgTpgAmY7PhCfg\nwasm: rL0Y20zC-Fzt72VPzMSk2A\ncss: aaaaaaaaaaaa\n";
    std::fs::write(folder.path().join("hash.txt"), hashes).unwrap();
    let text = refused(&mut start());
    for part in [
        "persona-onboarding.1B2M2Y8AsgTpgAmY7PhCfg.js",
        "hash.txt is of another build",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_start_names_all_errors_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let text = refused(
        program(folder.path())
            .env("APP_ENV", "production")
            .env("LOG_FORMAT", "xml"),
    );
    for variable in ["PERSONA_API_KEY", "DATA_KEYS", "DATABASE_URL", "LOG_FORMAT"] {
        assert!(text.contains(&format!("\n  {variable}: ")), "{text}");
    }
    // Nothing was made on the way.
    assert!(!folder.path().join("data").exists());
}
