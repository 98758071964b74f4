//! Accounts: the person behind a reference ID.
//!
//! Created by the API, or on demand with the first inquiry of a reference ID (docs:
//! `reference-ids`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Entity;
use crate::core::clock::Moment;

/// The fields of the sandbox's account type that hold one text each, and are copied from the fields
/// of an inquiry with the same keys.
pub(crate) const ACCOUNT_FIELDS: [&str; 12] = [
    "name_first",
    "name_middle",
    "name_last",
    "birthdate",
    "address_street_1",
    "address_street_2",
    "address_city",
    "address_subdivision",
    "address_postal_code",
    "address_country_code",
    "phone_number",
    "email_address",
];

/// The field with the numbers of the documents that a person has: an array of objects with the keys
/// of [`IDENTIFICATION_KEYS`].
pub(crate) const IDENTIFICATION_NUMBERS: &str = "identification_numbers";

/// The keys of one of [`IDENTIFICATION_NUMBERS`].
pub(crate) const IDENTIFICATION_KEYS: [&str; 3] = [
    "identification_class",
    "identification_number",
    "issuing_country",
];

/// The ID of the sandbox's account type. An account may have another one, which looks the same.
pub(crate) const ACCOUNT_TYPE_ID: &str = "acttp_sandboxUser";

/// The status of a new account.
pub(crate) const DEFAULT_ACCOUNT_STATUS: &str = "Default";

/// A person's account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Account {
    /// `act_…`
    pub(crate) id: String,
    /// The integrator's own ID of the person.
    pub(crate) reference_id: Option<String>,
    /// `acttp_…`
    #[serde(default = "default_type")]
    pub(crate) type_id: String,
    #[serde(default = "default_status")]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// The values of [`ACCOUNT_FIELDS`], and the [`IDENTIFICATION_NUMBERS`].
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Value>,
    /// The values of fields that the sandbox's account type does not have.
    #[serde(default)]
    pub(crate) custom_fields: BTreeMap<String, Value>,
    /// Relations to other accounts.
    #[serde(default)]
    pub(crate) relations: Vec<Relation>,
    /// The account that this one was consolidated into. It cannot be used any more.
    #[serde(default)]
    pub(crate) consolidated_into: Option<String>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    #[serde(default)]
    pub(crate) redacted_at: Option<Moment>,
}

/// A relation of an account to another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Relation {
    pub(crate) key: String,
    pub(crate) target_id: String,
    pub(crate) created_at: Moment,
}

fn default_type() -> String {
    ACCOUNT_TYPE_ID.to_owned()
}

fn default_status() -> String {
    DEFAULT_ACCOUNT_STATUS.to_owned()
}

impl Account {
    /// An account without values.
    pub(crate) fn new(id: String, reference_id: Option<String>, at: Moment) -> Self {
        Self {
            id,
            reference_id,
            type_id: default_type(),
            status: default_status(),
            tags: Vec::new(),
            fields: BTreeMap::new(),
            custom_fields: BTreeMap::new(),
            relations: Vec::new(),
            consolidated_into: None,
            created_at: at,
            updated_at: at,
            redacted_at: None,
        }
    }

    /// The same account without personal data.
    pub(crate) fn without_personal_data(&self) -> Self {
        Self {
            fields: BTreeMap::new(),
            custom_fields: BTreeMap::new(),
            ..self.clone()
        }
    }
}

impl Entity for Account {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        self.reference_id.as_deref()
    }
}
