//! The operations on inquiry sessions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::Answer;
use super::create::{long_link, short_link};
use super::error::ApiError;
use super::execute::Job;
use crate::core::model::Session;
use crate::domain::Refusal;
use crate::wire::{self, BY_INQUIRY, Includes, Related};

const RELATED: [Related; 3] = [("device", &[]), ("inquiry", &BY_INQUIRY), ("network", &[])];

fn includes(job: &Job<'_>) -> Result<Includes, ApiError> {
    Ok(Includes::parse(job.query.include.as_deref(), &RELATED)?)
}

fn document(job: &Job<'_>, session: &Session, includes: &Includes) -> Value {
    let mut document = json!({ "data": wire::session(session) });
    add_included(&mut document, job, [session], includes);
    document
}

fn add_included<'a>(
    document: &mut Value,
    job: &Job<'_>,
    sessions: impl IntoIterator<Item = &'a Session>,
    includes: &Includes,
) {
    if job.query.include.is_none() {
        return;
    }
    let mut inquiry_ids: Vec<_> = sessions
        .into_iter()
        .map(|session| session.inquiry_id.as_str())
        .collect();
    inquiry_ids.sort_unstable();
    inquiry_ids.dedup();
    let inquiries = inquiry_ids
        .into_iter()
        .filter_map(|id| job.state.inquiries.find(id));
    let mut included: Vec<Value> = Vec::new();
    if includes.has("inquiry") {
        let of_inquiry = includes.within("inquiry");
        for inquiry in inquiries {
            let inquiry_object = json!(wire::inquiry(job.state, inquiry, job.version));
            let related = of_inquiry.objects(job.state, inquiry);
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
    document["included"] = included.into();
}

/// `GET /inquiry-sessions`.
pub(super) fn list(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    job.query.refuse_include()?;
    let request = job.query.page_request()?;
    let inquiry_id = job.query.take_filter("inquiry-id");
    job.query.finish_filters()?;
    let sessions = &job.state.sessions;
    let page = match &inquiry_id {
        Some(inquiry_id) => request.cut(sessions, sessions.in_group(inquiry_id), |_| true)?,
        None => request.cut(sessions, sessions.newest_first(), |_| true)?,
    };
    let (previous, next) = page.links(job.path, job.raw_query);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|session| wire::session(session))
        .collect();
    Ok(Answer::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `POST /inquiry-sessions`. Gives no token: those come from resuming only.
pub(super) fn create(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let mut body = job.params()?;
    let mut data = body.object("data")?;
    data.value("type");
    let mut attributes = data.object("attributes")?;
    let inquiry_id = attributes.required_string("inquiry-id")?;
    for part in [attributes, data, body] {
        job.finish(part)?;
    }
    let session =
        job.state
            .create_session(&inquiry_id, job.now)
            .map_err(|refusal| match refusal {
                Refusal::NotFound { .. } => ApiError::missing_record("data.attributes.inquiry_id"),
                other => other.into(),
            })?;
    Ok(Answer::created(document(job, &session, &includes)))
}

/// `GET /inquiry-sessions/{id}`.
pub(super) fn retrieve(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let session = find(job)?;
    Ok(Answer::ok(document(job, &session, &includes)))
}

fn find(job: &Job<'_>) -> Result<Arc<Session>, ApiError> {
    job.state
        .sessions
        .find(job.id)
        .cloned()
        .ok_or_else(ApiError::not_found)
}

/// `POST /inquiry-sessions/{id}/expire`.
pub(super) fn expire(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let body = job.params()?;
    job.finish(body)?;
    let session = job.state.expire_session(job.id, job.now)?;
    Ok(Answer::ok(document(job, &session, &includes)))
}

/// `POST /inquiry-sessions/expire-all`.
pub(super) fn expire_all(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let mut body = job.params()?;
    let mut meta = body.object("meta")?;
    let Some(inquiry_ids) = meta.strings("inquiry-ids")? else {
        return Err(ApiError::bad_request("meta.inquiry_ids is missing"));
    };
    for part in [meta, body] {
        job.finish(part)?;
    }
    // All or none: an unknown inquiry ends nothing.
    for inquiry_id in &inquiry_ids {
        job.state
            .inquiry(inquiry_id)
            .map_err(|_| ApiError::unknown_inquiries())?;
    }
    let mut ended = Vec::new();
    for inquiry_id in &inquiry_ids {
        ended.append(&mut job.state.expire_sessions_of(inquiry_id, job.now)?);
    }
    let data: Vec<_> = ended.iter().map(|session| wire::session(session)).collect();
    let mut document = json!({ "data": data });
    add_included(
        &mut document,
        job,
        ended.iter().map(AsRef::as_ref),
        &includes,
    );
    Ok(Answer::ok(document))
}

/// `POST /inquiry-sessions/{id}/generate-one-time-link`.
pub(super) fn one_time_link(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let body = job.params()?;
    job.finish(body)?;
    let (session, link) = job
        .state
        .create_one_time_link_for_session(job.id, job.now)?;
    let mut document = document(job, &session, &includes);
    document["meta"] = json!({
        "one-time-link": long_link(job, &link),
        "one-time-link-short": short_link(job, &link),
    });
    Ok(Answer::ok(document))
}
