//! The operations on inquiry sessions.

use serde_json::{Value, json};

use super::context::OperationContext;
use super::create::{long_link, short_link};
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;
use crate::core::model::Session;
use crate::domain::DomainError;
use crate::wire::{self, INQUIRY_RELATIONSHIPS, Includes, Related};

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/inquiry-sessions", list)
        .named(
            "inquiry-sessions.list",
            "Lists inquiry sessions, newest first.",
        )
        .alias(&["session-list"])
        .paged(&["inquiry-id"]),
    Operation::post("/inquiry-sessions", create)
        .named(
            "inquiry-sessions.create",
            "Creates a session of an open inquiry.",
        )
        .alias(&["session-create"])
        .with_include(),
    Operation::post("/inquiry-sessions/expire-all", expire_all)
        .named(
            "inquiry-sessions.expire-all",
            "Ends all sessions of the inquiries in a list.",
        )
        .alias(&["session-expire-all"])
        .with_include(),
    Operation::get("/inquiry-sessions/{inquiry-session-id}", retrieve)
        .named("inquiry-sessions.retrieve", "Retrieves an inquiry session.")
        .alias(&["session-retrieve"])
        .with_include(),
    Operation::post("/inquiry-sessions/{inquiry-session-id}/expire", expire)
        .named("inquiry-sessions.expire", "Ends an inquiry session.")
        .alias(&["session-expire"])
        .with_include(),
    Operation::post(
        "/inquiry-sessions/{inquiry-session-id}/generate-one-time-link",
        one_time_link,
    )
    .named(
        "inquiry-sessions.generate-one-time-link",
        "Creates a one-time link for a session.",
    )
    .alias(&["session-one-time-link"])
    .with_include(),
];

const RELATED: [Related; 3] = [
    ("device", &[]),
    ("inquiry", &INQUIRY_RELATIONSHIPS),
    ("network", &[]),
];

fn includes(ctx: &OperationContext<'_>) -> Result<Includes, ApiError> {
    Ok(Includes::parse(ctx.query.include.as_deref(), &RELATED)?)
}

fn document(ctx: &OperationContext<'_>, session: &Session, includes: &Includes) -> Value {
    let mut document = json!({ "data": wire::session(session, ctx.version) });
    add_included(&mut document, ctx, [session], includes);
    document
}

fn add_included<'a>(
    document: &mut Value,
    ctx: &OperationContext<'_>,
    sessions: impl IntoIterator<Item = &'a Session>,
    includes: &Includes,
) {
    if ctx.query.include.is_none() {
        return;
    }
    let sessions: Vec<_> = sessions.into_iter().collect();
    let mut inquiry_ids: Vec<_> = sessions
        .iter()
        .map(|session| session.inquiry_id.as_str())
        .collect();
    inquiry_ids.sort_unstable();
    inquiry_ids.dedup();
    let inquiries = inquiry_ids
        .into_iter()
        .filter_map(|id| ctx.tx.inquiries.find(id));
    let mut included: Vec<Value> = Vec::new();
    if includes.has("inquiry") {
        let of_inquiry = includes.within("inquiry");
        for inquiry in inquiries {
            let inquiry_object = json!(wire::inquiry(ctx.tx, inquiry, ctx.version));
            let related = of_inquiry.objects(ctx.tx, inquiry, ctx.version, ctx.files());
            for object in std::iter::once(inquiry_object).chain(related) {
                // Inquiries may share an account and a template.
                let is_object =
                    |known: &Value| known["type"] == object["type"] && known["id"] == object["id"];
                if !included.iter().any(is_object) {
                    included.push(object);
                }
            }
        }
    }
    for session in sessions {
        if includes.has("device") {
            included.extend(wire::device(session));
        }
        if includes.has("network") {
            included.extend(wire::network(session));
        }
    }
    document["included"] = included.into();
}

/// `GET /inquiry-sessions`.
pub(super) fn list(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    ctx.query.refuse_include()?;
    let request = ctx.query.page_request()?;
    let inquiry_id = ctx.query.take_filter("inquiry-id");
    ctx.query.finish_filters()?;
    let sessions = &ctx.tx.sessions;
    let page = match &inquiry_id {
        Some(inquiry_id) => request.paginate(sessions, sessions.in_group(inquiry_id), |_| true)?,
        None => request.paginate(sessions, sessions.newest_first(), |_| true)?,
    };
    let (previous, next) = page.links(ctx.path, ctx.raw_query);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|session| wire::session(session, ctx.version))
        .collect();
    Ok(OperationResult::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `POST /inquiry-sessions`. Gives no token: those come from resuming only.
pub(super) fn create(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut data = body.object("data")?;
    data.value("type");
    let mut attributes = data.object("attributes")?;
    let inquiry_id = attributes.required_string("inquiry-id")?;
    for part in [attributes, data, body] {
        ctx.finish(part)?;
    }
    let session = ctx
        .tx
        .create_session(&inquiry_id, ctx.now)
        .map_err(|refusal| match refusal {
            DomainError::NotFound { .. } => ApiError::missing_record("data.attributes.inquiry_id"),
            other => other.into(),
        })?;
    Ok(OperationResult::created(document(ctx, &session, &includes)))
}

/// `GET /inquiry-sessions/{id}`.
pub(super) fn retrieve(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let session = ctx.tx.session(ctx.id)?;
    Ok(OperationResult::ok(document(ctx, &session, &includes)))
}

/// `POST /inquiry-sessions/{id}/expire`.
pub(super) fn expire(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let body = ctx.params()?;
    ctx.finish(body)?;
    let session = ctx.tx.expire_session(ctx.id, ctx.now)?;
    Ok(OperationResult::ok(document(ctx, &session, &includes)))
}

/// `POST /inquiry-sessions/expire-all`.
pub(super) fn expire_all(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let mut body = ctx.params()?;
    let mut meta = body.object("meta")?;
    let Some(inquiry_ids) = meta.strings("inquiry-ids")? else {
        return Err(ApiError::bad_request("meta.inquiry_ids is missing"));
    };
    for part in [meta, body] {
        ctx.finish(part)?;
    }
    // All or none: an unknown inquiry ends nothing.
    for inquiry_id in &inquiry_ids {
        ctx.tx
            .inquiry(inquiry_id)
            .map_err(|_| ApiError::unknown_inquiries())?;
    }
    let mut ended = Vec::new();
    for inquiry_id in &inquiry_ids {
        ended.append(&mut ctx.tx.expire_sessions(inquiry_id, ctx.now)?);
    }
    let data: Vec<_> = ended
        .iter()
        .map(|session| wire::session(session, ctx.version))
        .collect();
    let mut document = json!({ "data": data });
    add_included(
        &mut document,
        ctx,
        ended.iter().map(AsRef::as_ref),
        &includes,
    );
    Ok(OperationResult::ok(document))
}

/// `POST /inquiry-sessions/{id}/generate-one-time-link`.
pub(super) fn one_time_link(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let includes = includes(ctx)?;
    let body = ctx.params()?;
    ctx.finish(body)?;
    let (session, link) = ctx.tx.create_one_time_link_for_session(ctx.id, ctx.now)?;
    let mut document = document(ctx, &session, &includes);
    document["meta"] = json!({
        "one-time-link": long_link(ctx, &link),
        "one-time-link-short": short_link(ctx, &link),
    });
    Ok(OperationResult::ok(document))
}
