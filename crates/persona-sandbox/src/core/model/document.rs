//! The data that a government ID carries.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::core::clock::Moment;

/// The longest text in a document.
const MAX_TEXT_LENGTH: usize = 255;

/// The values that the sandbox reads from a government ID. What is absent is the demo person's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub(crate) struct DocumentData {
    pub(crate) name_first: Option<String>,
    pub(crate) name_middle: Option<String>,
    pub(crate) name_last: Option<String>,
    pub(crate) name_suffix: Option<String>,
    /// `YYYY-MM-DD`, like the other dates.
    pub(crate) birthdate: Option<String>,
    pub(crate) address_street_1: Option<String>,
    pub(crate) address_street_2: Option<String>,
    pub(crate) address_city: Option<String>,
    pub(crate) address_subdivision: Option<String>,
    pub(crate) address_postal_code: Option<String>,
    /// The country that issued it: two letters.
    pub(crate) country_code: Option<String>,
    /// The kind of document: `dl`, `pp`, `id`, …
    pub(crate) id_class: Option<String>,
    pub(crate) identification_number: Option<String>,
    pub(crate) document_number: Option<String>,
    pub(crate) issue_date: Option<String>,
    pub(crate) expiration_date: Option<String>,
    pub(crate) issuing_authority: Option<String>,
    pub(crate) issuing_subdivision: Option<String>,
    pub(crate) nationality: Option<String>,
    pub(crate) sex: Option<String>,
    pub(crate) height: Option<String>,
    pub(crate) birthplace: Option<String>,
}

impl DocumentData {
    /// Checks the form of dates, country and texts.
    ///
    /// # Errors
    ///
    /// A sentence that names the value and the form that it needs.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (key, value) in [
            ("birthdate", &self.birthdate),
            ("issue_date", &self.issue_date),
            ("expiration_date", &self.expiration_date),
        ] {
            let is_date = |text: &String| text.len() == 10 && text.parse::<Date>().is_ok();
            if value.as_ref().is_some_and(|text| !is_date(text)) {
                return Err(format!("document.{key} must be a date (YYYY-MM-DD)"));
            }
        }
        let is_country =
            |text: &String| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if self
            .country_code
            .as_ref()
            .is_some_and(|text| !is_country(text))
        {
            return Err("document.country_code must be two capital letters, such as US".to_owned());
        }
        for (key, value) in self.texts() {
            if value.is_some_and(|text| text.chars().count() > MAX_TEXT_LENGTH) {
                return Err(format!(
                    "document.{key} must be at most {MAX_TEXT_LENGTH} characters long"
                ));
            }
        }
        Ok(())
    }

    fn texts(&self) -> [(&'static str, Option<&str>); 22] {
        [
            ("name_first", self.name_first.as_deref()),
            ("name_middle", self.name_middle.as_deref()),
            ("name_last", self.name_last.as_deref()),
            ("name_suffix", self.name_suffix.as_deref()),
            ("birthdate", self.birthdate.as_deref()),
            ("address_street_1", self.address_street_1.as_deref()),
            ("address_street_2", self.address_street_2.as_deref()),
            ("address_city", self.address_city.as_deref()),
            ("address_subdivision", self.address_subdivision.as_deref()),
            ("address_postal_code", self.address_postal_code.as_deref()),
            ("country_code", self.country_code.as_deref()),
            ("id_class", self.id_class.as_deref()),
            (
                "identification_number",
                self.identification_number.as_deref(),
            ),
            ("document_number", self.document_number.as_deref()),
            ("issue_date", self.issue_date.as_deref()),
            ("expiration_date", self.expiration_date.as_deref()),
            ("issuing_authority", self.issuing_authority.as_deref()),
            ("issuing_subdivision", self.issuing_subdivision.as_deref()),
            ("nationality", self.nationality.as_deref()),
            ("sex", self.sex.as_deref()),
            ("height", self.height.as_deref()),
            ("birthplace", self.birthplace.as_deref()),
        ]
    }

    /// The value that an inquiry's field takes from the document, if the document has one.
    pub(crate) fn field(&self, key: &str) -> Option<&str> {
        let name = match key {
            "address_country_code" | "selected_country_code" => "country_code",
            "selected_id_class" | "identification_class" => "id_class",
            other => other,
        };
        let mut texts = self.texts().into_iter();
        texts.find(|(text, _)| *text == name)?.1
    }

    /// The same document with the demo person's values where it has none. A public capture of
    /// Persona's demo licence was issued a year before and expires five years after the run.
    pub(crate) fn or_demo(self, now: Moment) -> Self {
        let demo =
            |value: Option<String>, demo: &str| Some(value.unwrap_or_else(|| demo.to_owned()));
        let issued = || Some(day(now, (-1).year()));
        let expires = || Some(day(now, 5.years()));
        Self {
            name_first: demo(self.name_first, "ALEXANDER J"),
            name_last: demo(self.name_last, "SAMPLE"),
            birthdate: demo(self.birthdate, "1977-07-17"),
            address_street_1: demo(self.address_street_1, "600 CALIFORNIA STREET"),
            address_city: demo(self.address_city, "SAN FRANCISCO"),
            address_subdivision: demo(self.address_subdivision, "CA"),
            address_postal_code: demo(self.address_postal_code, "94109"),
            country_code: demo(self.country_code, "US"),
            id_class: demo(self.id_class, "dl"),
            identification_number: demo(self.identification_number, "I1234562"),
            issuing_subdivision: demo(self.issuing_subdivision, "CA"),
            issue_date: self.issue_date.or_else(issued),
            expiration_date: self.expiration_date.or_else(expires),
            ..self
        }
    }
}

/// The day that lies this far from `now`.
pub(crate) fn day(now: Moment, span: Span) -> String {
    let today = now.date();
    today.checked_add(span).unwrap_or(today).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_values_is_the_demo_persons() {
        let now = Moment::parse("2026-01-05T10:00:00Z").unwrap();
        let document = DocumentData::default().or_demo(now);
        assert_eq!(document.field("name_first"), Some("ALEXANDER J"));
        assert_eq!(document.field("selected_country_code"), Some("US"));
        assert_eq!(document.issue_date.as_deref(), Some("2025-01-05"));
        assert_eq!(document.expiration_date.as_deref(), Some("2031-01-05"));
        assert_eq!(document.field("name_middle"), None);
        assert_eq!(document.check(), Ok(()));
    }

    #[test]
    fn values_of_another_form_are_refused_by_name() {
        let wrong = |document: serde_json::Value| {
            let document: DocumentData = serde_json::from_value(document).unwrap();
            document.check().unwrap_err()
        };
        let date = wrong(serde_json::json!({"birthdate": "1.5.1990"}));
        assert!(date.contains("document.birthdate"), "{date}");
        let country = wrong(serde_json::json!({"country_code": "usa"}));
        assert!(country.contains("country_code"), "{country}");
        let long = wrong(serde_json::json!({"name_first": "x".repeat(256)}));
        assert!(long.contains("255"), "{long}");
    }
}
