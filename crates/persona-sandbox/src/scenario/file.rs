//! Parsing a scenario file and checking it as a whole, before anything runs.

use std::collections::HashMap;

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::step::ScenarioStep;
use crate::core::clock::Moment;
use crate::core::yaml::{self, FileError};
use crate::runtime::Operations;

/// The longest file. Files are also sent over HTTP.
const MAX_FILE_BYTES: usize = 256 * 1024;

/// The most steps. Other requests wait while they run.
const MAX_STEPS: usize = 1000;

/// A parsed scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    #[serde(default = "unnamed")]
    pub(super) name: String,
    pub(super) seed: Option<u64>,
    /// The time at which it begins, on the sandbox clock.
    pub(super) now: Option<Moment>,
    pub(super) steps: Vec<Spanned<ScenarioStep>>,
}

fn unnamed() -> String {
    "unnamed scenario".to_owned()
}

impl Scenario {
    /// Parses YAML, which includes JSON, and checks it. After an error, none of its steps was run.
    pub(crate) fn parse(text: &str, operations: &Operations) -> Result<Self, FileError> {
        if text.len() > MAX_FILE_BYTES {
            let message = format!("the file is longer than {MAX_FILE_BYTES} bytes; split it");
            return Err(FileError::without_place(message));
        }
        if text.trim().is_empty() {
            let message = "the file is empty; it needs steps, a list of what happens";
            return Err(FileError::without_place(message));
        }
        let scenario: Self = yaml::read(text)?;
        scenario.check(operations)?;
        Ok(scenario)
    }

    fn check(&self, operations: &Operations) -> Result<(), FileError> {
        if self.steps.is_empty() || self.steps.len() > MAX_STEPS {
            let message = format!("steps must be a list of 1 to {MAX_STEPS} steps");
            let place = self.steps.first().map(|step| step.referenced);
            return Err(FileError::at(place.unwrap_or(Location::UNKNOWN), message));
        }
        let mut names = Names {
            is_open: HashMap::new(),
            operations,
        };
        for step in &self.steps {
            names
                .check(&step.value)
                .map_err(|message| FileError::at(step.referenced, message))?;
        }
        Ok(())
    }
}

/// The inquiries created so far, and whether a browser has each open.
struct Names<'a> {
    is_open: HashMap<&'a str, bool>,
    operations: &'a Operations,
}

impl<'a> Names<'a> {
    fn check(&mut self, step: &'a ScenarioStep) -> Result<(), String> {
        match step {
            ScenarioStep::Create(create) => {
                if create.name.is_empty() {
                    return Err("create needs a name: as: walker".to_owned());
                }
                if self.is_open.insert(&create.name, false).is_some() {
                    return Err(format!(
                        "there is an inquiry named {} already; give this one another name",
                        create.name
                    ));
                }
                return Ok(());
            }
            ScenarioStep::Use(it) => {
                if self.is_open.insert(&it.name, false).is_some() {
                    return Err(format!("there is an inquiry named {} already", it.name));
                }
                return Ok(());
            }
            ScenarioStep::Finish(finish) => {
                finish.check()?;
                if finish.id.is_some() {
                    return Ok(());
                }
            }
            ScenarioStep::Fault(request) => return request.check(self.operations),
            ScenarioStep::Clock(change) => return change.check(),
            ScenarioStep::Expect(expectation)
                if expectation.status.is_none()
                    && expectation.next_step.is_none()
                    && expectation.fields.is_empty() =>
            {
                return Err("expect needs status, next_step or fields".to_owned());
            }
            ScenarioStep::Refused(step) => return self.check_refused(step),
            _ => {}
        }
        let Some(name) = step.inquiry() else {
            return Ok(());
        };
        let Some(is_open) = self.is_open.get_mut(name) else {
            return Err(format!(
                "no step before made an inquiry named {name}; make it with create: {{as: {name}}}, or \
                 name one of your application's with use: {{as: {name}, inquiry: inq_…}}"
            ));
        };
        let needs_browser = step.submission().is_some() || matches!(step, ScenarioStep::Cancel(_));
        match step {
            ScenarioStep::Open(_) => *is_open = true,
            _ if needs_browser && !*is_open => {
                return Err(format!(
                    "no browser has {name} open here; put open: {name} before {}",
                    step.verb()
                ));
            }
            _ => {}
        }
        Ok(())
    }

    /// The inner step must make sense, but it does not succeed, so it opens and creates nothing.
    fn check_refused(&mut self, step: &'a ScenarioStep) -> Result<(), String> {
        match step {
            ScenarioStep::Expect(_)
            | ScenarioStep::ExpectCount(_)
            | ScenarioStep::Refused(_)
            | ScenarioStep::Advance(_)
            | ScenarioStep::Clock(_)
            | ScenarioStep::Fault(_)
            | ScenarioStep::ClearFaults => Err(format!(
                "{} cannot be refused; refused takes a step that does something to an inquiry",
                step.verb()
            )),
            ScenarioStep::Create(create) => match self.is_open.contains_key(create.name.as_str()) {
                true => Err(format!("there is an inquiry named {} already", create.name)),
                false => Ok(()),
            },
            ScenarioStep::Open(name) => match self.is_open.get(name.as_str()) {
                // A refused `open` does not change whether the inquiry is open.
                Some(_) => Ok(()),
                None => self.check(step),
            },
            _ => self.check(step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Scenario::parse(text, &Operations::for_tests())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn yaml_and_json_are_read_alike() {
        let yaml =
            "steps:\n  - create: {as: a}\n  - open: a\n  - advance: 1d 2h\n  - clear_faults\n";
        assert_eq!(
            Scenario::parse(yaml, &Operations::for_tests())
                .unwrap()
                .steps
                .len(),
            4
        );
        let json = "{\n\t\"seed\": 1,\n\t\"steps\": [\n\t\t{\"create\": {\"as\": \"a\"}},\n\t\t\"clear_faults\"\n\t]\n}";
        let scenario = Scenario::parse(json, &Operations::for_tests()).unwrap();
        assert_eq!((scenario.seed, scenario.steps.len()), (Some(1), 2));
        assert_eq!(scenario.steps[0].referenced.line(), 4);
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_place_and_the_fix() {
        for (steps, place, fix) in [
            ("- create: {as: a}\n- aprove: a", "line 3", "approve"),
            ("- create: {as: a, fist: 1}", "line 2", "fields"),
            ("- open: a", "line 2", "create: {as: a}"),
            (
                "- create: {as: a}\n- create: {as: a}",
                "line 3",
                "another name",
            ),
            ("- create: {as: a}\n- cancel: a", "line 3", "open: a"),
            (
                "- create: {as: a}\n- refused: {open: a}\n- cancel: a",
                "line 4",
                "open: a",
            ),
            (
                "- create: {as: a}\n- open: a\n- submit_selfie: {inquiry: a, result: maybe}",
                "line 4",
                "pass",
            ),
            (
                "- create: {as: a}\n- expect: {inquiry: a}",
                "line 3",
                "status",
            ),
            (
                "- create: {as: a}\n- expect: {inquiry: a, status: done}",
                "line 3",
                "approved",
            ),
            (
                "- create: {as: a}\n- submit: {inquiry: a, step: selfie, result: pass}",
                "line 3",
                "before submit",
            ),
            (
                "- create: {as: a}\n- open: a\n- submit: {inquiry: a, step: iris, result: pass}",
                "line 4",
                "government_id",
            ),
            ("- advance: soon", "line 2", "2h 30m"),
            ("- advance: -1d", "line 2", "clock"),
            ("- clock: {}", "line 2", "advance_s"),
            (
                "- fault: {operation: lists, kind: html}",
                "line 2",
                "one of",
            ),
            ("- refused: {advance: 1d}", "line 2", "cannot be refused"),
            ("- [", "line", ""),
        ] {
            let error = error(&format!("steps:\n{steps}\n"));
            assert!(error.starts_with(place), "{steps}: {error}");
            assert!(error.contains(fix), "{steps}: {error}");
        }
        assert!(error("steps: []").contains("1 to 1000"));
        assert!(error("name: x").contains("steps"));
        assert!(error(&" ".repeat(MAX_FILE_BYTES + 1)).contains("split"));
        assert!(error("").contains("steps"), "{}", error(""));
    }
}
