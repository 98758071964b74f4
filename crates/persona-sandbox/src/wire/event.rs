//! The event resource, which is also the body of a webhook.

use serde_json::{Value, json};

use super::{Context, FileLinks, VerificationStage, Version};
use crate::core::model::{Event, EventName, Subject};

/// An event as the API of this version shows it.
pub(crate) fn event(
    state: Context<'_>,
    event: &Event,
    version: Version,
    files: FileLinks<'_>,
) -> Value {
    let object = match &event.subject {
        Subject::Inquiry(inquiry) => json!(super::inquiry(state, inquiry, version)),
        Subject::Session(session) => super::session(session, version),
        Subject::Verification { inquiry, id } => {
            super::verification(inquiry, id, stage(event.name), files)
        }
        Subject::Submitted { inquiry, id } => {
            super::submitted_object(inquiry, id, stage(event.name), files)
        }
        Subject::Account(account) => super::account(account, version),
        Subject::Case(case) => super::case(state, case, files),
        Subject::Report(report) => super::report(report, version),
    };
    let mut attributes = json!({
        "name": event.name.as_str(),
        "payload": { "data": object },
        "created-at": event.created_at,
    });
    if let Some(context) = &event.context {
        attributes["context"] = context.clone();
    }
    json!({ "type": "event", "id": event.id, "attributes": attributes })
}

/// The stage of the verification, or of what was submitted for it, at the time of an event.
fn stage(name: EventName) -> VerificationStage {
    match name {
        EventName::VerificationCreated | EventName::DocumentCreated | EventName::SelfieCreated => {
            VerificationStage::Initiated
        }
        EventName::VerificationSubmitted
        | EventName::DocumentSubmitted
        | EventName::SelfieSubmitted => VerificationStage::Submitted,
        _ => VerificationStage::Completed,
    }
}
