//! The account resource.

use serde_json::{Value, json};

use super::to_one;
use crate::core::model::Account;

/// An account as the API shows it.
pub(crate) fn account(account: &Account) -> Value {
    let text = |key: &str| json!({ "type": "string", "value": account.fields.get(key) });
    json!({
        "type": "account",
        "id": account.id,
        "attributes": {
            "reference-id": account.reference_id,
            "account-type-name": "User",
            "created-at": account.created_at,
            "updated-at": account.updated_at,
            "redacted-at": account.redacted_at,
            "fields": {
                "name": { "type": "hash", "value": {
                    "first": text("name_first"),
                    "middle": text("name_middle"),
                    "last": text("name_last"),
                }},
                "birthdate": { "type": "date", "value": account.fields.get("birthdate") },
            },
            "tags": [],
            "account-status": "Default",
        },
        "relationships": {
            "account-type": to_one("account-type", Some("acttp_sandboxUser")),
        },
    })
}
