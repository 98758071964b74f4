//! What came of a scenario: the same for the command line and for HTTP.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What came of a scenario. Prints as text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What the file calls itself.
    pub name: String,
    /// What identifiers and chances came from, if the file says.
    pub seed: Option<u64>,
    /// Whether every step was done and every expectation held.
    pub passed: bool,
    /// The IDs of the inquiries that were made, by their names in the file.
    pub inquiries: BTreeMap<String, String>,
    /// Every step of the file.
    pub steps: Vec<StepReport>,
}

/// What came of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// Counted from one.
    pub number: usize,
    /// Where the step is in the file.
    pub line: u64,
    /// The step in short.
    pub step: String,
    /// Whether it went well.
    pub outcome: Outcome,
    /// Where the inquiry stands, or what went wrong.
    pub detail: String,
    /// Sandbox time after the step, ISO 8601; absent if it was not run.
    pub at: Option<String>,
}

/// Whether a step went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done, or holds.
    Passed,
    /// It was refused, or does not hold.
    Failed,
    /// A step before it was refused.
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
