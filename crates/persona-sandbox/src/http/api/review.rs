//! The operations that decide, end or mark an inquiry.

use std::sync::Arc;

use serde_json::Value;

use super::context::OperationContext;
use super::error::ApiError;
use super::inquiries::{document, includes};
use super::operation::Operation;
use super::response::OperationResult;
use super::tags::{Tagged, add_tag, remove_tag, set_tags};
use crate::core::clock::Moment;
use crate::core::model::{Decision, Inquiry};
use crate::domain::DomainError;
use crate::store::Tx;
use crate::wire::Includes;

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::post("/inquiries/{inquiry-id}/approve", approve)
        .named("inquiries.approve", "Approves an inquiry.")
        .alias(&["approve"])
        .with_include(),
    Operation::post("/inquiries/{inquiry-id}/decline", decline)
        .named("inquiries.decline", "Declines an inquiry.")
        .alias(&["decline"])
        .with_include(),
    Operation::post("/inquiries/{inquiry-id}/mark-for-review", mark_for_review)
        .named(
            "inquiries.mark-for-review",
            "Marks an inquiry for manual review.",
        )
        .alias(&["mark-for-review"])
        .with_include(),
    Operation::post("/inquiries/{inquiry-id}/expire", expire)
        .named(
            "inquiries.expire",
            "Expires an open inquiry with its sessions.",
        )
        .alias(&["expire"])
        .with_include(),
    Operation::delete("/inquiries/{inquiry-id}", redact)
        .named(
            "inquiries.redact",
            "Deletes the personal data of an inquiry.",
        )
        .alias(&["redact"])
        .with_include(),
    Operation::post("/inquiries/{inquiry-id}/add-tag", add_tag::<Inquiry>)
        .named("inquiries.add-tag", "Adds a tag to an inquiry.")
        .alias(&["add-tag"])
        .with_include(),
    Operation::post("/inquiries/{inquiry-id}/remove-tag", remove_tag::<Inquiry>)
        .named("inquiries.remove-tag", "Removes a tag from an inquiry.")
        .alias(&["remove-tag"])
        .with_include(),
    Operation::post("/inquiries/{inquiry-id}/set-tags", set_tags::<Inquiry>)
        .named("inquiries.set-tags", "Replaces the tags of an inquiry.")
        .alias(&["set-tags"])
        .with_include(),
];

type Verb = fn(&mut Tx, &str, Moment) -> Result<Arc<Inquiry>, DomainError>;

/// `POST /inquiries/{id}/approve`.
pub(super) fn approve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    decide(ctx, Decision::Approve)
}

/// `POST /inquiries/{id}/decline`.
pub(super) fn decline(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    decide(ctx, Decision::Decline)
}

fn decide(ctx: &mut OperationContext<'_>, decision: Decision) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut meta = body.object("meta")?;
    let comment = meta.string("comment")?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let inquiry = ctx
        .tx
        .decide_inquiry(ctx.id, decision, None, comment, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &inquiry, &includes)))
}

/// `POST /inquiries/{id}/mark-for-review`.
pub(super) fn mark_for_review(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    without_body(ctx, Tx::mark_inquiry_for_review)
}

/// `POST /inquiries/{id}/expire`.
pub(super) fn expire(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    without_body(ctx, Tx::expire_inquiry)
}

/// `DELETE /inquiries/{id}`.
pub(super) fn redact(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    without_body(ctx, Tx::redact_inquiry)
}

fn without_body(ctx: &mut OperationContext<'_>, verb: Verb) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let meta = body.object("meta")?;
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    let inquiry = verb(ctx.tx, ctx.id, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &inquiry, &includes)))
}

impl Tagged for Inquiry {
    fn load(tx: &Tx, id: &str) -> Result<Arc<Self>, DomainError> {
        tx.inquiry(id)
    }

    fn tags(&self) -> &[String] {
        &self.tags
    }

    fn set_tags(
        tx: &mut Tx,
        id: &str,
        tags: Vec<String>,
        now: Moment,
    ) -> Result<Arc<Self>, DomainError> {
        tx.set_inquiry_tags(id, tags, now)
    }

    fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
        includes(ctx)
    }

    fn document(&self, ctx: &OperationContext<'_>, includes: &Includes) -> Value {
        document(ctx, self, includes)
    }
}
