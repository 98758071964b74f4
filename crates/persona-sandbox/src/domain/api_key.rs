//! Changes to API keys.

use std::sync::Arc;

use super::DomainError;
use crate::core::KEY_PREFIX;
use crate::core::api_key::PERMISSIONS;
use crate::core::clock::Moment;
use crate::core::inflection::Inflection;
use crate::core::model::{ApiKey, FILE_LINK_SECONDS};
use crate::store::Tx;

/// How many letters and digits follow the prefix of a key.
const CODE_LENGTH: usize = 40;

/// Attributes of a new API key, or changes to one; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApiKeyUpdate {
    pub(crate) name: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) inflection: Option<Inflection>,
    pub(crate) attribute_blocklist: Option<Vec<String>>,
    pub(crate) permissions: Option<Vec<String>>,
    pub(crate) ip_address_allowlist: Option<Vec<String>>,
    pub(crate) file_access_token_expires_in: Option<i64>,
}

impl Tx {
    /// Creates an API key, with every permission unless the request names some. `environment` is
    /// the name of a named environment: its keys contain it.
    pub(crate) fn create_api_key(
        &mut self,
        update: ApiKeyUpdate,
        api_version: &str,
        environment: Option<&str>,
        now: Moment,
    ) -> Arc<ApiKey> {
        let key = ApiKey {
            id: self.entropy().id("api"),
            value: self.api_key_value(environment),
            name: String::new(),
            note: None,
            api_version: api_version.to_owned(),
            inflection: Inflection::default(),
            attribute_blocklist: Vec::new(),
            permissions: PERMISSIONS.iter().map(|&name| name.to_owned()).collect(),
            ip_address_allowlist: vec!["*".to_owned()],
            file_access_token_expires_in: FILE_LINK_SECONDS,
            expires_at: None,
            created_at: now,
        };
        self.keep_api_key(update.applied_to(key))
    }

    /// Changes an API key.
    pub(crate) fn update_api_key(
        &mut self,
        id: &str,
        update: ApiKeyUpdate,
    ) -> Result<Arc<ApiKey>, DomainError> {
        let key = ApiKey::clone(&*self.api_key(id)?);
        Ok(self.keep_api_key(update.applied_to(key)))
    }

    /// Copies an API key, with a value of its own.
    pub(crate) fn clone_api_key(
        &mut self,
        id: &str,
        environment: Option<&str>,
        now: Moment,
    ) -> Result<Arc<ApiKey>, DomainError> {
        let key = ApiKey::clone(&*self.api_key(id)?);
        let copy = ApiKey {
            id: self.entropy().id("api"),
            value: self.api_key_value(environment),
            expires_at: None,
            created_at: now,
            ..key
        };
        Ok(self.keep_api_key(copy))
    }

    /// Lets an API key expire after this many seconds.
    pub(crate) fn expire_api_key(
        &mut self,
        id: &str,
        seconds: i64,
        now: Moment,
    ) -> Result<Arc<ApiKey>, DomainError> {
        let key = ApiKey {
            expires_at: Some(now.plus_seconds(seconds)),
            ..ApiKey::clone(&*self.api_key(id)?)
        };
        Ok(self.keep_api_key(key))
    }

    fn api_key_value(&mut self, environment: Option<&str>) -> String {
        let code = self.entropy().code(CODE_LENGTH);
        match environment {
            Some(name) => format!("{KEY_PREFIX}_env_{name}_{code}"),
            None => format!("{KEY_PREFIX}_{code}"),
        }
    }

    fn keep_api_key(&mut self, key: ApiKey) -> Arc<ApiKey> {
        let key = Arc::new(key);
        self.put_api_key(Arc::clone(&key));
        key
    }
}

impl ApiKeyUpdate {
    fn applied_to(self, key: ApiKey) -> ApiKey {
        ApiKey {
            name: self.name.unwrap_or(key.name),
            note: self.note.or(key.note),
            api_version: self.api_version.unwrap_or(key.api_version),
            inflection: self.inflection.unwrap_or(key.inflection),
            attribute_blocklist: self.attribute_blocklist.unwrap_or(key.attribute_blocklist),
            permissions: self.permissions.unwrap_or(key.permissions),
            ip_address_allowlist: self
                .ip_address_allowlist
                .unwrap_or(key.ip_address_allowlist),
            file_access_token_expires_in: self
                .file_access_token_expires_in
                .unwrap_or(key.file_access_token_expires_in),
            ..key
        }
    }
}
