//! The steps of a scenario, as a file has them.

use std::fmt;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo, Unit};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::core::ClockChange;
use crate::core::model::{DocumentData, FlowStep, Status, SubmissionStep};
use crate::domain::{FinishOutcome, FinishRequest};
use crate::runtime::faults::FaultRequest;

/// One step. A name in it is that of an inquiry of an earlier `create` or `use`.
#[derive(Clone, Debug, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(super) enum ScenarioStep {
    Create(Create),
    Use(Use),
    Open(String),
    Submit(StepSubmission),
    SubmitGovernmentId(Submission),
    SubmitSelfie(Submission),
    Cancel(String),
    Finish(Box<Finish>),
    Start(String),
    Complete(String),
    Fail(String),
    Resume(String),
    Approve(String),
    Decline(String),
    MarkForReview(String),
    Expire(String),
    Redact(String),
    Advance(Advance),
    Clock(ClockChange),
    Fault(FaultRequest),
    ClearFaults,
    Refused(Box<ScenarioStep>),
    Expect(Expectation),
    ExpectCount(CountExpectation),
}

/// The parameters of a new inquiry, and its name in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    #[serde(rename = "as")]
    pub(super) name: String,
    /// The built-in template if absent.
    pub(super) template_id: Option<String>,
    pub(super) reference_id: Option<String>,
    #[serde(default)]
    pub(super) fields: Map<String, Value>,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) redirect_uri: Option<String>,
}

/// An inquiry that the application made, and its name in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "UseForm")]
pub(super) struct Use {
    pub(super) name: String,
    pub(super) id: String,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum UseForm {
    /// The ID, which is also its name.
    Id(String),
    Named {
        #[serde(rename = "as")]
        name: String,
        inquiry: String,
    },
}

impl TryFrom<UseForm> for Use {
    type Error = &'static str;

    fn try_from(form: UseForm) -> Result<Self, Self::Error> {
        let (name, id) = match form {
            UseForm::Id(id) => (id.clone(), id),
            UseForm::Named { name, inquiry } => (name, inquiry),
        };
        if name.is_empty() || !id.starts_with("inq_") {
            return Err(
                "use needs the ID of an inquiry: use: inq_…, or use: {as: walker, inquiry: inq_…}",
            );
        }
        Ok(Self { name, id })
    }
}

/// The rest of the flow, as one step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finish {
    /// The name of an inquiry.
    inquiry: Option<String>,
    /// The ID of an inquiry that the application made.
    #[serde(rename = "use")]
    pub(super) id: Option<String>,
    outcome: Option<FinishOutcome>,
    #[serde(default)]
    document: DocumentData,
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    failed_checks: Vec<String>,
    abandon_at: Option<SubmissionStep>,
}

impl Finish {
    /// The same as a request.
    pub(super) fn request(&self) -> FinishRequest {
        FinishRequest {
            outcome: self.outcome,
            document: self.document.clone(),
            fields: self.fields.clone(),
            failed_checks: self.failed_checks.clone(),
            abandon_at: self.abandon_at,
        }
    }

    /// Which inquiry it finishes: its name, or its ID.
    pub(super) fn inquiry(&self) -> Option<&str> {
        self.inquiry.as_deref().or(self.id.as_deref())
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.inquiry.is_some() == self.id.is_some() {
            return Err("finish needs inquiry, a name, or use, the ID of an inquiry".to_owned());
        }
        self.request().check()
    }
}

/// A submission of the person, and the result of its check.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Submission {
    pub(super) inquiry: String,
    pub(super) result: CheckResult,
}

/// The same, with the step that the verb does not name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepSubmission {
    pub(super) inquiry: String,
    pub(super) step: SubmissionStep,
    pub(super) result: CheckResult,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CheckResult {
    Pass,
    Fail,
}

/// By how much time advances.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Advance {
    text: String,
    pub(super) by: Duration,
}

impl TryFrom<String> for Advance {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fix = "advance must be a time span such as 90s, 2h 30m or 1d";
        let span: Span = text.parse().map_err(|_| fix)?;
        let seconds = span
            .total((Unit::Second, SpanRelativeTo::days_are_24_hours()))
            .map_err(|_| fix)?;
        let by = Duration::try_from_secs_f64(seconds)
            .map_err(|_| "advance moves forwards only; set the time with clock: {now: …}")?;
        Ok(Self { text, by })
    }
}

/// The expected attributes of an inquiry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    pub(super) inquiry: String,
    pub(super) status: Option<Status>,
    pub(super) next_step: Option<FlowStep>,
    /// Values by the template's keys; null for a field without a value.
    #[serde(default)]
    pub(super) fields: Map<String, Value>,
}

/// The expected number of inquiries.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CountExpectation {
    pub(super) reference_id: String,
    /// Counts those of this status only.
    pub(super) status: Option<Status>,
    pub(super) inquiries: usize,
}

impl ScenarioStep {
    /// The name by which a file calls this step.
    pub(super) fn verb(&self) -> &'static str {
        self.into()
    }

    /// What it submits: for which inquiry, in which step of the flow, with which result.
    pub(super) fn submission(&self) -> Option<(&str, SubmissionStep, CheckResult)> {
        match self {
            Self::Submit(it) => Some((&it.inquiry, it.step, it.result)),
            Self::SubmitGovernmentId(it) => {
                Some((&it.inquiry, SubmissionStep::GovernmentId, it.result))
            }
            Self::SubmitSelfie(it) => Some((&it.inquiry, SubmissionStep::Selfie, it.result)),
            _ => None,
        }
    }

    /// The inquiry that this step is about, by its name in the file.
    pub(super) fn inquiry(&self) -> Option<&str> {
        match self {
            Self::Create(create) => Some(&create.name),
            Self::Use(it) => Some(&it.name),
            Self::Finish(finish) => finish.inquiry(),
            Self::Submit(submission) => Some(&submission.inquiry),
            Self::SubmitGovernmentId(submission) | Self::SubmitSelfie(submission) => {
                Some(&submission.inquiry)
            }
            Self::Open(name)
            | Self::Cancel(name)
            | Self::Start(name)
            | Self::Complete(name)
            | Self::Fail(name)
            | Self::Resume(name)
            | Self::Approve(name)
            | Self::Decline(name)
            | Self::MarkForReview(name)
            | Self::Expire(name)
            | Self::Redact(name) => Some(name),
            Self::Refused(step) => step.inquiry(),
            Self::Expect(expectation) => Some(&expectation.inquiry),
            Self::Advance(_)
            | Self::Clock(_)
            | Self::Fault(_)
            | Self::ClearFaults
            | Self::ExpectCount(_) => None,
        }
    }
}

/// The step in a report.
impl fmt::Display for ScenarioStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Refused(step) = self {
            return write!(f, "refused: {step}");
        }
        f.write_str(self.verb())?;
        if let Some(name) = self.inquiry() {
            write!(f, " {name}")?;
        }
        if let Self::Submit(submission) = self {
            write!(f, ", {}", submission.step.as_str())?;
        }
        if let Some((_, _, result)) = self.submission() {
            return f.write_str(match result {
                CheckResult::Pass => ", pass",
                CheckResult::Fail => ", fail",
            });
        }
        match self {
            Self::Finish(finish) => write!(f, ", {}", finish.request().outcome().as_str()),
            Self::Advance(advance) => write!(f, " {}", advance.text),
            Self::Fault(request) => write!(f, " {request}"),
            Self::ExpectCount(count) => write!(f, " {}", count.reference_id),
            _ => Ok(()),
        }
    }
}
