//! Accounts: the person behind a reference ID.
//!
//! Created on demand with the first inquiry of a reference ID (docs: `reference-ids`). The sandbox
//! stores only what inquiries need of an account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Entity;
use crate::core::clock::Moment;

/// The fields of an inquiry that are copied to its account.
pub(crate) const ACCOUNT_FIELDS: [&str; 4] =
    ["name_first", "name_middle", "name_last", "birthdate"];

/// A person's account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Account {
    /// `act_…`
    pub(crate) id: String,
    /// The integrator's own ID of the person.
    pub(crate) reference_id: Option<String>,
    /// The values of [`ACCOUNT_FIELDS`] that its inquiries wrote last.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Value>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    #[serde(default)]
    pub(crate) redacted_at: Option<Moment>,
}

impl Entity for Account {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        self.reference_id.as_deref()
    }
}
