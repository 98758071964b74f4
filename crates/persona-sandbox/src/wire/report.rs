//! The report resource, its template and its history.

use serde_json::{Value, json};

use super::report_attributes::own_attributes;
use super::{Version, reference, to_one};
use crate::core::clock::Moment;
use crate::core::model::{Report, ReportAction, ReportActionKind, ReportKind};

/// The name of the version of every report template.
const VERSION_NAME: &str = "v1";

/// Since this version a report's runs are in its history alone (comparison of the API
/// specifications).
const WITHOUT_RUN_HISTORY_SINCE: &str = "2025-12-08";

/// A report as the API of this version shows it.
pub(crate) fn report(report: &Report, version: Version) -> Value {
    let mut attributes = json!({
        "status": "ready",
        "created-at": report.created_at,
        "completed-at": report.completed_at,
        "redacted-at": report.redacted_at,
        "report-template-version-name": VERSION_NAME,
        "has-match": report.has_match,
        "is-continuous": report.is_continuous,
        "is-recurring": report.is_continuous && !report.is_paused,
        "tags": report.tags,
    });
    if let (Some(attributes), Value::Object(own)) =
        (attributes.as_object_mut(), own_attributes(report))
    {
        attributes.extend(own);
    }
    if version.as_str() >= WITHOUT_RUN_HISTORY_SINCE
        && let Some(attributes) = attributes.as_object_mut()
    {
        attributes.remove("run-history");
    }
    json!({
        "type": report.kind.resource_type(),
        "id": report.id,
        "attributes": attributes,
        "relationships": {
            "inquiry": to_one("inquiry", report.inquiry_id.as_deref()),
            "account": to_one("account", report.account_id.as_deref()),
            "transaction": { "data": null },
            "report-template": {
                "data": reference(&report.kind.template_type(), &report.template_id),
            },
        },
    })
}

/// The report template with this ID. All templates of a kind look the same.
pub(crate) fn report_template(kind: ReportKind, id: &str, created_at: Moment) -> Value {
    let name = kind.as_str().replace('-', " ");
    let mut attributes = json!({
        "name": name,
        "created-at": created_at,
        "updated-at": created_at,
    });
    if kind == ReportKind::Watchlist {
        attributes["search-lists"] = json!([]);
    }
    json!({
        "type": kind.template_type(),
        "id": id,
        "attributes": attributes,
        "meta": {
            "version": {
                "name": VERSION_NAME,
                "created-at": created_at,
                "updated-at": created_at,
            },
        },
    })
}

/// An entry of a report's history.
pub(crate) fn report_action(action: &ReportAction, is_first: bool) -> Value {
    let kind: &str = action.kind.into();
    if action.kind == ReportActionKind::Run {
        let run_type = if is_first { "initial" } else { "manual" };
        return json!({
            "type": kind,
            "id": action.id,
            "run-type": run_type,
            "completed-at": action.at,
            "matches": i32::from(action.has_match),
        });
    }
    json!({
        "type": kind,
        "id": action.id,
        "created-at": action.at,
        // Only the API acts here, and no user calls it.
        "creator-name": "API",
    })
}
