//! What is set for the API keys of an environment.

use std::collections::BTreeSet;

use super::inflection::Inflection;

/// The settings of the API keys of an environment, as Persona has them for each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeySettings {
    /// The version of requests that name none.
    pub(crate) api_version: Option<String>,
    /// The casing of responses to requests that name none.
    pub(crate) inflection: Option<Inflection>,
    /// The permissions that keys do not have.
    pub(crate) denied_permissions: BTreeSet<String>,
    /// Rules for attributes that responses leave out.
    pub(crate) attribute_blocklist: Vec<String>,
    /// How long links to files are valid; Persona's default if absent.
    pub(crate) file_link_seconds: Option<i64>,
    /// The ID of the key, if the API made it.
    pub(crate) key_id: Option<String>,
}

impl KeySettings {
    /// The permissions that keys have.
    pub(crate) fn permissions(&self) -> impl Iterator<Item = &'static str> {
        let all = PERMISSIONS.iter().copied();
        all.filter(|name| !self.denied_permissions.contains(*name))
    }
}

/// Every permission that is known here (docs: `api-keys`, and `api-changelog` of 2026-05-04 for
/// those of account types and case templates). Persona adds to the list at any time. That of
/// inquiry templates is our guess.
pub(crate) static PERMISSIONS: &[&str] = &[
    "account.read",
    "account.write",
    "account_type.read",
    "api_key.read",
    "api_key.scim",
    "api_key.write",
    "api_log.read",
    "case.read",
    "case.write",
    "case_template.read",
    "document.read",
    "document.write",
    "event.read",
    "filing.write",
    "importer.read",
    "importer.write",
    "inquiry.read",
    "inquiry.write",
    "inquiry_template.read",
    "list.read",
    "list.write",
    "report.read",
    "report.write",
    "txn.read",
    "txn.write",
    "user_audit_log.read",
    "verification.read",
    "verification.write",
    "webhook.read",
    "webhook.write",
    "workflow.trigger",
];

/// Checks the name of a permission.
///
/// # Errors
///
/// A sentence with the names that there are.
pub(crate) fn check_permission(name: &str) -> Result<(), String> {
    if PERMISSIONS.contains(&name) {
        return Ok(());
    }
    let known = PERMISSIONS.join(", ");
    Err(format!(
        "there is no permission {name}; those known here are {known}"
    ))
}
