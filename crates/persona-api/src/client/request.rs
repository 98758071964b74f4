//! What is asked of Persona.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{InquiryId, InquiryStatus, TemplateId};

/// The value of `Idempotency-Key` on a create: with the same key and body, Persona answers again
/// what it answered first, for 24 hours at least (docs.withpersona.com/docs/idempotence).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes a key of printable ASCII without spaces.
    #[must_use]
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let fits = !text.is_empty() && text.len() <= 255;
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(Self(text))
    }

    /// A key made of 16 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }

    /// The key as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The keys of the prefilled fields, as the inquiry template names them.
///
/// Persona's own pages disagree about their casing under 2025-10-27; Persona's tutorial
/// (docs.withpersona.com/docs/tutorial-embedded-flow-precreate) writes snake case, and so do we.
/// This is the one place that knows.
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
    /// The template to create it from.
    pub template: &'a TemplateId,
    /// Our user's ID.
    pub reference_id: &'a str,
    /// The person's first name; empty for none.
    pub name_first: &'a str,
    /// The person's last name; empty for none.
    pub name_last: &'a str,
    /// The person's birthdate, `YYYY-MM-DD`.
    pub birthdate: &'a str,
}

impl NewInquiry<'_> {
    /// The exact body of the create. Retries must send these very bytes again.
    ///
    /// # Errors
    /// Never with these types; JSON encoding is fallible in general.
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
        // A name that the person does not have is no field with an empty value.
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

/// The template that a body made by [`NewInquiry::to_body`] creates from.
#[must_use]
pub fn template_id_from_body(body: &[u8]) -> Option<TemplateId> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let template = body.pointer("/data/attributes/inquiry-template-id")?;
    TemplateId::parse(template.as_str()?).ok()
}

/// Which inquiries to list. All conditions hold together; newest first.
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
    /// How many at most, 1 to 100.
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

    /// The query as pairs, not yet percent-encoded.
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
        // The prefilled data stays at Persona: a lookup needs none of it.
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
