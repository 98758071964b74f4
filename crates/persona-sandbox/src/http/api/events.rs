//! The operations on events: the way to catch up after webhooks were missed.

use serde_json::json;

use super::answer::Answer;
use super::error::ApiError;
use super::execute::Job;
use super::query::split;
use crate::core::model::Event;
use crate::wire::{self, Includes};

/// `GET /events`.
pub(super) fn list(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    job.query.refuse_include()?;
    let request = job.query.page_request()?;
    let mut list_of = |key| -> Option<Vec<String>> {
        job.query
            .take_filter(key)
            .map(|list| split(&list).map(str::to_owned).collect())
    };
    let (names, object_ids, ids) = (list_of("name"), list_of("object-id"), list_of("id"));
    job.query.finish_filters()?;
    let keep = |event: &Event| {
        let wanted = |list: &Option<Vec<String>>, value: &str| {
            list.as_ref()
                .is_none_or(|list| list.iter().any(|item| item == value))
        };
        wanted(&names, event.name.as_str())
            && wanted(&object_ids, event.subject.object_id())
            && wanted(&ids, &event.id)
    };
    let events = &job.state.events;
    // One inquiry's events, the usual question, are found without looking at all others.
    let page = match object_ids.as_deref() {
        Some([id]) if id.starts_with("inq_") => request.cut(events, events.in_group(id), keep)?,
        _ => request.cut(events, events.newest_first(), keep)?,
    };
    let (previous, next) = page.links(job.path, job.raw_query);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|event| wire::event(job.state, event, job.version))
        .collect();
    Ok(Answer::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `GET /events/{id}`.
pub(super) fn retrieve(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    Includes::parse(job.query.include.as_deref(), &[])?;
    let event = job
        .state
        .events
        .find(job.id)
        .ok_or_else(ApiError::not_found)?;
    Ok(Answer::ok(
        json!({ "data": wire::event(job.state, event, job.version) }),
    ))
}
