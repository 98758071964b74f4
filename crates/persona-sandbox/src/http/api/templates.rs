//! The operations on inquiry templates.
//!
//! Persona answers them to production keys only (API specification: "you must use a production
//! API key"), so a sandbox key gets a 403 until `/_sandbox/settings` says otherwise.

use serde_json::{Value, json};

use super::answer::Answer;
use super::error::ApiError;
use super::execute::Job;
use crate::wire::{self, Includes};

fn check_readable(job: &Job<'_>) -> Result<(), ApiError> {
    if job.templates_are_readable {
        Ok(())
    } else {
        Err(ApiError::forbidden(
            "You must use a production API key to access this endpoint",
        ))
    }
}

/// `GET /inquiry-templates`.
pub(super) fn list(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    check_readable(job)?;
    job.query.refuse_include()?;
    job.query.finish_filters()?;
    let request = job.query.page_request()?;
    let templates = &job.state.templates;
    let page = request.cut(templates, templates.newest_first(), |_| true)?;
    let (previous, next) = page.links(job.path, job.raw_query);
    let data: Vec<_> = page
        .rows
        .iter()
        .map(|template| wire::template(template))
        .collect();
    Ok(Answer::ok(
        json!({ "data": data, "links": { "prev": previous, "next": next } }),
    ))
}

/// `GET /inquiry-templates/{id}`.
pub(super) fn retrieve(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    check_readable(job)?;
    let include = job.query.include.as_deref();
    let includes = Includes::parse(
        include,
        &[("latest-published-version", &["inquiry-template"])],
    )?;
    let template = job
        .state
        .templates
        .find(job.id)
        .ok_or_else(ApiError::not_found)?;
    let mut document = json!({ "data": wire::template(template) });
    if include.is_some() {
        let version = includes
            .has("latest-published-version")
            .then(|| wire::template_version(template));
        document["included"] = version.into_iter().collect::<Vec<Value>>().into();
    }
    Ok(Answer::ok(document))
}
