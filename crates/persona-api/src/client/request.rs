//! Requests to Persona.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{InquiryId, InquiryStatus, TemplateId};

/// The `Idempotency-Key` of a create. Persona repeats its first response to the same key and body
/// for at least 24 hours (docs.withpersona.com/docs/idempotence).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Parses a key: 1 to 255 printable ASCII characters without spaces.
    #[must_use]
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let fits = !text.is_empty() && text.len() <= 255;
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(Self(text))
    }

    /// Encodes 16 random bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The keys of the prefilled fields, as defined by the inquiry template.
///
/// Persona's documentation is inconsistent about their casing under 2025-10-27. This crate follows
/// Persona's tutorial, which uses snake case
/// (docs.withpersona.com/docs/tutorial-embedded-flow-precreate).
#[derive(Debug, Clone, Copy)]
pub struct FieldKeys {
    /// The first name's key.
    pub name_first: &'static str,
    /// The last name's key.
    pub name_last: &'static str,
    /// The birthdate's key.
    pub birthdate: &'static str,
}

impl FieldKeys {
    /// The KYC solution's keys.
    pub const KYC: Self = Self {
        name_first: "name_first",
        name_last: "name_last",
        birthdate: "birthdate",
    };
}

/// An inquiry to create, prefilled.
#[derive(Debug, Clone, Copy)]
pub struct NewInquiry<'a> {
    /// The template of the inquiry.
    pub template: &'a TemplateId,
    /// The user's ID in the calling program.
    pub reference_id: &'a str,
    /// The person's first name; empty for none.
    pub name_first: &'a str,
    /// The person's last name; empty for none.
    pub name_last: &'a str,
    /// The person's birthdate, `YYYY-MM-DD`.
    pub birthdate: &'a str,
}

impl NewInquiry<'_> {
    /// Serializes the body of the create. Retries must send the same bytes.
    ///
    /// # Errors
    /// JSON serialization is fallible in general; it does not fail for these types.
    pub fn to_body(self) -> Result<Vec<u8>, serde_json::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "kebab-case")]
        struct Attributes<'a> {
            inquiry_template_id: &'a str,
            reference_id: &'a str,
            fields: BTreeMap<&'static str, &'a str>,
        }
        #[derive(Serialize)]
        struct Data<'a> {
            attributes: Attributes<'a>,
        }
        #[derive(Serialize)]
        struct Body<'a> {
            data: Data<'a>,
        }
        let keys = FieldKeys::KYC;
        let fields = [
            (keys.name_first, self.name_first),
            (keys.name_last, self.name_last),
            (keys.birthdate, self.birthdate),
        ];
        // A missing name is omitted, because an empty value is a value.
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let fields = fields.collect();
        serde_json::to_vec(&Body {
            data: Data {
                attributes: Attributes {
                    inquiry_template_id: self.template.as_str(),
                    reference_id: self.reference_id,
                    fields,
                },
            },
        })
    }
}

/// A person's data, to replace what an inquiry was prefilled with. No `Debug`, because it is personal.
#[derive(Clone, Copy)]
pub struct Prefill<'a> {
    /// The person's first name; empty for none.
    pub name_first: &'a str,
    /// The person's last name; empty for none.
    pub name_last: &'a str,
    /// The person's birthdate, `YYYY-MM-DD`.
    pub birthdate: &'a str,
}

impl Prefill<'_> {
    pub(crate) fn to_fields(self) -> serde_json::Value {
        let keys = FieldKeys::KYC;
        let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        serde_json::json!({
            keys.name_first: value(self.name_first),
            keys.name_last: value(self.name_last),
            keys.birthdate: value(self.birthdate),
        })
    }
}

/// The template ID in a body made by [`NewInquiry::to_body`].
#[must_use]
pub fn template_id_from_body(body: &[u8]) -> Option<TemplateId> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let template = body.pointer("/data/attributes/inquiry-template-id")?;
    TemplateId::parse(template.as_str()?).ok()
}

/// Which inquiries to list. All conditions must match.
#[derive(Debug, Clone, Copy)]
pub struct InquiryFilter<'a> {
    /// The inquiries to list, at most 100; empty for all.
    pub ids: &'a [InquiryId],
    /// The user whose inquiries to list.
    pub reference_id: Option<&'a str>,
    /// The statuses to list; empty for all.
    pub statuses: &'a [InquiryStatus],
    /// The template they were created from.
    pub template: Option<&'a TemplateId>,
    /// The maximum number of inquiries, 1 to 100.
    pub page_size: u8,
}

impl InquiryFilter<'_> {
    /// All inquiries, ten at a time.
    pub const ALL: Self = Self {
        ids: &[],
        reference_id: None,
        statuses: &[],
        template: None,
        page_size: 10,
    };

    /// The query parameters, not yet percent-encoded.
    pub(super) fn to_query(self) -> Vec<(&'static str, String)> {
        let mut query = Vec::with_capacity(6);
        if !self.ids.is_empty() {
            let ids: Vec<_> = self.ids.iter().map(InquiryId::as_str).collect();
            query.push(("filter[inquiry-id]", ids.join(",")));
        }
        if let Some(reference_id) = self.reference_id {
            query.push(("filter[reference-id]", reference_id.to_string()));
        }
        if !self.statuses.is_empty() {
            let statuses: Vec<_> = self.statuses.iter().map(InquiryStatus::as_str).collect();
            query.push(("filter[status]", statuses.join(",")));
        }
        if let Some(template) = self.template {
            query.push(("filter[inquiry-template-id]", template.to_string()));
        }
        query.push(("page[size]", self.page_size.to_string()));
        // A lookup needs no prefilled data, so the response excludes it.
        query.push(("fields[inquiry]", super::decode::ATTRIBUTES_READ.to_owned()));
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_create_body_is_the_tutorials() {
        let body = NewInquiry {
            template: &TemplateId::parse("itmpl_Kyc1").unwrap(),
            reference_id: "usr_42",
            name_first: "Ada",
            name_last: "Example",
            birthdate: "1990-05-01",
        }
        .to_body()
        .unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body,
            serde_json::json!({"data": {"attributes": {
                "inquiry-template-id": "itmpl_Kyc1",
                "reference-id": "usr_42",
                "fields": {"name_first": "Ada", "name_last": "Example", "birthdate": "1990-05-01"},
            }}})
        );
    }

    #[test]
    fn the_filter_becomes_personas_query() {
        let query = InquiryFilter {
            reference_id: Some("usr_42"),
            statuses: &[InquiryStatus::Created, InquiryStatus::Pending],
            template: Some(&TemplateId::parse("itmpl_Kyc1").unwrap()),
            ..InquiryFilter::ALL
        }
        .to_query();
        assert_eq!(query[0], ("filter[reference-id]", "usr_42".to_owned()));
        assert_eq!(query[1], ("filter[status]", "created,pending".to_owned()));
        assert_eq!(
            query[2],
            ("filter[inquiry-template-id]", "itmpl_Kyc1".to_owned())
        );
        assert_eq!(query[3], ("page[size]", "10".to_owned()));

        let ids = ["inq_1", "inq_2"].map(|id| InquiryId::parse(id).unwrap());
        let query = InquiryFilter {
            ids: &ids,
            ..InquiryFilter::ALL
        }
        .to_query();
        assert_eq!(query[0], ("filter[inquiry-id]", "inq_1,inq_2".to_owned()));
    }

    #[test]
    fn a_key_that_is_no_header_value_is_refused() {
        assert!(IdempotencyKey::parse("usr_42:1").is_some());
        for text in ["", "a b", "a\nb", "ä"] {
            assert!(IdempotencyKey::parse(text).is_none(), "{text:?}");
        }
    }
}
