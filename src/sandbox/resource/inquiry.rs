//! The inquiry resource.

use serde_json::{Map, Value, json};

use super::{Context, Version, reference, to_one};
use crate::sandbox::model::{FieldType, Inquiry, Step, VerificationKind};

/// The personal attributes that stood beside `fields` before 2025-10-27.
const FLAT: [&str; 12] = [
    "name_first",
    "name_middle",
    "name_last",
    "birthdate",
    "address_street_1",
    "address_street_2",
    "address_city",
    "address_subdivision",
    "address_postal_code",
    "email_address",
    "phone_number",
    "identification_number",
];

/// An inquiry as the API of this version shows it.
pub(crate) fn inquiry(state: Context<'_>, inquiry: &Inquiry, version: Version) -> Value {
    json!({
        "type": "inquiry",
        "id": inquiry.id,
        "attributes": attributes(state, inquiry, version),
        "relationships": relationships(state, inquiry),
    })
}

fn attributes(state: Context<'_>, inquiry: &Inquiry, version: Version) -> Value {
    let mut attributes = json!({
        "status": inquiry.status.as_str(),
        "reference-id": inquiry.reference_id,
        "note": inquiry.note,
        "behaviors": {},
        "tags": inquiry.tags,
        "creator": inquiry.creator,
        "reviewer-comment": inquiry.reviewer_comment,
        "created-at": inquiry.created_at,
        "updated-at": inquiry.updated_at,
        "started-at": inquiry.started_at,
        "expires-at": inquiry.expires_at,
        "completed-at": inquiry.completed_at,
        "failed-at": inquiry.failed_at,
        "marked-for-review-at": inquiry.marked_for_review_at,
        "decisioned-at": inquiry.decisioned_at,
        "expired-at": inquiry.expired_at,
        "redacted-at": inquiry.redacted_at,
        "previous-step-name": inquiry.previous_step.map(Step::as_str),
        "next-step-name": inquiry.next_step.map(Step::as_str),
    });
    attributes["fields"] = Value::Object(fields(state, inquiry, version));
    if version.is_before_fields_only() {
        for key in FLAT {
            attributes[key.replace('_', "-")] = json!(inquiry.fields.get(key));
        }
    }
    attributes
}

/// All fields of the template, those without a value as null. From 2025-10-27 on the keys are
/// the template's own, before that they are inflected (docs: `api-changelog`).
fn fields(state: Context<'_>, inquiry: &Inquiry, version: Version) -> Map<String, Value> {
    let Some(template) = state.templates.find(&inquiry.template_id) else {
        return Map::new();
    };
    let field = |key: &str, field_type: FieldType| {
        let entry = json!({
            "type": field_type.as_str(),
            "value": inquiry.fields.get(key),
        });
        let key = if version.is_before_fields_only() {
            key.replace('_', "-")
        } else {
            key.to_owned()
        };
        (key, entry)
    };
    template
        .fields
        .iter()
        .map(|schema| field(&schema.key, schema.field_type))
        .collect()
}

fn relationships(state: Context<'_>, inquiry: &Inquiry) -> Value {
    let sessions: Vec<_> = state
        .sessions
        .in_group(&inquiry.id)
        .map(|(_, session)| reference("inquiry-session", &session.id))
        .collect();
    let verifications: Vec<_> = inquiry
        .verifications
        .iter()
        .map(|verification| reference(verification.kind.resource_type(), &verification.id))
        .collect();
    let submitted = |kind, resource_type: &str| -> Vec<_> {
        inquiry
            .verifications
            .iter()
            .filter(|verification| verification.kind == kind)
            .filter_map(|verification| verification.submitted_id.as_deref())
            .map(|id| reference(resource_type, id))
            .collect()
    };
    let reviewer = inquiry.reviewer.as_ref();
    json!({
        "account": to_one("account", inquiry.account_id.as_deref()),
        "template": to_one("template", None),
        "inquiry-template": to_one("inquiry-template", Some(&inquiry.template_id)),
        "inquiry-template-version":
            to_one("inquiry-template-version", Some(&inquiry.template_version_id)),
        "transaction": to_one("transaction", None),
        "reviewer": { "data": reviewer.map(|reviewer| reference(&reviewer.kind, &reviewer.id)) },
        "reports": { "data": [] },
        "verifications": { "data": verifications },
        "sessions": { "data": sessions },
        "documents":
            { "data": submitted(VerificationKind::GovernmentId, "document/government-id") },
        "selfies": { "data": submitted(VerificationKind::Selfie, "selfie/profile-and-center") },
    })
}
