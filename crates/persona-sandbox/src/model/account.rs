//! Accounts: the person behind a reference ID.
//!
//! Created on demand with the first inquiry of a reference ID (docs: `reference-ids`). The
//! sandbox keeps no more of an account than inquiries need.

use serde::{Deserialize, Serialize};

use super::Entity;
use crate::clock::Moment;

/// A person's account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Account {
    /// `act_…`
    pub(crate) id: String,
    /// The integrator's own ID of the person.
    pub(crate) reference_id: Option<String>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
}

impl Entity for Account {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        self.reference_id.as_deref()
    }
}
