//! `POST /inquiries/{id}/perform-simulate-actions`.

use super::context::OperationContext;
use super::error::ApiError;
use super::inquiries::{document, includes};
use super::operation::Operation;
use super::params::Params;
use super::response::OperationResult;
use crate::core::model::VerificationKind;
use crate::domain::SimulatedAction;

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] =
    &[
        Operation::post("/inquiries/{inquiry-id}/perform-simulate-actions", perform)
            .named(
                "inquiries.perform-simulate-actions",
                "Moves an inquiry along without a person.",
            )
            .alias(&["simulate"])
            .with_include(),
    ];

/// Does a series of simulated actions, in order. One that is not possible ends the series; what
/// came before it stays done.
pub(super) fn perform(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut meta = body.required_object("meta")?;
    let actions = meta
        .objects("simulate-actions")?
        .ok_or_else(|| ApiError::bad_request("meta.simulate_actions is missing"))?
        .into_iter()
        .map(|action| read_action(ctx, action))
        .collect::<Result<Vec<_>, _>>()?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let mut inquiry = ctx.tx.inquiry(ctx.id)?;
    for action in actions {
        inquiry = ctx.tx.simulate(ctx.id, action, ctx.now)?;
    }
    Ok(OperationResult::ok(document(ctx, &inquiry, &includes)))
}

fn read_action(
    ctx: &OperationContext<'_>,
    mut action: Params,
) -> Result<SimulatedAction, ApiError> {
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
            kind: read_kind(ctx, &mut action)?,
            passed: name == "create_passed_verification",
        },
        _ => {
            let path = action.path_to("type");
            return Err(ApiError::bad_request(format!(
                "{path} is not a known action"
            )));
        }
    };
    ctx.finish(action)?;
    Ok(read)
}

/// The kind of verification is that of its template.
fn read_kind(
    ctx: &OperationContext<'_>,
    action: &mut Params,
) -> Result<VerificationKind, ApiError> {
    let mut data = action.required_object("data")?;
    let path = data.path_to("verification-template-id");
    let template_id = data.required_string("verification-template-id")?;
    if !template_id.starts_with("vtmpl_") {
        return Err(ApiError::bad_request(format!(
            "{path} must start with vtmpl"
        )));
    }
    ctx.finish(data)?;
    VerificationKind::by_template_id(&template_id)
        .ok_or_else(|| ApiError::missing_record_among(&path, VerificationKind::template_ids()))
}
