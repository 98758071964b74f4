//! The case resource, and that of its template.

use serde_json::{Value, json};

use super::{FileLinks, reference, to_one};
use crate::core::clock::Moment;
use crate::core::model::{CASE_STATUSES, Case};
use crate::store::State;

/// What the names of cases begin with.
const NAME_PREFIX: &str = "KYC";

/// A case as the API shows it.
pub(crate) fn case(state: &State, case: &Case, files: FileLinks<'_>) -> Value {
    let attachments: Vec<_> = case
        .attachments
        .iter()
        .map(|attachment| {
            json!({
                "filename": attachment.filename,
                "url": files.url(&case.id, &attachment.filename),
                "byte-size": attachment.byte_size,
            })
        })
        .collect();
    let creator = case.creator.as_ref();
    let user = case.assignee.as_ref();
    let resource = |ids: &[String], resource_type: &str| {
        let references = ids.iter().map(|id| reference(resource_type, id));
        json!({ "data": references.collect::<Vec<_>>() })
    };
    let verifications = case.verification_ids.iter().filter_map(|id| {
        let (_, verification) = state.verification(id)?;
        Some(reference(verification.kind.resource_type(), id))
    });
    let reports = case.report_ids.iter().filter_map(|id| {
        let report = state.reports.find(id)?;
        Some(reference(&report.kind.resource_type(), id))
    });
    json!({
        "type": "case",
        "id": case.id,
        "attributes": {
            "status": case.status,
            "name": format!("{NAME_PREFIX}-{}", case.number),
            "resolution": case.resolved_at.map(|_| &case.status),
            "created-at": case.created_at,
            "updated-at": case.updated_at,
            "assigned-at": case.assigned_at,
            "resolved-at": case.resolved_at,
            "redacted-at": case.redacted_at,
            "sla-expires-at": case.sla_expires_at,
            "creator-id": creator.map(|creator| &creator.id),
            "creator-type": creator.map(|creator| &creator.kind),
            "assignee-id": user,
            // Only the API assigns and resolves, and no user calls it.
            "assigner-id": null,
            "assigner-type": null,
            "resolver-id": null,
            "resolver-type": null,
            "updater-id": null,
            "updater-type": null,
            "tags": case.tags,
            "fields": case.fields,
            "attachments": attachments,
        },
        "relationships": {
            "accounts": resource(&case.account_ids, "account"),
            "case-comments": { "data": [] },
            "case-template": to_one("case-template", Some(&case.template_id)),
            "case-queue": to_one("case-queue", None),
            "inquiries": resource(&case.inquiry_ids, "inquiry"),
            "reports": { "data": reports.collect::<Vec<_>>() },
            "verifications": { "data": verifications.collect::<Vec<_>>() },
            "txns": { "data": [] },
        },
    })
}

/// The case template with this ID. All templates of the sandbox look the same.
pub(crate) fn case_template(id: &str, created_at: Moment) -> Value {
    let resolutions = CASE_STATUSES.iter().filter(|(_, resolves)| *resolves);
    let resolutions: Vec<_> = resolutions.map(|(name, _)| name).collect();
    json!({
        "type": "case-template",
        "id": id,
        "attributes": {
            "status": "active",
            "name": NAME_PREFIX,
            "resolutions": resolutions,
            "created-at": created_at,
            "updated-at": created_at,
            "archived-at": null,
            "field-schemas": [],
        },
    })
}
