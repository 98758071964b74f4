//! The operations on workflows.

use serde_json::{Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;
use crate::core::clock::Moment;
use crate::core::model::Workflow;
use crate::wire::{self, Includes, Related};

/// The operations of this file. No permission of a key is documented for them.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/workflow-runs", list)
        .named("workflow-runs.list", "Lists workflow runs, newest first.")
        .paged(&["status"])
        .without_permission(),
    Operation::get("/workflow-runs/{workflow-run-id}", retrieve)
        .named("workflow-runs.retrieve", "Retrieves a workflow run.")
        .with_include()
        .without_permission(),
    Operation::get("/workflow-versions", list_versions)
        .named(
            "workflow-versions.list",
            "Lists the versions of a workflow.",
        )
        .paged(&["workflow-id"])
        .without_permission(),
];

const INCLUDES: [Related; 3] = [
    ("creator", &[]),
    ("workflow", &["latest-published-version"]),
    ("workflow-version", &["workflow"]),
];

/// `GET /workflow-runs`. Every run of the sandbox is completed.
fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    let request = ctx.query.page_request()?;
    let status = ctx.query.take_filter("status");
    ctx.query.finish_filters()?;
    let runs = &ctx.tx.workflow_runs;
    let is_wanted = status.is_none_or(|status| status.split(',').any(|it| it == "completed"));
    let page = request.paginate(runs, runs.newest_first(), |_| is_wanted)?;
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let rows = page.rows.iter();
    let data: Vec<_> = rows.map(|run| wire::workflow_run(run)).collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `GET /workflow-runs/{id}`.
fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = Includes::parse(ctx.query.include.as_deref(), &INCLUDES)?;
    let run = ctx.tx.workflow_runs.find(ctx.id);
    let run = run.ok_or_else(ApiError::not_found)?;
    let mut document = json!({ "data": wire::workflow_run(run) });
    if ctx.query.include.is_some() {
        let created_at = published_at(ctx);
        let mut included: Vec<Value> = Vec::new();
        if includes.has("workflow") || includes.has("workflow-version.workflow") {
            included.push(wire::workflow(run.workflow, created_at));
        }
        if includes.has("workflow-version") || includes.has("workflow.latest-published-version") {
            included.push(wire::workflow_version(run.workflow, created_at));
        }
        document["included"] = included.into();
    }
    Ok(OperationResult::ok(document))
}

/// `GET /workflow-versions`. A workflow of the sandbox has one version.
fn list_versions(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    ctx.query.page_request()?;
    let id = ctx.query.take_filter("workflow-id");
    let id = id.ok_or_else(|| ApiError::bad_request("filter.workflow_id is missing"))?;
    ctx.query.finish_filters()?;
    let mut all = Workflow::ALL.iter();
    let workflow = all.find(|workflow| workflow.id() == id);
    let workflow = workflow.ok_or_else(ApiError::not_found)?;
    let version = wire::workflow_version(*workflow, published_at(ctx));
    Ok(OperationResult::ok(
        json!({ "data": [version], "links": { "prev": null, "next": null } }),
    ))
}

/// The workflows are as old as the first template.
fn published_at(ctx: &OperationContext<'_>) -> Moment {
    let templates = ctx.tx.templates.oldest_first();
    let published = templates.map(|template| template.published_at).min();
    published.unwrap_or(ctx.now)
}
