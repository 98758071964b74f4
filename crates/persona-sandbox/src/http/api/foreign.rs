//! The fault `foreign`: the operation runs, and the response has the inquiry of another reference
//! ID.
//!
//! The other inquiry is a real one where there is one, an open one before a finished one, so that a
//! client that uses it does real harm. Otherwise one of [`FOREIGN_REFERENCE_ID`]'s is made up for
//! the answer and not kept. What an idempotency key has stored stays true.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::context::ResponseFormat;
use super::error::ApiError;
use super::execute::Call;
use super::query::Query;
use super::response::ApiResponse;
use crate::core::clock::Moment;
use crate::core::inflection::document_to_kebab;
use crate::core::model::{Inquiry, Status};
use crate::core::token;
use crate::domain::{AccountChoice, DomainError, NewInquiry};
use crate::runtime::Emulator;
use crate::store::{State, Tx};
use crate::wire::{self, apply_sparse_fields};

/// Whose inquiry is made up where the sandbox has no other person's.
const FOREIGN_REFERENCE_ID: &str = "usr_SomebodyElse";

impl Call {
    /// Does the operation, and answers with another reference ID's inquiry, and with a session
    /// token of that one where the operation gives out a token.
    pub(super) fn execute_and_answer_foreign(&self, emulator: &Emulator) -> Option<ApiResponse> {
        let mut response = self.execute(emulator)?;
        if response.status.is_success()
            && let Ok(Some(body)) = self.foreign_body(emulator, &response)
        {
            response.body = body;
        }
        Some(response)
    }

    /// `None` if the answer is not about inquiries.
    fn foreign_body(
        &self,
        emulator: &Emulator,
        response: &ApiResponse,
    ) -> Result<Option<Bytes>, ApiError> {
        let format = ResponseFormat::from_headers(&self.parts.headers, &emulator.key_settings())?;
        let mut query = Query::parse(self.parts.uri.query().unwrap_or_default())?;
        let Ok(own) = serde_json::from_slice::<Value>(&response.body) else {
            return Ok(None);
        };
        let mut document = document_to_kebab(own);
        let (filter, named) = match &document["data"] {
            Value::Array(listed) => (query.take_filter("reference-id"), listed.first()),
            own if own["type"] == "inquiry" => (None, Some(own)),
            _ => return Ok(None),
        };
        // A sparse answer may leave the reference ID out.
        let own_reference = filter.or_else(|| {
            let id = named?["id"].as_str()?;
            emulator.with(|state, _| state.inquiry(id).ok()?.reference_id.clone())
        });

        let (inquiry, token) = emulator.with_store(|store, now| {
            let own = own_reference.as_deref();
            if let Some(other) = other_inquiry(store.state(), own) {
                let found = describe(store.state(), &other, format, now);
                return Ok(found);
            }
            let mut made_up = None;
            // Rolled back: it exists in the response only.
            let rolled_back: Result<(), DomainError> = store.try_transact(|tx| {
                let other = make_up(tx, now)?;
                made_up = Some(describe(tx, &other, format, now));
                Err(DomainError::NotFound {
                    what: FOREIGN_REFERENCE_ID,
                })
            });
            made_up.ok_or_else(|| match rolled_back {
                Err(refusal) => ApiError::from(refusal),
                Ok(()) => ApiError::from(DomainError::NotFound {
                    what: FOREIGN_REFERENCE_ID,
                }),
            })
        })?;

        let is_list = document["data"].is_array();
        document["data"] = if is_list { json!([inquiry]) } else { inquiry };
        if document["meta"]["session-token"].is_string() {
            document["meta"]["session-token"] = token.into();
        }
        apply_sparse_fields(&mut document, &query.sparse);
        let inflect_fields = format.version.is_before_fields_only();
        let document = format.inflection.apply(document, inflect_fields);
        Ok(Some(Bytes::from(document.to_string())))
    }
}

/// The newest inquiry with another reference ID than this one, an open one first.
fn other_inquiry(state: &State, own: Option<&str>) -> Option<Arc<Inquiry>> {
    let is_other = |inquiry: &&Arc<Inquiry>| {
        let reference = inquiry.reference_id.as_deref();
        reference.is_some() && reference != own && inquiry.redacted_at.is_none()
    };
    let newest = || state.inquiries.newest_first().map(|(_, inquiry)| inquiry);
    [Some(Status::Pending), Some(Status::Created), None]
        .into_iter()
        .find_map(|wanted| {
            newest()
                .filter(is_other)
                .find(|inquiry| wanted.is_none_or(|status| inquiry.status == status))
        })
        .cloned()
}

fn make_up(tx: &mut Tx, now: Moment) -> Result<Arc<Inquiry>, DomainError> {
    let template = tx.templates.newest_first().next();
    let template_id = template.map(|(_, template)| template.id.clone());
    let mut new = NewInquiry::from_template(&template_id.unwrap_or_default(), "API");
    new.account = AccountChoice::ByReference(FOREIGN_REFERENCE_ID.to_owned());
    let mut inquiry = Inquiry::clone(&*tx.create_inquiry(new, now)?);
    inquiry.status = Status::Pending;
    Ok(Arc::new(inquiry))
}

/// The inquiry's resource, and a token of a session of its own.
fn describe(
    state: &State,
    inquiry: &Inquiry,
    format: ResponseFormat,
    now: Moment,
) -> (Value, String) {
    let session = state.sessions.in_group(&inquiry.id).next();
    let session_id = session.map_or("iqse_foreign", |(_, session)| &session.id);
    let token = token::issue(
        state.token_key(),
        session_id,
        "foreign".to_owned(),
        now,
        now.plus_seconds(24 * 60 * 60),
    );
    let resource = wire::inquiry(state, inquiry, format.version);
    let resource = serde_json::to_value(resource).unwrap_or_default();
    (resource, token)
}
