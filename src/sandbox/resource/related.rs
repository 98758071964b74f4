//! Related objects: what `include` adds to an answer.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Context, Version, to_one};
use crate::sandbox::clock::Moment;
use crate::sandbox::model::{Account, Inquiry, Verification, VerificationKind};

/// A path that `include` does not know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownInclude(pub(crate) String);

/// The related objects of one kind of resource that a request wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Includes(BTreeSet<String>);

/// What an inquiry can bring along.
const OF_INQUIRY: [&str; 11] = [
    "account",
    "documents",
    "inquiry-template",
    "inquiry-template-version",
    "reports",
    "reviewer",
    "selfies",
    "sessions",
    "template",
    "transaction",
    "verifications",
];

/// What an inquiry brings along unasked before 2025-10-27 (docs: `api-changelog`).
const BY_DEFAULT: [&str; 6] = [
    "account",
    "documents",
    "inquiry-template",
    "reports",
    "sessions",
    "verifications",
];

impl Includes {
    /// The wanted related objects of a resource that has `known` ones. One level of nesting is
    /// allowed, and brings nothing that the sandbox has.
    pub(crate) fn parse(asked: Option<&[String]>, known: &[&str]) -> Result<Self, UnknownInclude> {
        let mut wanted = BTreeSet::new();
        for path in asked.unwrap_or_default() {
            let first = path
                .split_once('.')
                .map_or(path.as_str(), |(first, _)| first);
            if !known.contains(&first) {
                return Err(UnknownInclude(path.clone()));
            }
            wanted.insert(first.to_owned());
        }
        Ok(Self(wanted))
    }

    /// The wanted related objects of an inquiry.
    pub(crate) fn of_inquiry(
        asked: Option<&[String]>,
        version: Version,
    ) -> Result<Self, UnknownInclude> {
        if asked.is_none() && version.is_before_fields_only() {
            return Ok(Self(
                BY_DEFAULT.iter().map(|&name| name.to_owned()).collect(),
            ));
        }
        Self::parse(asked, &OF_INQUIRY)
    }

    /// All related objects of an inquiry.
    pub(crate) fn all_of_inquiry() -> Self {
        Self(OF_INQUIRY.iter().map(|&name| name.to_owned()).collect())
    }

    /// Whether this relationship is wanted.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether anything is.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The related objects of an inquiry.
    pub(crate) fn objects(&self, state: Context<'_>, inquiry: &Inquiry) -> Vec<Value> {
        let mut objects = Vec::new();
        if self.has("account") {
            let account = inquiry
                .account_id
                .as_ref()
                .and_then(|id| state.accounts.find(id));
            objects.extend(account.map(|account| account_resource(account, inquiry)));
        }
        if self.has("inquiry-template") {
            let template = state.templates.find(&inquiry.template_id);
            objects.extend(template.map(|template| super::template(template)));
        }
        if self.has("inquiry-template-version") {
            let template = state.templates.find(&inquiry.template_id);
            objects.extend(template.map(|template| super::template_version(template)));
        }
        if self.has("sessions") {
            let sessions = state.sessions.in_group(&inquiry.id);
            objects.extend(sessions.map(|(_, session)| super::session(session)));
        }
        if self.has("verifications") {
            objects.extend(
                inquiry
                    .verifications
                    .iter()
                    .map(|v| verification_resource(v, inquiry)),
            );
        }
        if self.has("documents") {
            let of_documents = VerificationKind::GovernmentId;
            let verifications = inquiry
                .verifications
                .iter()
                .filter(|v| v.kind == of_documents);
            objects.extend(verifications.filter_map(document));
        }
        if self.has("selfies") {
            let of_selfies = VerificationKind::Selfie;
            let verifications = inquiry
                .verifications
                .iter()
                .filter(|v| v.kind == of_selfies);
            objects.extend(verifications.filter_map(selfie));
        }
        objects
    }
}

fn account_resource(account: &Account, inquiry: &Inquiry) -> Value {
    let text = |key: &str| json!({ "type": "string", "value": inquiry.fields.get(key) });
    json!({
        "type": "account",
        "id": account.id,
        "attributes": {
            "reference-id": account.reference_id,
            "account-type-name": "User",
            "created-at": account.created_at,
            "updated-at": account.updated_at,
            "redacted-at": null,
            "fields": {
                "name": { "type": "hash", "value": {
                    "first": text("name_first"),
                    "middle": text("name_middle"),
                    "last": text("name_last"),
                }},
                "birthdate": { "type": "date", "value": inquiry.fields.get("birthdate") },
            },
            "tags": [],
            "account-status": "Default",
        },
        "relationships": {
            "account-type": to_one("account-type", Some("acttp_sandboxUser")),
        },
    })
}

fn seconds(moment: Moment) -> i64 {
    moment.as_seconds()
}

/// The verification of an inquiry that has this ID; null if there is none.
pub(crate) fn verification(inquiry: &Inquiry, id: &str) -> Value {
    let verification = inquiry.verifications.iter().find(|v| v.id == id);
    verification.map_or(Value::Null, |verification| {
        verification_resource(verification, inquiry)
    })
}

fn verification_resource(verification: &Verification, inquiry: &Inquiry) -> Value {
    let at = verification.created_at;
    let result = if verification.passed {
        "passed"
    } else {
        "failed"
    };
    let mut relationships = json!({
        "inquiry": to_one("inquiry", Some(&inquiry.id)),
        "template": to_one("template", None),
        "inquiry-template": to_one("inquiry-template", Some(&inquiry.template_id)),
        "inquiry-template-version":
            to_one("inquiry-template-version", Some(&inquiry.template_version_id)),
        "transaction": to_one("transaction", None),
    });
    if verification.kind == VerificationKind::GovernmentId
        && let Some(id) = &verification.submitted_id
    {
        relationships["document"] = to_one("document/government-id", Some(id));
    }
    json!({
        "type": verification.kind.resource_type(),
        "id": verification.id,
        "attributes": {
            "status": result,
            "created-at": at,
            "created-at-ts": seconds(at),
            "submitted-at": at,
            "submitted-at-ts": seconds(at),
            "completed-at": at,
            "completed-at-ts": seconds(at),
            "redacted-at": inquiry.redacted_at,
            "country-code": "US",
            "tags": [],
            "checks": [],
        },
        "relationships": relationships,
    })
}

fn document(verification: &Verification) -> Option<Value> {
    Some(json!({
        "type": "document/government-id",
        "id": verification.submitted_id.as_ref()?,
        "attributes": {
            "status": "processed",
            "created-at": verification.created_at,
            "processed-at": verification.created_at,
            "processed-at-ts": seconds(verification.created_at),
            "front-photo": null,
            "back-photo": null,
        },
    }))
}

fn selfie(verification: &Verification) -> Option<Value> {
    Some(json!({
        "type": "selfie/profile-and-center",
        "id": verification.submitted_id.as_ref()?,
        "attributes": {
            "status": "processed",
            "created-at": verification.created_at,
            "processed-at": verification.created_at,
        },
    }))
}
