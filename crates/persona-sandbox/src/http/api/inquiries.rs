//! The operations on inquiries that an onboarding needs: list, retrieve, update, resume,
//! one-time link.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::create::{long_link, read_flat_fields, short_link};
use super::error::ApiError;
use super::execute::Job;
use super::query::{Page, Query, split};
use crate::core::model::{Inquiry, Status};
use crate::domain::InquiryUpdate;
use crate::wire::{self, Includes, InquiryResource};

/// The related objects that the request wants.
pub(super) fn includes(job: &Job<'_>) -> Result<Includes, ApiError> {
    Ok(Includes::of_inquiry(
        job.query.include.as_deref(),
        job.version,
    )?)
}

/// The document of one inquiry.
pub(super) fn document(job: &Job<'_>, inquiry: &Inquiry, includes: &Includes) -> Value {
    let mut document = json!({ "data": wire::inquiry(job.state, inquiry, job.version) });
    if !includes.is_empty() || job.query.include.is_some() {
        document["included"] = Value::Array(includes.objects(job.state, inquiry));
    }
    document
}

/// `GET /inquiries`.
pub(super) fn list(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    job.query.refuse_include()?;
    let request = job.query.page_request()?;
    let filter = Filter::read(&mut job.query)?;
    let inquiries = &job.state.inquiries;
    let keep = |inquiry: &Inquiry| filter.keeps(inquiry);
    let page = match &filter.reference_id {
        Some(reference_id) => request.cut(inquiries, inquiries.in_group(reference_id), keep)?,
        None => request.cut(inquiries, inquiries.newest_first(), keep)?,
    };
    Ok(list_answer(job, &page))
}

/// The answer with a page of inquiries.
pub(super) fn list_answer(job: &Job<'_>, page: &Page<Inquiry>) -> Answer {
    #[derive(Serialize)]
    struct Links {
        prev: Option<String>,
        next: Option<String>,
    }
    #[derive(Serialize)]
    struct List<'a> {
        data: Vec<InquiryResource<'a>>,
        links: Links,
    }
    let (prev, next) = page.links(job.path, job.raw_query);
    let inquiries = page.rows.iter();
    job.answer(&List {
        data: inquiries
            .map(|inquiry| wire::inquiry(job.state, inquiry, job.version))
            .collect(),
        links: Links { prev, next },
    })
}

/// Which inquiries a list has.
#[derive(Default)]
struct Filter {
    reference_id: Option<String>,
    statuses: Option<Vec<Status>>,
    template_ids: Option<Vec<String>>,
    account_ids: Option<Vec<String>>,
    inquiry_ids: Option<HashSet<String>>,
    note: Option<String>,
    created_from: Option<crate::core::clock::Moment>,
    created_until: Option<crate::core::clock::Moment>,
    nothing: bool,
}

impl Filter {
    fn read(query: &mut Query) -> Result<Self, ApiError> {
        let note = query.take_filter("note");
        if note.is_some() && query.filters_left() > 0 {
            return Err(ApiError::bad_request("filter.note must be the only filter"));
        }
        let filter = Self {
            reference_id: query.take_filter("reference-id"),
            statuses: query
                .take_filter("status")
                .map(|list| statuses(&list))
                .transpose()?,
            template_ids: query.take_ids("inquiry-template-id", "itmpl")?,
            // There are no legacy templates, so no inquiry has one.
            nothing: query.take_ids("template-id", "tmpl")?.is_some(),
            account_ids: query.take_ids("account-id", "act")?,
            inquiry_ids: query
                .take_ids("inquiry-id", "inq")?
                .map(|ids| ids.into_iter().collect()),
            note,
            created_from: query.take_moment("created-at-start")?,
            created_until: query.take_moment("created-at-end")?,
        };
        query.finish_filters()?;
        Ok(filter)
    }

    fn keeps(&self, inquiry: &Inquiry) -> bool {
        !self.nothing
            && self
                .statuses
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&inquiry.status))
            && self
                .template_ids
                .as_ref()
                .is_none_or(|ids| ids.contains(&inquiry.template_id))
            && self
                .inquiry_ids
                .as_ref()
                .is_none_or(|ids| ids.contains(&inquiry.id))
            && self.account_ids.as_ref().is_none_or(|ids| {
                inquiry
                    .account_id
                    .as_ref()
                    .is_some_and(|account| ids.contains(account))
            })
            && self
                .note
                .as_ref()
                .is_none_or(|note| inquiry.note.as_ref() == Some(note))
            && self
                .created_from
                .is_none_or(|from| inquiry.created_at >= from)
            && self
                .created_until
                .is_none_or(|until| inquiry.created_at <= until)
    }
}

fn statuses(list: &str) -> Result<Vec<Status>, ApiError> {
    split(list)
        .map(|text| {
            Status::parse(text)
                .ok_or_else(|| ApiError::bad_request("filter.status has an unknown status"))
        })
        .collect()
}

/// `GET /inquiries/{id}`.
pub(super) fn retrieve(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let inquiry = job.state.inquiry(job.id)?;
    Ok(Answer::ok(document(job, &inquiry, &includes)))
}

/// `PATCH /inquiries/{id}`.
pub(super) fn update(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let mut body = job.params()?;
    let mut data = body.object("data")?;
    data.value("type");
    data.value("id");
    let mut attributes = data.object("attributes")?;
    let mut update = InquiryUpdate {
        note: if attributes.has("note") {
            Some(attributes.nullable_string("note")?)
        } else {
            None
        },
        redirect_uri: if attributes.has("redirect-uri") {
            Some(attributes.nullable_string("redirect-uri")?)
        } else {
            None
        },
        tags: attributes.tags("tags")?,
        fields: attributes.nullable_map("fields")?.unwrap_or_default(),
    };
    read_flat_fields(job, &mut attributes, &mut update.fields);
    for part in [attributes, data, body] {
        job.finish(part)?;
    }
    let inquiry = job.state.update_inquiry(job.id, update, job.now)?;
    Ok(Answer::ok(document(job, &inquiry, &includes)))
}

/// `POST /inquiries/{id}/resume`.
pub(super) fn resume(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    // The specification has no body; the tutorial sends an empty `meta`.
    let mut body = job.params()?;
    let meta = body.object("meta")?;
    for part in [meta, body] {
        job.finish(part)?;
    }
    let (inquiry, token) = job.state.resume_inquiry(job.id, job.now)?;
    let mut document = document(job, &inquiry, &includes);
    document["meta"] = json!({ "session-token": token });
    Ok(Answer::ok(document))
}

/// `POST /inquiries/{id}/generate-one-time-link`.
pub(super) fn one_time_link(job: &mut Job<'_>) -> Result<Answer, ApiError> {
    let includes = includes(job)?;
    let mut body = job.params()?;
    let mut meta = body.object("meta")?;
    let valid_seconds = meta.positive_integer("expires-in-seconds")?;
    for part in [meta, body] {
        job.finish(part)?;
    }
    let (inquiry, link) = job
        .state
        .create_one_time_link(job.id, valid_seconds, job.now)?;
    let mut document = document(job, &inquiry, &includes);
    document["meta"] = json!({
        "one-time-link": long_link(job, &link),
        "one-time-link-short": short_link(job, &link),
    });
    Ok(Answer::ok(document))
}
