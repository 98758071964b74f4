//! The resources of a workflow, its version and its runs.

use serde_json::{Value, json};

use super::to_one;
use crate::core::clock::Moment;
use crate::core::model::{Workflow, WorkflowRun};

/// A run as the API shows it.
pub(crate) fn workflow_run(run: &WorkflowRun) -> Value {
    json!({
        "type": "workflow-run",
        "id": run.id,
        "attributes": {
            "status": "completed",
            "created-at": run.created_at,
            "completed-at": run.created_at,
        },
        "relationships": {
            "creator": { "data": null },
            "workflow": to_one("workflow", Some(run.workflow.id())),
            "workflow-version": to_one("workflow-version", Some(run.workflow.version_id())),
        },
        "meta": { "processing-time-seconds": 0.0 },
    })
}

/// A workflow.
pub(crate) fn workflow(workflow: Workflow, created_at: Moment) -> Value {
    json!({
        "type": "workflow",
        "id": workflow.id(),
        "attributes": {
            "status": "active",
            "name": workflow.name(),
            "created-at": created_at,
        },
        "relationships": {
            "latest-published-version":
                to_one("workflow-version", Some(workflow.version_id())),
            "active-deployment": { "data": null },
        },
    })
}

/// The one version of a workflow.
pub(crate) fn workflow_version(workflow: Workflow, created_at: Moment) -> Value {
    json!({
        "type": "workflow-version",
        "id": workflow.version_id(),
        "attributes": {
            "workflow-name": workflow.name(),
            "description": null,
            "status": "published",
            "trigger-type": workflow.trigger_type(),
            "live": true,
            "rollout-label": null,
            "rollout-percentage": null,
            "last-updater": null,
            "inputs": [],
            "outputs": [],
            "created-at": created_at,
            "updated-at": created_at,
            "published-at": created_at,
        },
        "relationships": { "workflow": to_one("workflow", Some(workflow.id())) },
    })
}
