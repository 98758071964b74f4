//! The operations on events: the way to catch up after webhooks were missed.

use serde_json::json;

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::query::split;
use super::response::OperationResult;
use crate::core::model::Event;
use crate::wire;

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/events", list)
        .named("events.list", "Lists events, newest first.")
        .alias(&["event-list"])
        .paged(&["name", "object-id", "id"]),
    Operation::get("/events/{event-id}", retrieve)
        .named("events.retrieve", "Retrieves an event.")
        .alias(&["event-retrieve"])
        .with_include(),
];

/// `GET /events`.
pub(super) fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    let request = ctx.query.page_request()?;
    let mut list_of = |key| -> Option<Vec<String>> {
        ctx.query
            .take_filter(key)
            .map(|list| split(&list).map(str::to_owned).collect())
    };
    let (names, object_ids, ids) = (list_of("name"), list_of("object-id"), list_of("id"));
    ctx.query.finish_filters()?;
    let keep = |event: &Event| {
        let wanted = |list: &Option<Vec<String>>, value: &str| {
            list.as_ref()
                .is_none_or(|list| list.iter().any(|item| item == value))
        };
        wanted(&names, event.name.as_str())
            && wanted(&object_ids, event.subject.object_id())
            && wanted(&ids, &event.id)
    };
    let events = &ctx.tx.events;
    // The events of one inquiry or account are found without looking at all others.
    let page = match object_ids.as_deref() {
        Some([id]) if id.starts_with("inq_") || id.starts_with("act_") => {
            request.paginate(events, events.in_group(id), keep)?
        }
        _ => request.paginate(events, events.newest_first(), keep)?,
    };
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|event| wire::event(ctx.tx, event, ctx.version, ctx.files()))
        .collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `GET /events/{id}`.
pub(super) fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.expect_no_includes()?;
    let event = ctx.tx.event(ctx.id)?;
    Ok(OperationResult::ok(
        json!({ "data": wire::event(ctx.tx, &event, ctx.version, ctx.files()) }),
    ))
}
