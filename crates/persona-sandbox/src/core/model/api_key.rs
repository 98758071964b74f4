//! API keys that the API made. Any other key that begins like a sandbox key works too.

use serde::{Deserialize, Serialize};

use super::Entity;
use crate::core::api_key::{KeySettings, PERMISSIONS};
use crate::core::clock::Moment;
use crate::core::inflection::Inflection;

/// An API key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ApiKey {
    /// `api_…`
    pub(crate) id: String,
    /// The key itself.
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) note: Option<String>,
    /// The version of requests that name none.
    pub(crate) api_version: String,
    /// The casing of responses to requests that name none.
    pub(crate) inflection: Inflection,
    /// Rules for attributes that responses leave out.
    pub(crate) attribute_blocklist: Vec<String>,
    pub(crate) permissions: Vec<String>,
    /// Kept, but not applied: the sandbox has no address limits.
    pub(crate) ip_address_allowlist: Vec<String>,
    pub(crate) file_access_token_expires_in: i64,
    /// From then on it is refused.
    pub(crate) expires_at: Option<Moment>,
    pub(crate) created_at: Moment,
}

impl ApiKey {
    /// Whether it may be used at this time.
    pub(crate) fn is_valid(&self, now: Moment) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }

    /// The settings of the key, where `common` are those of all keys: its own in place of them, without
    /// the permissions that all keys are denied.
    pub(crate) fn settings(&self, common: &KeySettings) -> KeySettings {
        let all = PERMISSIONS.iter().map(|&name| name.to_owned());
        let denied = all.filter(|name| {
            common.denied_permissions.contains(name) || !self.permissions.contains(name)
        });
        KeySettings {
            api_version: Some(self.api_version.clone()),
            inflection: Some(self.inflection),
            denied_permissions: denied.collect(),
            attribute_blocklist: self.attribute_blocklist.clone(),
            file_link_seconds: Some(self.file_access_token_expires_in),
            key_id: Some(self.id.clone()),
        }
    }
}

/// Without the key itself.
impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Entity for ApiKey {
    fn id(&self) -> &str {
        &self.id
    }

    /// Requests find it by its value.
    fn group(&self) -> Option<&str> {
        Some(&self.value)
    }
}
