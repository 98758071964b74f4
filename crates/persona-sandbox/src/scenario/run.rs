//! Running a scenario, step by step, by the operations of the domain.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::file::Scenario;
use super::report::{Outcome, Report, StepReport};
use super::step::{CheckResult, CountExpectation, Create, Expectation, Finish, ScenarioStep, Use};
use crate::core::clock::{Clock, Moment};
use crate::core::ids::Entropy;
use crate::core::model::{Decision, FlowStep, Inquiry, SubmissionStep};
use crate::domain::{
    AccountChoice, DomainError, EntryPoint, FinishError, FlowError, NewInquiry, SimulatedAction,
};
use crate::runtime::faults::Faults;
use crate::runtime::{Emulator, Operations};
use crate::store::Tx;
use crate::store::WriteError;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Refused(#[from] DomainError),
    #[error(transparent)]
    Flow(#[from] FlowError),
    #[error(transparent)]
    Finish(#[from] FinishError),
    #[error("the flow is at {}, so nothing was submitted", .0.as_str())]
    OtherStep(FlowStep),
    #[error("{0}")]
    Unmet(String),
}

impl Scenario {
    /// Runs all steps in one transaction.
    ///
    /// # Errors
    ///
    /// If the state cannot be written. All steps are rolled back.
    pub(crate) fn run(&self, emulator: &Emulator) -> Result<Report, WriteError> {
        let default_seed = self.seed.or(emulator.config().seed).unwrap_or_default();
        emulator.transact(|tx, now| {
            let previous_source = self.seed.map(|seed| {
                // Each run has an identifier source of its own, so that running a file again does
                // not repeat identifiers. The complement differs from the source of a sandbox that
                // was started with the same seed.
                let source = tx.next_id_source();
                tx.replace_entropy(Entropy::new(Some(!seed), source))
            });
            let mut run = Run {
                state: &mut *tx,
                faults: emulator.faults(),
                operations: emulator.operations(),
                default_template: &emulator.config().template_id,
                default_seed,
                now,
                inquiries: BTreeMap::new(),
            };
            let steps = run.all(self);
            let inquiries = run.inquiries.into_iter();
            let inquiries = inquiries.map(|(name, known)| (name.to_owned(), known.id));
            let report = Report {
                name: self.name.clone(),
                seed: self.seed,
                passed: steps.iter().all(|step| step.outcome == Outcome::Passed),
                inquiries: inquiries.collect(),
                steps,
            };
            if let Some(previous_source) = previous_source {
                tx.replace_entropy(previous_source);
            }
            report
        })
    }
}

/// An inquiry of the scenario, with the tokens that page and browser hold. Both are secret.
struct ScenarioInquiry {
    id: String,
    /// From the last `resume`, for the next `open`.
    resumed: Option<String>,
    /// The token of the browser that has it open.
    session_token: Option<String>,
}

struct Run<'a> {
    state: &'a mut Tx,
    faults: &'a Faults,
    operations: &'a Operations,
    default_template: &'a str,
    default_seed: u64,
    now: Moment,
    inquiries: BTreeMap<&'a str, ScenarioInquiry>,
}

impl<'a> Run<'a> {
    fn all(&mut self, scenario: &'a Scenario) -> Vec<StepReport> {
        let mut begun = match scenario.now {
            Some(now) => self.set_clock(self.state.clock().set_to(now)),
            None => Ok(()),
        };
        let mut stopped = false;
        let numbered = scenario.steps.iter().zip(1..);
        numbered
            .map(|(step, number)| {
                let (outcome, detail) = if stopped {
                    (Outcome::NotRun, String::new())
                } else {
                    let begun = std::mem::replace(&mut begun, Ok(()));
                    match begun.and_then(|()| self.step(&step.value)) {
                        Ok(detail) => (Outcome::Passed, detail),
                        Err(failure) => {
                            stopped = !matches!(failure, Failure::Unmet(_));
                            (Outcome::Failed, failure.to_string())
                        }
                    }
                };
                StepReport {
                    number,
                    line: step.referenced.line(),
                    step: step.value.to_string(),
                    outcome,
                    detail,
                    at: (outcome != Outcome::NotRun).then(|| self.now.to_string()),
                }
            })
            .collect()
    }

    /// Runs one step, and returns the status of its inquiry afterwards.
    fn step(&mut self, step: &'a ScenarioStep) -> Result<String, Failure> {
        let now = self.now;
        match step {
            ScenarioStep::Create(create) => return self.create(create),
            ScenarioStep::Use(it) => return self.use_inquiry(it),
            ScenarioStep::Open(name) => return self.open(name),
            ScenarioStep::Submit(_)
            | ScenarioStep::SubmitGovernmentId(_)
            | ScenarioStep::SubmitSelfie(_) => {
                if let Some((name, flow_step, result)) = step.submission() {
                    self.submit(name, flow_step, result)?;
                }
            }
            ScenarioStep::Cancel(name) => {
                let token = self.session_token(name)?;
                self.state.cancel_flow(&token, now)?;
            }
            ScenarioStep::Finish(finish) => return self.finish(finish),
            ScenarioStep::Start(name) => self.simulate(name, SimulatedAction::Start)?,
            ScenarioStep::Complete(name) => self.simulate(name, SimulatedAction::Complete)?,
            ScenarioStep::Fail(name) => self.simulate(name, SimulatedAction::Fail)?,
            ScenarioStep::Resume(name) => {
                let id = self.id(name)?;
                let (_, token) = self.state.resume_inquiry(&id, now)?;
                self.known(name)?.resumed = Some(token);
            }
            ScenarioStep::Approve(name) => self.decide(name, Decision::Approve)?,
            ScenarioStep::Decline(name) => self.decide(name, Decision::Decline)?,
            ScenarioStep::MarkForReview(name) => {
                let id = self.id(name)?;
                self.state.mark_inquiry_for_review(&id, now)?;
            }
            ScenarioStep::Expire(name) => {
                let id = self.id(name)?;
                self.state.expire_inquiry(&id, now)?;
            }
            ScenarioStep::Redact(name) => {
                let id = self.id(name)?;
                self.state.redact_inquiry(&id, now)?;
            }
            ScenarioStep::Advance(advance) => {
                self.set_clock(self.state.clock().set_to(now.plus(advance.by)))?;
            }
            ScenarioStep::Clock(change) => {
                let clock = change
                    .apply(self.state.clock().set_to(now))
                    .map_err(Failure::Unmet)?;
                self.set_clock(clock)?;
            }
            ScenarioStep::Fault(request) => self
                .faults
                .add(request, self.operations, self.default_seed)
                .map_err(Failure::Unmet)?,
            ScenarioStep::ClearFaults => self.faults.clear(),
            ScenarioStep::Refused(step) => return self.refused(step),
            ScenarioStep::Expect(expectation) => self.expect(expectation)?,
            ScenarioStep::ExpectCount(count) => return self.expect_count(count),
        }
        match step.inquiry() {
            Some(name) => Ok(status_text(&*self.inquiry(name)?)),
            None => Ok(String::new()),
        }
    }

    fn create(&mut self, create: &'a Create) -> Result<String, Failure> {
        let template_id = create.template_id.as_deref();
        let account = match &create.reference_id {
            Some(reference_id) => AccountChoice::ByReference(reference_id.clone()),
            None => AccountChoice::Anonymous,
        };
        let new = NewInquiry {
            account,
            fields: create.fields.clone(),
            note: create.note.clone(),
            tags: create.tags.clone(),
            redirect_uri: create.redirect_uri.clone(),
            ..NewInquiry::from_template(template_id.unwrap_or(self.default_template), "API")
        };
        let inquiry = self.state.create_inquiry(new, self.now)?;
        let known = ScenarioInquiry {
            id: inquiry.id.clone(),
            resumed: None,
            session_token: None,
        };
        self.inquiries.insert(&create.name, known);
        Ok(status_text(&inquiry))
    }

    /// Names an inquiry that the application made.
    fn use_inquiry(&mut self, named: &'a Use) -> Result<String, Failure> {
        let inquiry = self.state.inquiry(&named.id)?;
        let known = ScenarioInquiry {
            id: named.id.clone(),
            resumed: None,
            session_token: None,
        };
        self.inquiries.insert(&named.name, known);
        Ok(status_text(&inquiry))
    }

    fn finish(&mut self, finish: &Finish) -> Result<String, Failure> {
        let id = match (&finish.id, finish.inquiry()) {
            (Some(id), _) => id.clone(),
            (None, name) => self.id(name.unwrap_or_default())?,
        };
        let inquiry = self
            .state
            .finish_inquiry(&id, &finish.request(), self.now)?;
        Ok(status_text(&inquiry))
    }

    /// A page opens the flow with a token only if its server resumed the inquiry.
    fn open(&mut self, name: &str) -> Result<String, Failure> {
        let known = self.known(name)?;
        let entry = EntryPoint::Inquiry {
            id: known.id.clone(),
            session_token: known.resumed.clone(),
        };
        let opened = self.state.open_flow(entry, None, self.now)?;
        let step = opened.step();
        self.known(name)?.session_token = Some(opened.session_token);
        Ok(format!(
            "{} at {}",
            status_text(&opened.inquiry),
            step.as_str()
        ))
    }

    /// The person submits a step. The flow ignores a repeated click, but a scenario means each of
    /// its steps, so a step that is not due is an error.
    fn submit(
        &mut self,
        name: &str,
        step: SubmissionStep,
        result: CheckResult,
    ) -> Result<(), Failure> {
        let token = self.session_token(name)?;
        let inquiry = self.state.flow_inquiry(&token, self.now)?;
        if !inquiry.status.is_open() {
            return Err(FlowError::AlreadyFinished(inquiry.status).into());
        }
        if let Some(actual) = inquiry.next_step
            && !self.state.is_step_due(&inquiry, step)
        {
            return Err(Failure::OtherStep(actual));
        }
        self.state.begin_flow(&token, self.now)?;
        let pass = result == CheckResult::Pass;
        self.state.submit_step(&token, step, pass, self.now)?;
        Ok(())
    }

    fn simulate(&mut self, name: &str, action: SimulatedAction) -> Result<(), Failure> {
        let id = self.id(name)?;
        self.state.simulate(&id, action, self.now)?;
        Ok(())
    }

    fn decide(&mut self, name: &str, decision: Decision) -> Result<(), Failure> {
        let id = self.id(name)?;
        self.state
            .decide_inquiry(&id, decision, None, None, self.now)?;
        Ok(())
    }

    /// Sets the clock, and applies the scheduled changes that are due.
    fn set_clock(&mut self, clock: Clock) -> Result<(), Failure> {
        self.state.set_clock(clock);
        // The anchor, not the running clock: a seeded run must be reproducible.
        self.now = clock.anchor();
        self.state.catch_up(self.now)?;
        Ok(())
    }

    fn refused(&mut self, step: &'a ScenarioStep) -> Result<String, Failure> {
        match self.step(step) {
            Ok(_) => Err(Failure::Unmet("it was not refused".to_owned())),
            Err(failure) => Ok(failure.to_string()),
        }
    }

    fn expect(&mut self, expectation: &Expectation) -> Result<(), Failure> {
        let inquiry = self.inquiry(&expectation.inquiry)?;
        if let Some(status) = expectation.status
            && status != inquiry.status
        {
            return Err(Failure::Unmet(format!(
                "status is {}, not {}",
                inquiry.status.as_str(),
                status.as_str()
            )));
        }
        if let Some(step) = expectation.next_step
            && inquiry.next_step != Some(step)
        {
            let actual = inquiry.next_step.map_or("none", FlowStep::as_str);
            let message = format!("next_step is {actual}, not {}", step.as_str());
            return Err(Failure::Unmet(message));
        }
        let template = self.state.templates.find(&inquiry.template_id);
        for (key, expected) in &expectation.fields {
            let field = template.and_then(|template| template.find_field(key));
            let Some(field) = field else {
                let message = format!("{key} is not a field of the inquiry template");
                return Err(Failure::Unmet(message));
            };
            let actual = inquiry.fields.get(&field.key).unwrap_or(&Value::Null);
            if actual != expected {
                let message = format!("{key} is {actual}, not {expected}");
                return Err(Failure::Unmet(message));
            }
        }
        Ok(())
    }

    fn expect_count(&self, expected: &CountExpectation) -> Result<String, Failure> {
        let of_status = |inquiry: &Inquiry| {
            let wanted = expected.status;
            wanted.is_none_or(|status| inquiry.status == status)
        };
        let group = self.state.inquiries.in_group(&expected.reference_id);
        let count = group.filter(|(_, inquiry)| of_status(inquiry)).count();
        if count == expected.inquiries {
            return Ok(format!("{count} inquiries"));
        }
        Err(Failure::Unmet(format!(
            "{count} inquiries, not {}",
            expected.inquiries
        )))
    }

    fn known(&mut self, name: &str) -> Result<&mut ScenarioInquiry, Failure> {
        let known = self.inquiries.get_mut(name);
        // The names were checked when the file was parsed.
        known.ok_or(Failure::Refused(DomainError::NotFound { what: "inquiry" }))
    }

    fn id(&mut self, name: &str) -> Result<String, Failure> {
        Ok(self.known(name)?.id.clone())
    }

    fn inquiry(&mut self, name: &str) -> Result<Arc<Inquiry>, Failure> {
        let id = self.id(name)?;
        Ok(self.state.inquiry(&id)?)
    }

    fn session_token(&mut self, name: &str) -> Result<String, Failure> {
        let token = self.known(name)?.session_token.clone();
        token.ok_or(Failure::Flow(FlowError::Unauthenticated))
    }
}

fn status_text(inquiry: &Inquiry) -> String {
    inquiry.status.as_str().to_owned()
}
