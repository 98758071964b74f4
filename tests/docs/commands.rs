//! Every command: its program, subcommands, flags, targets, and the names of tests and variables.
//!
//! Longer than 400 lines: one checker for all programs, and its table of right and wrong commands.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
    sync::Once,
};

use crate::{
    document::{Document, files},
    expect_none, path, root,
    shell::{self, Command},
};

/// Variables that are not ours.
const FOREIGN_VARIABLES: [&str; 4] = ["CI", "PWDEBUG", "RUST_BACKTRACE", "NEXTEST_PROFILE"];

/// How a command in single backticks begins.
const PROGRAMS: [&str; 9] = [
    "script/",
    ".ci/",
    "benches/",
    "cargo ",
    "npm ",
    "npx ",
    "git ",
    "persona-onboarding ",
    "persona-sandbox ",
];

/// Flags of cargo whose value is the next word.
const CARGO_VALUES: [&str; 12] = [
    "--test",
    "--bin",
    "--example",
    "--bench",
    "--package",
    "-p",
    "--features",
    "--target",
    "--profile",
    "--color",
    "--jobs",
    "-E",
];

#[test]
fn every_command_names_what_exists() {
    let mut checker = Checker::new();
    let mut problems = Vec::new();
    let mut count = 0;
    for document in Document::all() {
        for block in document.shell_blocks() {
            count += 1;
            for problem in checker.check_script(&block.text) {
                problems.push(format!("{}: {problem}", document.place(block.line)));
            }
        }
        if document.path.ends_with("CHANGELOG.md") {
            continue;
        }
        for code in document.code.iter().filter(|code| is_command(&code.text)) {
            count += 1;
            // In a README of a folder, a command may be one for that folder.
            let here = root().join(document.path.parent().unwrap());
            if checker.check_script_in(&here, &code.text).is_empty() {
                continue;
            }
            for problem in checker.check_script(&code.text) {
                problems.push(format!("{}: {problem}", document.place(code.line)));
            }
        }
    }
    assert!(count > 20, "only {count} commands were found");
    expect_none(&problems, "commands that cannot work");
}

#[test]
fn the_settings_of_the_documents_exist() {
    let checker = Checker::new();
    let mut problems = Vec::new();
    let mut count = 0;
    for document in Document::all() {
        for block in document.blocks.iter().filter(|it| it.language == "ini") {
            for line in block.text.lines().filter(|line| !line.starts_with('#')) {
                count += 1;
                let name = line.split('=').next().unwrap_or_default();
                if !checker.variables.contains(name) {
                    problems.push(format!("{}: {line}", document.place(block.line)));
                }
            }
        }
    }
    assert!(count > 0, "no settings were found");
    expect_none(&problems, "settings that no source reads");
}

#[test]
fn wrong_commands_are_found() {
    let mut checker = Checker::new();
    for right in [
        "CAMPAIGN_SEED=1 cargo test --release --test campaign two_inquiries -- --nocapture",
        "cd end2end && npx playwright test --debug tests/live.spec.ts",
        "persona-onboarding events list",
        "script/test --contract",
    ] {
        assert_eq!(checker.check_script(right), [""; 0], "{right}");
    }
    for wrong in [
        "script/tset --contract",
        "script/test --contracts",
        "script/setup testing",
        "cargo tset",
        "cargo test --tets journeys",
        "cargo test --test journey",
        "cargo test --test journeys a_test_that_nobody_wrote",
        "cargo test --test journeys -- --nocaptrue",
        "cargo run --package persona-sandbocks",
        "cargo build --features sandbocks",
        "CAMPAIN_SEED=1 cargo test",
        "cd end3end",
        "cd end2end && npx playwright test --debgu",
        "cd end2end && npx playwright test tests/death.spec.ts",
        "npm run picture --prefix end2end",
        "persona-onboarding evnts list",
        "persona-onboarding events list --prked",
        "persona-sandbox --adr 127.0.0.1:3002",
        "crul http://localhost:3000",
        "cat tests/fixtures/inquiry-creation.json",
    ] {
        assert_ne!(checker.check_script(wrong), [""; 0], "{wrong}");
    }
}

/// Whether a piece of code in a sentence is a whole command. A single word is a path.
fn is_command(text: &str) -> bool {
    if text.contains(['…', '<', '*']) {
        return false;
    }
    shell::commands(text).first().is_some_and(|first| {
        let command = first.words.join(" ");
        let is_known = PROGRAMS.iter().any(|program| command.starts_with(program));
        is_known && first.words.len() > 1
    })
}

/// What exists, read once.
struct Checker {
    /// Names of tests and of the modules that hold them.
    tests: HashSet<String>,
    /// All words in capitals in sources and scripts.
    variables: HashSet<String>,
    files: Vec<PathBuf>,
    help: HashMap<Vec<String>, Result<String, String>>,
}

impl Checker {
    fn new() -> Self {
        let files = files();
        let mut tests = HashSet::new();
        let mut variables = HashSet::new();
        for file in &files {
            // The patches of the worked examples add tests, too.
            let is_rust = file
                .extension()
                .is_some_and(|it| it == "rs" || it == "patch");
            let is_source = is_rust
                || ["ts", "mjs", "js", "py", "toml"]
                    .iter()
                    .any(|it| file.extension().is_some_and(|extension| extension == *it))
                || (file.extension().is_none() && !file.starts_with("docs"));
            let Ok(text) = std::fs::read_to_string(root().join(file)) else {
                continue;
            };
            // This file names wrong ones on purpose.
            if !is_source || file.ends_with("tests/docs/commands.rs") {
                continue;
            }
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            variables.extend(
                words
                    .filter(|word| word.len() > 2 && *word == word.to_uppercase())
                    .map(str::to_owned),
            );
            if is_rust {
                tests.extend(file.file_stem().map(|it| it.to_string_lossy().into_owned()));
                let names = text.split("fn ").skip(1).filter_map(|rest| {
                    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_');
                    name.into_iter().next()
                });
                tests.extend(names.map(str::to_owned));
            }
        }
        Self {
            tests,
            variables,
            files,
            help: HashMap::new(),
        }
    }

    /// The problems of a script's commands, begun in the project's root.
    fn check_script(&mut self, script: &str) -> Vec<String> {
        self.check_script_in(root(), script)
    }

    fn check_script_in(&mut self, folder: &Path, script: &str) -> Vec<String> {
        let mut folder = folder.to_owned();
        let mut problems = Vec::new();
        for command in shell::commands(script) {
            if let Err(problem) = self.check(&command, &mut folder) {
                problems.push(format!("{}: {problem}", command.words.join(" ")));
            }
        }
        problems
    }

    fn check(&mut self, command: &Command, folder: &mut PathBuf) -> Result<(), String> {
        for variable in &command.variables {
            let is_known =
                self.variables.contains(variable) || FOREIGN_VARIABLES.contains(&variable.as_str());
            if !is_known {
                return Err(format!("no source reads the variable {variable}"));
            }
        }
        let Some((program, arguments)) = command.words.split_first() else {
            return Ok(());
        };
        for argument in arguments {
            check_path(argument, folder)?;
        }
        let program = program
            .rsplit_once("target/debug/")
            .map_or(program.as_str(), |it| it.1);
        let program = program
            .rsplit_once("target/release/")
            .map_or(program, |it| it.1);
        match program {
            "cd" => {
                folder.push(arguments.first().map_or("", String::as_str));
                if !folder.is_dir() {
                    return Err(format!("there is no {}", folder.display()));
                }
                Ok(())
            }
            "cargo" => self.check_cargo(arguments),
            "npm" => check_npm(arguments, folder),
            "npx" => self.check_npx(arguments, folder),
            "persona-onboarding" | "persona-sandbox" => self.check_own(program, arguments),
            script if root().join(script).is_file() && script.contains('/') => {
                check_script_file(script, arguments)
            }
            program if program.contains('/') => Err(format!("there is no {program}")),
            program => {
                let found = Process::new("bash")
                    .args(["-c", "command -v \"$1\"", "bash", program])
                    .output();
                let is_found = found.unwrap().status.success();
                is_found
                    .then_some(())
                    .ok_or_else(|| format!("{program} is not installed"))
            }
        }
    }

    fn check_cargo(&mut self, arguments: &[String]) -> Result<(), String> {
        let subcommand = arguments.first().map_or("", String::as_str);
        let is_tool = ["leptos", "nextest", "deny"].contains(&subcommand);
        let help_of = if is_tool { 2 } else { 1 };
        let mut help_of: Vec<_> = arguments.iter().take(help_of).cloned().collect();
        help_of.retain(|word| !word.starts_with('-'));
        if is_tool && !is_installed("cargo", &[subcommand, "--version"]) {
            return not_checked(&format!("cargo {subcommand}"));
        }
        let help = self.help("cargo", &help_of)?;

        let mut own = arguments.split(|it| it == "--");
        let (ours, theirs) = (
            own.next().unwrap_or_default(),
            own.next().unwrap_or_default(),
        );
        let mut words = ours.iter().skip(help_of.len()).peekable();
        let mut filters = Vec::new();
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            if !flag.starts_with('-') {
                filters.push(word);
                continue;
            }
            expect_flag(&help, flag)?;
            if CARGO_VALUES.contains(&flag) {
                let value = value.or_else(|| words.next().cloned()).unwrap_or_default();
                self.check_cargo_value(flag, &value)?;
            }
        }
        let is_test = ["test", "nextest", "journey"].contains(&subcommand);
        if is_test {
            // Its help leaves out the older spelling.
            let libtest = self.help("libtest", &[])? + " --nocapture";
            for word in theirs {
                match word.split('=').next() {
                    Some(flag) if flag.starts_with('-') => expect_flag(&libtest, flag)?,
                    _ => filters.push(word),
                }
            }
            for filter in filters.iter().filter(|it| it.parse::<u8>().is_err()) {
                self.check_filter(filter)?;
            }
        } else if subcommand == "run" {
            let packages = arguments
                .iter()
                .skip_while(|it| !["-p", "--package"].contains(&it.as_str()));
            let program = packages.skip(1).map(String::as_str).next();
            self.check_own(program.unwrap_or("persona-onboarding"), theirs)?;
        }
        Ok(())
    }

    fn check_cargo_value(&self, flag: &str, value: &str) -> Result<(), String> {
        let is_known = match flag {
            "--test" | "--example" | "--bench" => self.files.iter().any(|file| {
                let folder = format!("{}s", flag.trim_start_matches('-'));
                let folder = folder.replace("benchs", "benches");
                file.ends_with(format!("{folder}/{value}.rs"))
                    || file.ends_with(format!("{folder}/{value}/main.rs"))
            }),
            "--package" | "-p" | "--bin" => {
                let line = format!("name = \"{value}\"");
                let manifests = self
                    .files
                    .iter()
                    .filter(|file| file.ends_with("Cargo.toml"));
                manifests
                    .map(|file| std::fs::read_to_string(root().join(file)).unwrap())
                    .any(|text| text.contains(&line))
            }
            "--features" => {
                let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
                value
                    .split(',')
                    .all(|feature| manifest.contains(&format!("\n{feature} = [")))
            }
            _ => true,
        };
        is_known
            .then_some(())
            .ok_or_else(|| format!("there is no {value} for {flag}"))
    }

    /// A filter is part of the name of a test, with the modules that hold it.
    fn check_filter(&self, filter: &str) -> Result<(), String> {
        let is_found = filter
            .split("::")
            .all(|part| self.tests.iter().any(|name| name.contains(part)));
        is_found
            .then_some(())
            .ok_or_else(|| format!("no test is called {filter}"))
    }

    fn check_npx(&mut self, arguments: &[String], folder: &Path) -> Result<(), String> {
        let [program, subcommand, rest @ ..] = arguments else {
            return Err("npx needs a program and its subcommand".into());
        };
        let bin = format!("node_modules/.bin/{program}");
        let bin = [folder.to_owned(), root().join("end2end")]
            .map(|folder| folder.join(&bin))
            .into_iter()
            .find(|bin| bin.is_file());
        let Some(bin) = bin else {
            return not_checked(program);
        };
        let bin = bin.display().to_string();
        let help = self.help(&bin, std::slice::from_ref(subcommand))?;
        for word in rest.iter().filter(|word| word.starts_with('-')) {
            expect_flag(&help, word.split('=').next().unwrap_or(word))?;
        }
        Ok(())
    }

    fn check_own(&mut self, program: &str, arguments: &[String]) -> Result<(), String> {
        let subcommands: Vec<_> = arguments
            .iter()
            .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
            .take_while(|word| !word.starts_with('-'))
            .cloned()
            .collect();
        let help = self.help(program, &subcommands)?;
        for word in arguments.iter().filter(|word| word.starts_with('-')) {
            expect_flag(&help, word.split('=').next().unwrap_or(word))?;
        }
        Ok(())
    }

    /// What a program says for `--help`; an error if it does not know the subcommand.
    fn help(&mut self, program: &str, subcommands: &[String]) -> Result<String, String> {
        let key: Vec<_> = [program.to_owned()]
            .into_iter()
            .chain(subcommands.iter().cloned())
            .collect();
        self.help
            .entry(key)
            .or_insert_with(|| ask_for_help(program, subcommands))
            .clone()
    }
}

fn ask_for_help(program: &str, subcommands: &[String]) -> Result<String, String> {
    let program = match program {
        "libtest" => std::env::current_exe().unwrap(),
        "persona-onboarding" => env!("CARGO_BIN_EXE_persona-onboarding").into(),
        "persona-sandbox" => sandbox_program(),
        program => program.into(),
    };
    let output = tool(&program.display().to_string())
        .args(subcommands)
        .arg("--help")
        .output()
        .map_err(|error| format!("{} --help: {error}", program.display()))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(text.lines().next().unwrap_or("it has no help").to_owned())
    }
}

/// A tool that `script/setup test` installs; on a machine without it, its flags go unchecked.
fn not_checked(program: &str) -> Result<(), String> {
    eprintln!("not checked, because it is not installed: {program}");
    Ok(())
}

fn is_installed(program: &str, arguments: &[&str]) -> bool {
    let mut process = tool(program);
    process
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    process.status().is_ok_and(|status| status.success())
}

/// A program, also one that script/setup has put into the build folder.
fn tool(program: &str) -> Process {
    let tools = sandbox_path().with_file_name("../tools/bin");
    let mut process = Process::new(program);
    process
        .env("PATH", format!("{}:{}", tools.display(), path()))
        // A pager must not wait for a key.
        .env("PAGER", "cat")
        .env("CARGO_TERM_COLOR", "never")
        .current_dir(root());
    process
}

/// The sandbox's program beside the app's. `cargo test --workspace` has built it, `cargo test` of
/// the app alone has not.
pub fn sandbox_program() -> PathBuf {
    static BUILT: Once = Once::new();

    let program = sandbox_path();
    BUILT.call_once(|| {
        if program.is_file() {
            return;
        }
        let mut cargo = tool(env!("CARGO"));
        cargo.args(["build", "--locked", "--package", "persona-sandbox"]);
        if program.parent().unwrap().ends_with("release") {
            cargo.arg("--release");
        }
        assert!(
            cargo.status().unwrap().success(),
            "persona-sandbox is not built"
        );
    });
    program
}

fn sandbox_path() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_persona-onboarding")).with_file_name("persona-sandbox")
}

fn expect_flag(help: &str, flag: &str) -> Result<(), String> {
    help.split(|c: char| !c.is_alphanumeric() && c != '-')
        .any(|word| word == flag)
        .then_some(())
        .ok_or_else(|| format!("there is no flag {flag}"))
}

fn check_npm(arguments: &[String], folder: &Path) -> Result<(), String> {
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run", rest @ ..] => {
            let prefix = rest.iter().skip_while(|it| **it != "--prefix").nth(1);
            let folder = prefix.map_or(folder.to_owned(), |prefix| folder.join(prefix));
            let manifest = std::fs::read_to_string(folder.join("package.json"))
                .map_err(|error| format!("package.json of {}: {error}", folder.display()))?;
            let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
            let name = rest.iter().find(|it| !it.starts_with('-'));
            let name = name.ok_or("npm run needs a name")?;
            manifest["scripts"][name]
                .is_string()
                .then_some(())
                .ok_or_else(|| format!("package.json has no script {name}"))
        }
        ["audit" | "ci" | "install" | "outdated" | "test", ..] => Ok(()),
        _ => Err("an unknown subcommand of npm".into()),
    }
}

/// A script's flags, and the plain words of those that take no names of tests, are in its text.
fn check_script_file(script: &str, arguments: &[String]) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;

    let path = root().join(script);
    if std::fs::metadata(&path).unwrap().permissions().mode() & 0o111 == 0 {
        return Err(format!("{script} is not executable"));
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let takes_words = script == "script/setup";
    for argument in arguments {
        let is_checked = argument.starts_with('-') || takes_words;
        let is_known = text
            .split(|c: char| !c.is_alphanumeric() && c != '-')
            .any(|word| word == argument);
        if is_checked && !is_known {
            return Err(format!("{script} does not know {argument}"));
        }
    }
    Ok(())
}

/// An argument that begins with a folder of the project, or names a file of tests, exists.
fn check_path(argument: &str, folder: &Path) -> Result<(), String> {
    let Some((top, _)) = argument.split_once('/') else {
        return Ok(());
    };
    let is_ours = [
        "src",
        "tests",
        "crates",
        "docs",
        "end2end",
        "benches",
        "migrations",
    ]
    .contains(&top);
    if is_ours && !argument.contains('…') && !folder.join(argument).exists() {
        return Err(format!("there is no {argument}"));
    }
    Ok(())
}
