//! The event resource, which is also the body of a webhook.

use serde_json::{Value, json};

use super::{Context, Version};
use crate::model::{Event, Subject};

/// An event as the API of this version shows it.
pub(crate) fn event(state: Context<'_>, event: &Event, version: Version) -> Value {
    let object = match &event.subject {
        Subject::Inquiry(inquiry) => json!(super::inquiry(state, inquiry, version)),
        Subject::Session(session) => super::session(session),
        Subject::Verification { inquiry, id } => super::verification(inquiry, id),
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
