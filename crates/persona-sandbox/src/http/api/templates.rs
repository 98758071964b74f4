//! The operations on inquiry templates.
//!
//! Persona answers them to production keys only (API specification: "you must use a production
//! API key"), so a sandbox key gets a 403 until `/_sandbox/settings` says otherwise.

use serde_json::{Value, json};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;
use crate::wire::{self, Includes};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/inquiry-templates", list)
        .named(
            "inquiry-templates.list",
            "Lists inquiry templates, newest first.",
        )
        .alias(&["template-list"])
        .paged(&[]),
    Operation::get("/inquiry-templates/{inquiry-template-id}", retrieve)
        .named(
            "inquiry-templates.retrieve",
            "Retrieves an inquiry template.",
        )
        .alias(&["template"])
        .with_include(),
];

fn check_readable(ctx: &OperationContext<'_>) -> Result<(), ApiError> {
    if ctx.templates_are_readable {
        Ok(())
    } else {
        Err(ApiError::forbidden(
            "You must use a production API key to access this endpoint",
        ))
    }
}

/// `GET /inquiry-templates`.
pub(super) fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    check_readable(ctx)?;
    ctx.query.refuse_include()?;
    ctx.query.finish_filters()?;
    let request = ctx.query.page_request()?;
    let templates = &ctx.tx.templates;
    let page = request.paginate(templates, templates.newest_first(), |_| true)?;
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|template| wire::template(template))
        .collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `GET /inquiry-templates/{id}`.
pub(super) fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    check_readable(ctx)?;
    let include = ctx.query.include.as_deref();
    let includes = Includes::parse(
        include,
        &[("latest-published-version", &["inquiry-template"])],
    )?;
    let template = ctx.tx.template(ctx.id)?;
    let mut document = json!({ "data": wire::template(&template) });
    if include.is_some() {
        let version = includes
            .has("latest-published-version")
            .then(|| wire::template_version(&template));
        document["included"] = version.into_iter().collect::<Vec<Value>>().into();
    }
    Ok(OperationResult::ok(document))
}
