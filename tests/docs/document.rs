//! A Markdown file, reduced to what the tests ask for.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

use crate::root;

/// Folders without documents of ours.
const SKIPPED: [&str; 9] = [
    ".git",
    "target",
    "node_modules",
    "data",
    "dist",
    "vendor",
    "logs",
    "test-results",
    "playwright-report",
];

/// A Markdown file of the project.
pub struct Document {
    /// Its path from the project's root.
    pub path: PathBuf,
    /// The anchors of its headings, as GitHub makes them.
    pub anchors: HashSet<String>,
    /// Where its links and images lead.
    pub links: Vec<Text>,
    /// What stands in single backticks.
    pub code: Vec<Text>,
    /// The fenced blocks.
    pub blocks: Vec<Block>,
}

/// A piece of a document.
pub struct Text {
    pub line: usize,
    pub text: String,
}

/// A fenced block.
pub struct Block {
    pub line: usize,
    pub language: String,
    pub text: String,
    pub treatment: Treatment,
}

/// What the tests do with a block of commands.
#[derive(Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It ends by itself, with success.
    Run,
    /// It serves until it is stopped, and is ready when the URL answers.
    Background(String),
    /// It is only checked, for this reason.
    NotRun(String),
}

impl Document {
    /// All documents of the project.
    pub fn all() -> Vec<Self> {
        let files = files_with_extension("md");
        assert!(files.len() > 10, "the documents were not found: {files:?}");
        files.into_iter().map(Self::read).collect()
    }

    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        Self::parse(path, &text)
    }

    pub fn parse(path: PathBuf, text: &str) -> Self {
        let mut document = Self {
            path,
            anchors: HashSet::new(),
            links: Vec::new(),
            code: Vec::new(),
            blocks: Vec::new(),
        };
        let mut repeated = HashMap::new();
        let mut heading: Option<String> = None;
        let mut block: Option<Block> = None;
        let mut comment = String::new();
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = text[..range.start].lines().count() + 1;
            match event {
                Event::Html(html) => comment.push_str(&html),
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let slug = slug(&heading.take().unwrap_or_default());
                    let count = repeated.entry(slug.clone()).or_insert(0);
                    document.anchors.insert(match *count {
                        0 => slug,
                        count => format!("{slug}-{count}"),
                    });
                    *count += 1;
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    block = Some(Block {
                        line,
                        language: language(kind),
                        text: String::new(),
                        treatment: treatment(&comment),
                    });
                }
                Event::End(TagEnd::CodeBlock) => document.blocks.extend(block.take()),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push(Text {
                        line,
                        text: dest_url.into_string(),
                    });
                }
                Event::Text(part) => {
                    if let Some(block) = &mut block {
                        block.text.push_str(&part);
                    } else if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                }
                Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                    let text = part.into_string();
                    document.code.push(Text { line, text });
                }
                // Only what stands right before a block speaks of it.
                Event::Start(Tag::Paragraph | Tag::List(_) | Tag::Table(_)) => comment.clear(),
                _ => {}
            }
            if block.is_some() {
                comment.clear();
            }
        }
        document
    }

    /// The blocks that can be run: commands, and programs in Python and JavaScript.
    pub fn runnable_blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks
            .iter()
            .filter(|block| block.is_shell() || ["python", "js"].contains(&block.language.as_str()))
    }

    /// The blocks of commands.
    pub fn shell_blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.is_shell())
    }

    /// `file:line`, as editors open it.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

impl Block {
    fn is_shell(&self) -> bool {
        ["sh", "bash", "shell", "console"].contains(&self.language.as_str())
    }
}

fn language(kind: CodeBlockKind<'_>) -> String {
    match kind {
        CodeBlockKind::Fenced(language) => language.into_string(),
        CodeBlockKind::Indented => CowStr::Borrowed("indented").into_string(),
    }
}

/// What the comment before a block asks for.
fn treatment(comment: &str) -> Treatment {
    let Some(begin) = comment.rfind("<!-- docs: ") else {
        return Treatment::Run;
    };
    let order = comment[begin..]
        .trim_start_matches("<!-- docs: ")
        .split("-->")
        .next()
        .unwrap_or_default()
        .trim();
    if let Some(reason) = order.strip_prefix("not run: ") {
        Treatment::NotRun(reason.to_owned())
    } else if let Some(url) = order.strip_prefix("background until ") {
        Treatment::Background(url.to_owned())
    } else {
        panic!("unknown order in a comment before a block: {order}");
    }
}

/// A heading's anchor as GitHub makes it.
fn slug(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// The project's files with this extension, from its root.
pub fn files_with_extension(extension: &str) -> Vec<PathBuf> {
    let mut files = files();
    files.retain(|file| file.extension().is_some_and(|it| it == extension));
    files
}

/// The project's files, from its root, without what is built or installed.
pub fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(root(), &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let name = entry.file_name();
        if kind.is_dir() && !SKIPPED.iter().any(|skipped| name == *skipped) {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path().strip_prefix(root()).unwrap().to_owned());
        }
    }
}

#[test]
fn a_comment_says_what_becomes_of_the_block_after_it() {
    let text = "\
# A `b` c: d!\n\
<!-- docs: not run: costly -->\n\n\
```sh\nscript/test\n```\n\n\
<!-- docs: background until http://localhost:3002/ -->\n\
```sh\npersona-sandbox\n```\n\n\
Text [link](../x.md#y).\n\n\
```sh\ntrue\n```\n\
## A b c d\n";
    let document = Document::parse("a.md".into(), text);
    let treatments: Vec<_> = document.shell_blocks().map(|it| &it.treatment).collect();
    let not_run = Treatment::NotRun("costly".into());
    let background = Treatment::Background("http://localhost:3002/".into());
    assert_eq!(treatments, [&not_run, &background, &Treatment::Run]);
    assert_eq!(document.links[0].text, "../x.md#y");
    assert!(document.anchors.contains("a-b-c-d") && document.anchors.contains("a-b-c-d-1"));
}
