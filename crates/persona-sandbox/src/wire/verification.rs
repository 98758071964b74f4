//! The resources of a verification, and of the document or selfie that it looked at.

use serde_json::{Value, json};

use super::to_one;
use crate::core::clock::Moment;
use crate::core::model::{Inquiry, ObjectCollection, SubmittedObject, Verification};

fn seconds(moment: Moment) -> i64 {
    moment.as_seconds()
}

/// The stage of a verification at the time of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerificationStage {
    Initiated,
    Submitted,
    Completed,
}

/// The verification of an inquiry that has this ID, as it was at this stage; null if there is none.
pub(crate) fn verification(inquiry: &Inquiry, id: &str, stage: VerificationStage) -> Value {
    let verification = inquiry.verifications.iter().find(|v| v.id == id);
    let mut resource = verification.map_or(Value::Null, |verification| {
        verification_resource(verification, inquiry)
    });
    let (status, unset): (_, &[&str]) = match stage {
        VerificationStage::Completed => return resource,
        VerificationStage::Submitted => ("submitted", &["completed-at", "completed-at-ts"]),
        VerificationStage::Initiated => (
            "initiated",
            &[
                "submitted-at",
                "submitted-at-ts",
                "completed-at",
                "completed-at-ts",
            ],
        ),
    };
    if let Some(attributes) = resource.get_mut("attributes") {
        attributes["status"] = json!(status);
        for name in unset {
            attributes[*name] = Value::Null;
        }
    }
    resource
}

pub(super) fn verification_resource(verification: &Verification, inquiry: &Inquiry) -> Value {
    let at = verification.created_at;
    let result = if verification.passed {
        "passed"
    } else {
        "failed"
    };
    let mut relationships = json!({
        "inquiry": to_one("inquiry", Some(&inquiry.id)),
        "template": to_one("template", None),
        "inquiry-template": to_one("inquiry-template", Some(&inquiry.template_id)),
        "inquiry-template-version":
            to_one("inquiry-template-version", Some(&inquiry.template_version_id)),
        "transaction": to_one("transaction", None),
    });
    if let Some(object) = verification.kind.submitted_object()
        && object.collection == ObjectCollection::Documents
        && let Some(id) = &verification.submitted_id
    {
        relationships["document"] = to_one(object.resource_type, Some(id));
    }
    json!({
        "type": verification.kind.resource_type(),
        "id": verification.id,
        "attributes": {
            "status": result,
            "created-at": at,
            "created-at-ts": seconds(at),
            "submitted-at": at,
            "submitted-at-ts": seconds(at),
            "completed-at": at,
            "completed-at-ts": seconds(at),
            "redacted-at": inquiry.redacted_at,
            "country-code": "US",
            "tags": [],
            "checks": [],
        },
        "relationships": relationships,
    })
}

/// An object that was submitted for a check.
#[derive(Clone, Copy)]
pub(super) struct Submitted<'a> {
    pub(super) id: &'a str,
    pub(super) object: &'static SubmittedObject,
    at: Moment,
}

/// The submitted objects of an inquiry that belong to this relationship.
pub(super) fn submitted_objects(
    inquiry: &Inquiry,
    collection: ObjectCollection,
) -> impl Iterator<Item = Submitted<'_>> {
    let verifications = inquiry.verifications.iter();
    verifications.filter_map(move |verification| {
        let object = verification.kind.submitted_object()?;
        (object.collection == collection).then_some(())?;
        Some(Submitted {
            id: verification.submitted_id.as_deref()?,
            object,
            at: verification.created_at,
        })
    })
}

pub(super) fn document(submitted: Submitted<'_>) -> Value {
    json!({
        "type": submitted.object.resource_type,
        "id": submitted.id,
        "attributes": {
            "status": "processed",
            "created-at": submitted.at,
            "processed-at": submitted.at,
            "processed-at-ts": seconds(submitted.at),
            "front-photo": null,
            "back-photo": null,
        },
    })
}

pub(super) fn selfie(submitted: Submitted<'_>) -> Value {
    json!({
        "type": submitted.object.resource_type,
        "id": submitted.id,
        "attributes": {
            "status": "processed",
            "created-at": submitted.at,
            "processed-at": submitted.at,
        },
    })
}
