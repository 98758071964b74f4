//! The operations on documents.

use serde_json::json;

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;
use crate::core::model::ObjectCollection;
use crate::wire::{self, Includes, Submitted};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/documents/{document-id}", |ctx| retrieve(ctx, None))
        .named("documents.retrieve", "Retrieves a document.")
        .with_include(),
    Operation::get("/document/government-ids/{document-id}", |ctx| {
        retrieve(ctx, Some("document/government-id"))
    })
    .named(
        "document.retrieve-government-id",
        "Retrieves a government ID document.",
    )
    .with_include(),
    Operation::get("/document/generics/{document-id}", |ctx| {
        retrieve(ctx, Some("document/generic"))
    })
    .named("document.retrieve-generic", "Retrieves a generic document.")
    .with_include(),
];

/// A document, which has to be of this type if one is named.
fn retrieve(
    ctx: &mut OperationContext<'_>,
    resource_type: Option<&str>,
) -> Result<OperationResult, ApiError> {
    let includes = Includes::for_document(ctx.query.include.as_deref())?;
    let found = ctx
        .tx
        .verification(ctx.id)
        .and_then(|(inquiry, verification)| {
            let submitted = Submitted::for_verification(verification)?;
            let is_document = submitted.collection() == ObjectCollection::Documents;
            let is_wanted = resource_type.is_none_or(|wanted| submitted.resource_type() == wanted);
            let is_it = verification.submitted_id.as_deref() == Some(ctx.id);
            (is_document && is_wanted && is_it).then_some((inquiry, submitted))
        });
    let (inquiry, submitted) = found.ok_or_else(ApiError::not_found)?;
    let files = ctx.files();
    let mut document = json!({ "data": wire::document_resource(submitted, inquiry, files) });
    if ctx.query.include.is_some() {
        let objects = includes.document_objects(ctx.tx, inquiry, submitted, ctx.version, files);
        document["included"] = objects.into();
    }
    Ok(OperationResult::ok(document))
}
