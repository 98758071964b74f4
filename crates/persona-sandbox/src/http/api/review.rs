//! The operations that decide, end or mark an inquiry.

use std::sync::Arc;

use super::answer::Answer;
use super::error::ApiError;
use super::execute::Job;
use super::inquiries::{document, includes};
use super::params::Params;
use crate::core::clock::Moment;
use crate::core::model::{Decision, Inquiry};
use crate::domain::Refusal;
use crate::store::Tx;

type Verb = fn(&mut Tx, &str, Moment) -> Result<Arc<Inquiry>, Refusal>;

/// `POST /inquiries/{id}/approve`.
pub(super) fn approve(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    decide(job, Decision::Approve)
}

/// `POST /inquiries/{id}/decline`.
pub(super) fn decline(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    decide(job, Decision::Decline)
}

fn decide(job: &mut Job<'_>, decision: Decision) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let mut body = job.params()?;
    let mut meta = body.object("meta")?;
    let comment = meta.string("comment")?;
    for part in [meta, body] {
        job.finish(part)?;
    }
    let inquiry = job
        .state
        .decide_inquiry(job.id, decision, None, comment, job.now)?;
    Ok(Answer::ok(document(job, &inquiry, &includes)))
}

/// `POST /inquiries/{id}/mark-for-review`.
pub(super) fn mark_for_review(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    without_body(job, Tx::mark_inquiry_for_review)
}

/// `POST /inquiries/{id}/expire`.
pub(super) fn expire(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    without_body(job, Tx::expire_inquiry)
}

/// `DELETE /inquiries/{id}`.
pub(super) fn redact(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    without_body(job, Tx::redact_inquiry)
}

fn without_body(job: &mut Job<'_>, verb: Verb) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let mut body = job.params()?;
    let meta = body.object("meta")?;
    for part in [meta, body] {
        job.finish(part)?;
    }
    let inquiry = verb(job.state, job.id, job.now)?;
    Ok(Answer::ok(document(job, &inquiry, &includes)))
}

/// `POST /inquiries/{id}/add-tag`.
pub(super) fn add_tag(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    change_tags(job, read_tag, |tags, given| {
        for tag in given {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    })
}

/// `POST /inquiries/{id}/remove-tag`.
pub(super) fn remove_tag(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    change_tags(job, read_tag, |tags, given| {
        tags.retain(|tag| !given.contains(tag));
    })
}

/// `POST /inquiries/{id}/set-tags`.
pub(super) fn set_tags(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    change_tags(job, read_tags, |tags, given| *tags = given)
}

/// Tags are known by their names here; an ID is taken for a name.
fn read_tag(meta: &mut Params) -> Result<Vec<String>, ApiError> {
    let name = meta.tag("tag-name")?;
    let id = meta.tag("tag-id")?;
    match name.or(id) {
        Some(tag) => Ok(vec![tag]),
        None => Err(ApiError::bad_request("meta.tag_name is missing")),
    }
}

fn read_tags(meta: &mut Params) -> Result<Vec<String>, ApiError> {
    let names = meta.tags("tag-name")?;
    let ids = meta.tags("tag-id")?;
    match names.or(ids) {
        Some(tags) => Ok(tags),
        None => Err(ApiError::bad_request("meta.tag_name is missing")),
    }
}

fn change_tags(
    job: &mut Job<'_>,
    read: fn(&mut Params) -> Result<Vec<String>, ApiError>,
    change: fn(&mut Vec<String>, Vec<String>),
) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let mut body = job.params()?;
    let mut meta = body.object("meta")?;
    let given = read(&mut meta)?;
    for part in [meta, body] {
        job.finish(part)?;
    }
    let mut tags = job.state.inquiry(job.id)?.tags.clone();
    change(&mut tags, given);
    let inquiry = job.state.set_inquiry_tags(job.id, tags, job.now)?;
    Ok(Answer::ok(document(job, &inquiry, &includes)))
}
