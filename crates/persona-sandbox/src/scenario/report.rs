//! The report of a scenario: the same for the command line and for HTTP.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The report of a scenario. Displays as text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The name in the file.
    pub name: String,
    /// The seed of identifiers and random choices, if the file sets one.
    pub seed: Option<u64>,
    /// Whether every step succeeded and every expectation was met.
    pub passed: bool,
    /// The IDs of the created inquiries, by their names in the file.
    pub inquiries: BTreeMap<String, String>,
    /// Every step of the file.
    pub steps: Vec<StepReport>,
}

/// The result of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// Counted from one.
    pub number: usize,
    /// The line of the step in the file.
    pub line: u64,
    /// The step as text.
    pub step: String,
    /// Whether it succeeded.
    pub outcome: Outcome,
    /// The status of the inquiry, or the error.
    pub detail: String,
    /// Sandbox time after the step, ISO 8601; absent if it was not run.
    pub at: Option<String>,
}

/// Whether a step succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded, or the expectation was met.
    Passed,
    /// It was refused, or the expectation was not met.
    Failed,
    /// It did not run, because an earlier step was refused.
    NotRun,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        let width = self.steps.iter().map(|step| step.step.chars().count());
        let width = width.max().unwrap_or_default();
        for step in &self.steps {
            let mark = match step.outcome {
                Outcome::Passed => "ok",
                Outcome::Failed => "FAILED",
                Outcome::NotRun => "not run",
            };
            let line = format!(
                "  {mark:<7} {:>3}  line {:<4} {:<width$}  {}",
                step.number, step.line, step.step, step.detail
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        for (name, id) in &self.inquiries {
            writeln!(f, "  {name} is {id}")?;
        }
        let count = |outcome| {
            let of_outcome = |step: &&StepReport| step.outcome == outcome;
            self.steps.iter().filter(of_outcome).count()
        };
        write!(
            f,
            "{}: {} passed, {} failed, {} not run",
            if self.passed { "passed" } else { "FAILED" },
            count(Outcome::Passed),
            count(Outcome::Failed),
            count(Outcome::NotRun),
        )
    }
}
