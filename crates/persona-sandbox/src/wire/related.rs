//! Which related objects can be included, by the object of a response or an event (API specification,
//! the `include` of each operation).

/// A relationship that can be included, with those of the object that it leads to.
pub(crate) type Related = (&'static str, &'static [&'static str]);

/// The relationships of an inquiry that can be included.
pub(super) const INQUIRY_INCLUDES: [Related; 11] = [
    ("account", &["account-type"]),
    ("documents", &OF_DOCUMENT),
    ("inquiry-template", &["latest-published-version"]),
    ("inquiry-template-version", &["inquiry-template"]),
    ("reports", &OF_REPORT),
    ("reviewer", &[]),
    ("selfies", &["inquiry"]),
    ("sessions", &["device", "inquiry", "network"]),
    ("template", &[]),
    ("transaction", &OF_TRANSACTION),
    ("verifications", &OF_VERIFICATION),
];

pub(super) const OF_DOCUMENT: [&str; 6] = [
    "document-files",
    "inquiry",
    "inquiry-template",
    "inquiry-template-version",
    "template",
    "transaction",
];

pub(super) const OF_REPORT: [&str; 4] = ["account", "inquiry", "report-template", "transaction"];

pub(super) const OF_TRANSACTION: [&str; 4] = [
    "related-objects",
    "reviewer",
    "transaction-label",
    "transaction-type",
];

pub(super) const OF_VERIFICATION: [&str; 9] = [
    "accounts",
    "document",
    "inquiry",
    "inquiry-template",
    "inquiry-template-version",
    "template",
    "transaction",
    "verification-template",
    "verification-template-version",
];

/// The relationships of a verification that can be included.
pub(super) const VERIFICATION_INCLUDES: [Related; 9] = [
    ("accounts", &["account-type"]),
    ("document", &OF_DOCUMENT),
    ("inquiry", &INQUIRY_RELATIONSHIPS),
    ("inquiry-template", &["latest-published-version"]),
    ("inquiry-template-version", &["inquiry-template"]),
    ("template", &[]),
    ("transaction", &OF_TRANSACTION),
    ("verification-template", &[]),
    ("verification-template-version", &[]),
];

/// The relationships of a case that can be included.
pub(super) const CASE_INCLUDES: [Related; 8] = [
    ("accounts", &["account-type"]),
    ("case-comments", &[]),
    ("case-queue", &[]),
    ("case-template", &[]),
    ("inquiries", &INQUIRY_RELATIONSHIPS),
    ("reports", &OF_REPORT),
    ("txns", &OF_TRANSACTION),
    ("verifications", &OF_VERIFICATION),
];

/// The relationships of an account that can be included.
pub(super) const ACCOUNT_INCLUDES: [Related; 1] = [("account-type", &[])];

/// The relationships of a session, and of a selfie, that the payloads of events include.
pub(super) const SESSION_INCLUDES: [Related; 3] =
    [("device", &[]), ("inquiry", &[]), ("network", &[])];
pub(super) const SELFIE_INCLUDES: [Related; 1] = [("inquiry", &[])];

/// The relationships of a report that can be included.
pub(super) const REPORT_INCLUDES: [Related; 4] = [
    ("account", &["account-type"]),
    ("inquiry", &INQUIRY_RELATIONSHIPS),
    ("report-template", &[]),
    ("transaction", &OF_TRANSACTION),
];

/// The relationships of a document that can be included.
pub(super) const DOCUMENT_INCLUDES: [Related; 6] = [
    ("document-files", &[]),
    ("inquiry", &INQUIRY_RELATIONSHIPS),
    ("inquiry-template", &["latest-published-version"]),
    ("inquiry-template-version", &["inquiry-template"]),
    ("template", &[]),
    ("transaction", &OF_TRANSACTION),
];

/// The relationships of objects that are included with an inquiry.
pub(crate) const INQUIRY_RELATIONSHIPS: [&str; INQUIRY_INCLUDES.len()] = {
    let mut names = [""; INQUIRY_INCLUDES.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = INQUIRY_INCLUDES[index].0;
        index += 1;
    }
    names
};
