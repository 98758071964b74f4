//! The inquiry resource.
//!
//! Serialised straight from the records, without a tree of values in between: lists of
//! thousands are written while the state is locked.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::submitted::submitted_objects;
use super::{Context, Version};
use crate::core::clock::Moment;
use crate::core::inflection::to_kebab;
use crate::core::model::{FlowStep, Inquiry, ObjectCollection, Template};

/// The personal attributes that stood beside `fields` before 2025-10-27.
const FLAT_ATTRIBUTES: [&str; 12] = [
    "name_first",
    "name_middle",
    "name_last",
    "birthdate",
    "address_street_1",
    "address_street_2",
    "address_city",
    "address_subdivision",
    "address_postal_code",
    "email_address",
    "phone_number",
    "identification_number",
];

/// An inquiry as the API of one version shows it.
#[derive(Serialize)]
pub(crate) struct InquiryResource<'a> {
    #[serde(rename = "type")]
    resource_type: &'static str,
    id: &'a str,
    attributes: Attributes<'a>,
    relationships: Relationships<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    status: &'static str,
    reference_id: &'a Option<String>,
    note: &'a Option<String>,
    behaviors: Behaviors,
    tags: &'a [String],
    creator: &'a str,
    reviewer_comment: &'a Option<String>,
    /// A relationship alone since 2021-07-05 (docs: `api-changelog`); its form before is our guess.
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<Option<&'a str>>,
    created_at: Moment,
    updated_at: Moment,
    started_at: Option<Moment>,
    expires_at: Option<Moment>,
    completed_at: Option<Moment>,
    failed_at: Option<Moment>,
    marked_for_review_at: Option<Moment>,
    decisioned_at: Option<Moment>,
    expired_at: Option<Moment>,
    redacted_at: Option<Moment>,
    previous_step_name: Option<&'static str>,
    next_step_name: Option<&'static str>,
    fields: Fields<'a>,
    #[serde(flatten)]
    flat: Option<FlatAttributes<'a>>,
}

/// Risk signals, of which the sandbox has none.
#[derive(Serialize)]
struct Behaviors {}

/// All fields of the template, those without a value as null. From 2025-10-27 on the keys are
/// the template's own, before that they are inflected (docs: `api-changelog`).
struct Fields<'a> {
    template: Option<&'a Template>,
    inquiry: &'a Inquiry,
    version: Version,
}

#[derive(Serialize)]
struct Field<'a> {
    #[serde(rename = "type")]
    field_type: &'static str,
    value: Option<&'a Value>,
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let schemas = self.template.map_or(&[][..], |template| &template.fields);
        let mut map = serializer.serialize_map(Some(schemas.len()))?;
        for schema in schemas {
            let field = Field {
                field_type: schema.field_type.as_str(),
                value: self.inquiry.fields.get(&schema.key),
            };
            if self.version.is_before_fields_only() {
                map.serialize_entry(&to_kebab(&schema.key), &field)?;
            } else {
                map.serialize_entry(&schema.key, &field)?;
            }
        }
        map.end()
    }
}

struct FlatAttributes<'a>(&'a Inquiry);

impl Serialize for FlatAttributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = FLAT_ATTRIBUTES.map(|key| (key.replace('_', "-"), self.0.field(key)));
        serializer.collect_map(values)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships<'a> {
    account: ToOne<'a>,
    template: ToOne<'a>,
    inquiry_template: ToOne<'a>,
    inquiry_template_version: ToOne<'a>,
    transaction: ToOne<'a>,
    reviewer: ToOne<'a>,
    reports: Reports<'a>,
    verifications: ToMany<'a>,
    sessions: ToMany<'a>,
    documents: ToMany<'a>,
    selfies: ToMany<'a>,
}

#[derive(Serialize)]
struct ToOne<'a> {
    data: Option<Identifier<'a>>,
}

#[derive(Serialize)]
struct ToMany<'a> {
    data: Vec<Identifier<'a>>,
}

#[derive(Serialize)]
struct Identifier<'a> {
    #[serde(rename = "type")]
    resource_type: &'a str,
    id: &'a str,
}

/// The reports of an inquiry. Their types are made while they are written, as few inquiries have one.
struct Reports<'a> {
    state: Context<'a>,
    inquiry: &'a Inquiry,
}

impl Serialize for Reports<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let reports = self.state.reports.in_group(&self.inquiry.id);
        let types: Vec<_> = reports
            .rev()
            .map(|(_, report)| (report.kind.resource_type(), report.id.as_str()))
            .collect();
        let ids = types.iter().map(|(kind, id)| (kind.as_str(), *id));
        to_many(ids).serialize(serializer)
    }
}

fn to_one<'a>(resource_type: &'a str, id: Option<&'a str>) -> ToOne<'a> {
    ToOne {
        data: id.map(|id| Identifier { resource_type, id }),
    }
}

fn to_many<'a>(ids: impl Iterator<Item = (&'a str, &'a str)>) -> ToMany<'a> {
    ToMany {
        data: ids
            .map(|(resource_type, id)| Identifier { resource_type, id })
            .collect(),
    }
}

/// An inquiry as the API of this version shows it.
pub(crate) fn inquiry<'a>(
    state: Context<'a>,
    inquiry: &'a Inquiry,
    version: Version,
) -> InquiryResource<'a> {
    InquiryResource {
        resource_type: "inquiry",
        id: &inquiry.id,
        attributes: attributes(state, inquiry, version),
        relationships: relationships(state, inquiry),
    }
}

fn attributes<'a>(state: Context<'a>, inquiry: &'a Inquiry, version: Version) -> Attributes<'a> {
    Attributes {
        status: inquiry.status.as_str(),
        reference_id: &inquiry.reference_id,
        note: &inquiry.note,
        behaviors: Behaviors {},
        tags: &inquiry.tags,
        creator: &inquiry.creator,
        reviewer_comment: &inquiry.reviewer_comment,
        reviewer: (version.as_str() < "2021-07-05").then(|| {
            inquiry
                .reviewer
                .as_ref()
                .map(|reviewer| reviewer.id.as_str())
        }),
        created_at: inquiry.created_at,
        updated_at: inquiry.updated_at,
        started_at: inquiry.started_at,
        expires_at: inquiry.expires_at,
        completed_at: inquiry.completed_at,
        failed_at: inquiry.failed_at,
        marked_for_review_at: inquiry.marked_for_review_at,
        decisioned_at: inquiry.decisioned_at,
        expired_at: inquiry.expired_at,
        redacted_at: inquiry.redacted_at,
        previous_step_name: inquiry.previous_step.map(FlowStep::as_str),
        next_step_name: inquiry.next_step.map(FlowStep::as_str),
        fields: Fields {
            template: state
                .templates
                .find(&inquiry.template_id)
                .map(AsRef::as_ref),
            inquiry,
            version,
        },
        flat: version
            .is_before_fields_only()
            .then_some(FlatAttributes(inquiry)),
    }
}

fn relationships<'a>(state: Context<'a>, inquiry: &'a Inquiry) -> Relationships<'a> {
    let submitted = |collection| {
        let objects = submitted_objects(inquiry, collection);
        to_many(objects.map(|it| (it.object.resource_type, it.id)))
    };
    let reviewer = inquiry.reviewer.as_ref().map(|reviewer| Identifier {
        resource_type: &reviewer.kind,
        id: &reviewer.id,
    });
    let verifications = inquiry.verifications.iter();
    let sessions = state.sessions.in_group(&inquiry.id);
    Relationships {
        account: to_one("account", inquiry.account_id.as_deref()),
        template: to_one("template", None),
        inquiry_template: to_one("inquiry-template", Some(&inquiry.template_id)),
        inquiry_template_version: to_one(
            "inquiry-template-version",
            Some(&inquiry.template_version_id),
        ),
        transaction: to_one("transaction", None),
        reviewer: ToOne { data: reviewer },
        reports: Reports { state, inquiry },
        verifications: to_many(verifications.map(|v| (v.kind.resource_type(), v.id.as_str()))),
        sessions: to_many(sessions.map(|(_, session)| ("inquiry-session", session.id.as_str()))),
        documents: submitted(ObjectCollection::Documents),
        selfies: submitted(ObjectCollection::Selfies),
    }
}
