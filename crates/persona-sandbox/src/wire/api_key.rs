//! The resource of an API key.

use serde_json::{Value, json};

use crate::core::model::ApiKey;

/// An API key without its value.
pub(crate) fn api_key(key: &ApiKey) -> Value {
    json!({
        "type": "api-key",
        "id": key.id,
        "attributes": {
            "name": key.name,
            "note": key.note,
            "api-version": key.api_version,
            "api-key-inflection": key.inflection.as_str(),
            "api-attributes-blocklist": key.attribute_blocklist,
            "permissions": key.permissions,
            "ip-address-allowlist": key.ip_address_allowlist,
            "file-access-token-expires-in": key.file_access_token_expires_in,
            // Not kept: a request changes no record by its key alone.
            "last-used-at": null,
            "expires-at": key.expires_at,
            "created-at": key.created_at,
        },
    })
}

/// An API key with its value, as it is shown when it is made.
pub(crate) fn api_key_with_value(key: &ApiKey) -> Value {
    let mut resource = api_key(key);
    resource["attributes"]["value"] = json!(key.value);
    resource
}
