//! Finishing an inquiry as a person would, in one call: any person, any outcome.
//!
//! The person opens the flow, submits each step, and reaches its end; a decision or a review
//! follows. Every change and every event comes from the operation that the browser, the reviewer or
//! the schedule calls, so nothing here can differ from a flow that was walked by hand.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};
use strum::VariantNames as _;

use super::fields::checked_fields;
use super::flow::CheckResult;
use super::{DomainError, FlowError, Outcome};
use crate::core::clock::Moment;
use crate::core::model::{
    Decision, DocumentData, FAILURES, FlowStep, Inquiry, SubmissionStep, Template,
    VerificationKind, day, find_check,
};
use crate::store::{Tx, WriteError};

/// The browser that the sessions of finished inquiries name.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                          Chrome/140.0.0.0 Safari/537.36";

/// The age of a minor, in years.
const MINORS_AGE: i32 = 16;

/// Why an inquiry was not finished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FinishError {
    /// The request does not fit itself, the template or the inquiry.
    #[error("{0}")]
    Invalid(String),
    /// There is no such inquiry, or its status does not allow it.
    #[error(transparent)]
    Refused(#[from] DomainError),
    /// The flow did not open or continue.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl From<WriteError> for FinishError {
    fn from(error: WriteError) -> Self {
        Self::Refused(error.into())
    }
}

/// How an inquiry ends.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    schemars::JsonSchema,
)]
#[serde(try_from = "String")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum FinishOutcome {
    /// The person reaches the success screen; the template's workflow decides later.
    Completed,
    /// Completed, and approved at once.
    Approved,
    /// The person reaches the failure screen; the template's workflow decides later.
    Failed,
    /// Failed, and declined at once.
    Declined,
    /// Completed, and marked for review at once.
    NeedsReview,
    /// The person closes the flow before its end.
    Abandoned,
    /// The person closes the flow before its end, and the inquiry expires.
    Expired,
}

impl TryFrom<String> for FinishOutcome {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse().map_err(|_| {
            let names = Self::VARIANTS.join(", ");
            format!("unknown outcome `{name}`, expected one of {names}")
        })
    }
}

impl FinishOutcome {
    /// The end of the flow; `None` if the person leaves before.
    fn end_of_flow(self) -> Option<Outcome> {
        match self {
            Self::Completed | Self::Approved | Self::NeedsReview => Some(Outcome::Completed),
            Self::Failed | Self::Declined => Some(Outcome::Failed),
            Self::Abandoned | Self::Expired => None,
        }
    }

    /// The name in requests.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How to finish an inquiry.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FinishRequest {
    /// By default what the other parts say: abandoned, failed or completed.
    pub(crate) outcome: Option<FinishOutcome>,
    /// What the government ID says; the demo person's values where it says nothing.
    pub(crate) document: DocumentData,
    /// What the person enters besides, by the template's keys.
    pub(crate) fields: Map<String, Value>,
    /// The checks that fail, by their names or by the short ones of [`FAILURES`].
    pub(crate) failed_checks: Vec<String>,
    /// The step at which the person leaves; by default the last one.
    pub(crate) abandon_at: Option<SubmissionStep>,
}

/// A checked request: what the person submits, and how the inquiry ends.
struct Plan {
    outcome: FinishOutcome,
    document: DocumentData,
    failed: Vec<(VerificationKind, &'static str)>,
    abandon_at: Option<SubmissionStep>,
}

impl FinishRequest {
    /// The outcome, given or following from the other parts.
    pub(crate) fn outcome(&self) -> FinishOutcome {
        self.outcome.unwrap_or({
            if self.abandon_at.is_some() {
                FinishOutcome::Abandoned
            } else if self.failed_checks.is_empty() {
                FinishOutcome::Completed
            } else {
                FinishOutcome::Failed
            }
        })
    }

    /// Checks what can be checked without the inquiry.
    ///
    /// # Errors
    ///
    /// A sentence on what the request should have been.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.document.check()?;
        let outcome = self.outcome();
        if self.abandon_at.is_some() && outcome.end_of_flow().is_some() {
            return Err(format!(
                "abandon_at needs the outcome abandoned or expired, not {}",
                outcome.as_str()
            ));
        }
        self.checks().map(|_| ())
    }

    fn checks(&self) -> Result<Vec<(VerificationKind, &'static str)>, String> {
        let find = |name: &String| {
            let (kind, check) = find_check(name).ok_or_else(|| {
                let short = FAILURES.map(|(short, _)| short).join(", ");
                format!(
                    "failed_checks: unknown check `{name}`, expected one of {short}, or the name \
                     of a check of Persona's, such as id_glare_detection"
                )
            })?;
            Ok((kind, check.name))
        };
        self.failed_checks.iter().map(find).collect()
    }

    fn plan(&self, template: &Template, inquiry: &Inquiry, now: Moment) -> Result<Plan, String> {
        self.check()?;
        let outcome = self.outcome();
        let failed = self.checks()?;
        let has_check = |kind: VerificationKind| {
            let mut steps = template.steps.iter();
            steps.any(|step| step.submission().check == Some(kind))
        };
        if let Some((_, name)) = failed.iter().find(|(kind, _)| !has_check(*kind)) {
            return Err(format!(
                "failed_checks: no step of template {} has the check {name}",
                template.id
            ));
        }
        let abandon_at = match outcome.end_of_flow() {
            Some(_) => None,
            None => Some(self.last_step(template, inquiry)?),
        };
        let fails = |wanted: &str| {
            let mut names = failed.iter().map(|(_, name)| *name);
            names.any(|name| Some(name) == find_check(wanted).map(|(_, check)| check.name))
        };
        Ok(Plan {
            document: self.consistent_document(inquiry, fails, now),
            outcome,
            failed,
            abandon_at,
        })
    }

    /// The step at which the person leaves.
    fn last_step(&self, template: &Template, inquiry: &Inquiry) -> Result<SubmissionStep, String> {
        let steps = &template.steps;
        let place = |step: SubmissionStep| steps.iter().position(|other| *other == step);
        let step = match (self.abandon_at, steps.last()) {
            (Some(step), _) if place(step).is_none() => {
                let names: Vec<_> = steps.iter().map(|step| step.as_str()).collect();
                return Err(format!(
                    "abandon_at: template {} has no step {}, only {}",
                    template.id,
                    step.as_str(),
                    names.join(", ")
                ));
            }
            (Some(step), _) => step,
            (None, Some(&last)) => last,
            (None, None) => return Err(format!("template {} has no steps", template.id)),
        };
        match inquiry.next_step {
            Some(FlowStep::Submission(next)) if place(next) > place(step) => Err(format!(
                "abandon_at: the inquiry is at {} already",
                next.as_str()
            )),
            _ => Ok(step),
        }
    }

    /// The document, with what a failed check says about it where the request says nothing.
    fn consistent_document(
        &self,
        inquiry: &Inquiry,
        fails: impl Fn(&str) -> bool,
        now: Moment,
    ) -> DocumentData {
        let mut document = self.document.clone();
        if fails("minor") {
            let birthdate = || day(now, jiff::Span::new().years(-MINORS_AGE));
            document.birthdate.get_or_insert_with(birthdate);
        }
        if fails("expired_document") {
            let expired = || day(now, jiff::Span::new().months(-1));
            let issued = || day(now, jiff::Span::new().years(-5));
            document.expiration_date.get_or_insert_with(expired);
            document.issue_date.get_or_insert_with(issued);
        }
        if fails("name_mismatch") && document.name_last.is_none() {
            let demo = document.clone().or_demo(now);
            let prefilled = inquiry.field("name_last").and_then(Value::as_str);
            let is_same = prefilled.is_some_and(|name| {
                let demo = demo.name_last.as_deref().unwrap_or_default();
                name.eq_ignore_ascii_case(demo)
            });
            if is_same {
                document.name_last = Some("MISMATCH".to_owned());
            }
        }
        document
    }
}

impl Plan {
    /// The result of a step's check.
    fn result(&self, step: SubmissionStep) -> CheckResult {
        let kind = step.submission().check;
        let failed = self.failed.iter().filter(|(of, _)| Some(*of) == kind);
        let failed_checks: Vec<_> = failed.map(|(_, name)| (*name).to_owned()).collect();
        let passed = match self.outcome.end_of_flow() {
            // Only required checks fail a verification: these were not required.
            Some(Outcome::Completed) => true,
            // Without names, every check fails.
            Some(_) if self.failed.is_empty() => false,
            _ => failed_checks.is_empty(),
        };
        CheckResult {
            passed,
            failed_checks,
            document: self.document.clone(),
        }
    }
}

impl Tx {
    /// Walks an open inquiry through its flow, from the step where it stands.
    ///
    /// # Errors
    ///
    /// If the request or the inquiry does not allow it. The caller rolls back.
    pub(crate) fn finish_inquiry(
        &mut self,
        id: &str,
        request: &FinishRequest,
        now: Moment,
    ) -> Result<Arc<Inquiry>, FinishError> {
        let inquiry = self.changeable_inquiry(id)?;
        if !inquiry.status.is_open() {
            return Err(FinishError::Refused(DomainError::WrongStatus {
                verb: "finished",
                status: inquiry.status,
            }));
        }
        let template = self.templates.find(&inquiry.template_id).cloned();
        let template = template.ok_or(DomainError::InactiveTemplate)?;
        let plan = request
            .plan(&template, &inquiry, now)
            .map_err(FinishError::Invalid)?;
        let fields = checked_fields(&template, request.fields.clone())?;
        let token = self.enter_flow(&inquiry, Some(USER_AGENT), now)?;
        if !fields.is_empty() {
            self.inquiry_mut(id, now, |inquiry| inquiry.fields.extend(fields))
                .map_err(DomainError::from)?;
        }
        self.begin_flow(&token, now)?;
        let end = self.walk(id, &token, &plan, now)?;
        if end != plan.outcome.end_of_flow() {
            return Err(FinishError::Invalid(format!(
                "a check of this inquiry failed before, so it cannot become {}: use the outcome \
                 failed or declined",
                plan.outcome.as_str()
            )));
        }
        let inquiry = self.inquiry(id)?;
        match plan.outcome {
            FinishOutcome::Completed | FinishOutcome::Failed | FinishOutcome::Abandoned => {}
            FinishOutcome::Approved => self.decide_by_workflow(&inquiry, Decision::Approve, now)?,
            FinishOutcome::Declined => self.decide_by_workflow(&inquiry, Decision::Decline, now)?,
            FinishOutcome::NeedsReview => {
                self.mark_inquiry_for_review(id, now)?;
            }
            FinishOutcome::Expired => {
                self.expire_inquiry(id, now)?;
            }
        }
        Ok(self.inquiry(id)?)
    }

    /// Submits the steps until the flow ends, or until the person leaves. Returns the end.
    fn walk(
        &mut self,
        id: &str,
        token: &str,
        plan: &Plan,
        now: Moment,
    ) -> Result<Option<Outcome>, FinishError> {
        loop {
            let step = match self.inquiry(id)?.next_step {
                Some(FlowStep::Submission(step)) => step,
                _ => return Ok(None),
            };
            if plan.abandon_at == Some(step) {
                self.cancel_flow(token, now)?;
                return Ok(None);
            }
            match self.submit_step(token, step, plan.result(step), now)?.1 {
                end @ (Outcome::Completed | Outcome::Failed) => return Ok(Some(end)),
                Outcome::Continue | Outcome::Retry => {}
            }
        }
    }
}
