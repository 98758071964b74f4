//! The words of a shell script, as far as documents need a shell.

use std::{iter::Peekable, str::Chars};

/// A simple command: `NAME=value… program argument…`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The variables that are set for it, in capitals: those of the environment.
    pub variables: Vec<String>,
    /// The program and its arguments.
    pub words: Vec<String>,
}

/// The commands of a script, each with those of its `$(…)` before it. Comments and redirections
/// are left out.
pub fn commands(script: &str) -> Vec<Command> {
    let mut commands = vec![Command::default()];
    let mut nested = Vec::new();
    let mut chars = script.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            '\n' | ';' | '&' | '|' | '(' | ')' => {
                chars.next();
                commands.push(Command::default());
            }
            '\\' => {
                chars.next();
                chars.next_if_eq(&'\n');
            }
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            '<' | '>' => skip_redirection(&mut chars),
            c if c.is_whitespace() => {
                chars.next();
            }
            _ => {
                let word = word(&mut chars);
                // The number of a descriptor: `2>file`.
                let is_descriptor =
                    word.parse::<u8>().is_ok() && matches!(chars.peek(), Some('<' | '>'));
                let inner = word
                    .split_once("$(")
                    .and_then(|(_, rest)| rest.rsplit_once(')'));
                if let Some((inner, _)) = inner {
                    nested.extend(self::commands(inner));
                }
                let command = commands.last_mut().unwrap();
                match assigned(&word) {
                    Some(name) if command.words.is_empty() => command.variables.push(name.into()),
                    _ if is_descriptor => {}
                    _ => command.words.push(word),
                }
            }
        }
    }
    for command in &mut commands {
        command
            .variables
            .retain(|name| *name == name.to_uppercase());
    }
    commands.retain(|it| !it.words.is_empty() || !it.variables.is_empty());
    nested.extend(commands);
    nested
}

/// `>file`, `>>file`, `2>&1`.
fn skip_redirection(chars: &mut Peekable<Chars<'_>>) {
    while chars
        .next_if(|c| matches!(c, '<' | '>' | '&' | ' '))
        .is_some()
    {}
    word(chars);
}

fn word(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut word = String::new();
    while let Some(&c) = chars.peek() {
        match c {
            '\'' | '"' => {
                chars.next();
                while let Some(inner) = chars.next_if(|inner| *inner != c) {
                    word.push(inner);
                }
                chars.next();
            }
            '$' => {
                word.extend(chars.next());
                if chars.next_if_eq(&'(').is_some() {
                    word.push('(');
                    substitution(chars, &mut word);
                }
            }
            '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' | '\\' => break,
            c if c.is_whitespace() => break,
            c => {
                word.push(c);
                chars.next();
            }
        }
    }
    word
}

/// The rest of `$(…)`, with what is nested.
fn substitution(chars: &mut Peekable<Chars<'_>>, word: &mut String) {
    let mut depth = 1;
    while depth > 0 {
        let Some(c) = chars.next() else { return };
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        word.push(c);
    }
}

fn assigned(word: &str) -> Option<&str> {
    let (name, _) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some(name)
}

#[test]
fn a_script_is_taken_apart() {
    let script = "A=1 B='x y' cargo test \\\n    --test a -- 'b c' # why\n\
                  cd x && run \"$HOME\" | sort >f 2>&1; a=$(b c | d (e)) f\n";
    let commands = commands(script);
    let words: Vec<_> = commands.iter().map(|it| it.words.join(",")).collect();
    let own = [
        "cargo,test,--test,a,--,b c",
        "cd,x",
        "run,$HOME",
        "sort",
        "f",
    ];
    assert_eq!(words[..3], ["b,c", "d", "e"]);
    assert_eq!(words[3..], own);
    assert_eq!(commands[3].variables, ["A", "B"]);
}
