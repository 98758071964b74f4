//! `POST /inquiries/{id}/perform-simulate-actions`.

use super::answer::Answer;
use super::error::ApiError;
use super::execute::Job;
use super::inquiries::{document, includes};
use super::params::Params;
use crate::core::model::VerificationKind;
use crate::domain::SimulatedAction;

/// Does a series of simulated actions, in order. One that is not possible ends the series; what
/// came before it stays done.
pub(super) fn perform(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let mut body = job.params()?;
    let mut meta = body.required_object("meta")?;
    let actions = meta
        .objects("simulate-actions")?
        .ok_or_else(|| ApiError::bad_request("meta.simulate_actions is missing"))?
        .into_iter()
        .map(|action| read_action(job, action))
        .collect::<Result<Vec<_>, _>>()?;
    for part in [meta, body] {
        job.finish(part)?;
    }
    let mut inquiry = job.state.inquiry(job.id)?;
    for action in actions {
        inquiry = job.state.simulate(job.id, action, job.now)?;
    }
    Ok(Answer::ok(document(job, &inquiry, &includes)))
}

fn read_action(job: &Job<'_>, mut action: Params) -> Result<SimulatedAction, ApiError> {
    let name = action.required_string("type")?;
    let read = match name.as_str() {
        "start_inquiry" => SimulatedAction::Start,
        "complete_inquiry" => SimulatedAction::Complete,
        "fail_inquiry" => SimulatedAction::Fail,
        "expire_inquiry" => SimulatedAction::Expire,
        "mark_for_review_inquiry" => SimulatedAction::MarkForReview,
        "approve_inquiry" => SimulatedAction::Approve,
        "decline_inquiry" => SimulatedAction::Decline,
        "create_passed_verification" | "create_failed_verification" => SimulatedAction::Verify {
            kind: read_kind(job, &mut action)?,
            passed: name == "create_passed_verification",
        },
        _ => {
            let path = action.path_of("type");
            return Err(ApiError::bad_request(format!(
                "{path} is not a known action"
            )));
        }
    };
    job.finish(action)?;
    Ok(read)
}

/// The kind of verification is that of its template.
fn read_kind(job: &Job<'_>, action: &mut Params) -> Result<VerificationKind, ApiError> {
    let mut data = action.required_object("data")?;
    let path = data.path_of("verification-template-id");
    let template_id = data.required_string("verification-template-id")?;
    if !template_id.starts_with("vtmpl_") {
        return Err(ApiError::bad_request(format!(
            "{path} must start with vtmpl"
        )));
    }
    job.finish(data)?;
    VerificationKind::by_template_id(&template_id)
        .ok_or_else(|| ApiError::missing_record_among(&path, VerificationKind::template_ids()))
}
