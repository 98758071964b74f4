//! The operations of the API: which request is which, and the short name that counts and faults
//! know it by.

use axum::http::Method;

/// One operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    List,
    Create,
    Retrieve,
    Update,
    Redact,
    Resume,
    OneTimeLink,
    Approve,
    Decline,
    MarkForReview,
    Expire,
    AddTag,
    RemoveTag,
    SetTags,
    Print,
    Search,
    Simulate,
    SessionList,
    SessionCreate,
    SessionRetrieve,
    SessionExpire,
    SessionExpireAll,
    SessionOneTimeLink,
    TemplateList,
    Template,
    EventList,
    EventRetrieve,
    WebhookList,
    WebhookCreate,
    WebhookRetrieve,
    WebhookUpdate,
    WebhookArchive,
    WebhookEnable,
    WebhookDisable,
    WebhookRotateSecret,
    WebhookClone,
}

/// Every operation: its name, method, and path with `*` for an ID.
pub(crate) static TABLE: [(Operation, &str, Method, &[&str]); Operation::COUNT] = {
    use Operation as O;
    [
        (O::List, "list", Method::GET, &["inquiries"]),
        (O::Create, "create", Method::POST, &["inquiries"]),
        (O::Search, "search", Method::POST, &["inquiries", "search"]),
        (O::Retrieve, "retrieve", Method::GET, &["inquiries", "*"]),
        (O::Update, "update", Method::PATCH, &["inquiries", "*"]),
        (O::Redact, "redact", Method::DELETE, &["inquiries", "*"]),
        (
            O::Resume,
            "resume",
            Method::POST,
            &["inquiries", "*", "resume"],
        ),
        (
            O::OneTimeLink,
            "one-time-link",
            Method::POST,
            &["inquiries", "*", "generate-one-time-link"],
        ),
        (
            O::Approve,
            "approve",
            Method::POST,
            &["inquiries", "*", "approve"],
        ),
        (
            O::Decline,
            "decline",
            Method::POST,
            &["inquiries", "*", "decline"],
        ),
        (
            O::MarkForReview,
            "mark-for-review",
            Method::POST,
            &["inquiries", "*", "mark-for-review"],
        ),
        (
            O::Expire,
            "expire",
            Method::POST,
            &["inquiries", "*", "expire"],
        ),
        (
            O::AddTag,
            "add-tag",
            Method::POST,
            &["inquiries", "*", "add-tag"],
        ),
        (
            O::RemoveTag,
            "remove-tag",
            Method::POST,
            &["inquiries", "*", "remove-tag"],
        ),
        (
            O::SetTags,
            "set-tags",
            Method::POST,
            &["inquiries", "*", "set-tags"],
        ),
        (O::Print, "print", Method::GET, &["inquiries", "*", "print"]),
        (
            O::Simulate,
            "simulate",
            Method::POST,
            &["inquiries", "*", "perform-simulate-actions"],
        ),
        (
            O::SessionList,
            "session-list",
            Method::GET,
            &["inquiry-sessions"],
        ),
        (
            O::SessionCreate,
            "session-create",
            Method::POST,
            &["inquiry-sessions"],
        ),
        (
            O::SessionExpireAll,
            "session-expire-all",
            Method::POST,
            &["inquiry-sessions", "expire-all"],
        ),
        (
            O::SessionRetrieve,
            "session-retrieve",
            Method::GET,
            &["inquiry-sessions", "*"],
        ),
        (
            O::SessionExpire,
            "session-expire",
            Method::POST,
            &["inquiry-sessions", "*", "expire"],
        ),
        (
            O::SessionOneTimeLink,
            "session-one-time-link",
            Method::POST,
            &["inquiry-sessions", "*", "generate-one-time-link"],
        ),
        (
            O::TemplateList,
            "template-list",
            Method::GET,
            &["inquiry-templates"],
        ),
        (
            O::Template,
            "template",
            Method::GET,
            &["inquiry-templates", "*"],
        ),
        (O::EventList, "event-list", Method::GET, &["events"]),
        (
            O::EventRetrieve,
            "event-retrieve",
            Method::GET,
            &["events", "*"],
        ),
        (O::WebhookList, "webhook-list", Method::GET, &["webhooks"]),
        (
            O::WebhookCreate,
            "webhook-create",
            Method::POST,
            &["webhooks"],
        ),
        (
            O::WebhookRetrieve,
            "webhook-retrieve",
            Method::GET,
            &["webhooks", "*"],
        ),
        (
            O::WebhookUpdate,
            "webhook-update",
            Method::PATCH,
            &["webhooks", "*"],
        ),
        (
            O::WebhookArchive,
            "webhook-archive",
            Method::POST,
            &["webhooks", "*", "archive"],
        ),
        (
            O::WebhookEnable,
            "webhook-enable",
            Method::POST,
            &["webhooks", "*", "enable"],
        ),
        (
            O::WebhookDisable,
            "webhook-disable",
            Method::POST,
            &["webhooks", "*", "disable"],
        ),
        (
            O::WebhookRotateSecret,
            "webhook-rotate-secret",
            Method::POST,
            &["webhooks", "*", "rotate-secret"],
        ),
        (
            O::WebhookClone,
            "webhook-clone",
            Method::POST,
            &["webhooks", "*", "clone"],
        ),
    ]
};

impl Operation {
    /// How many operations there are; [`Operation::index`] is below it.
    pub(crate) const COUNT: usize = 36;

    /// Every operation.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|&(operation, ..)| operation)
    }

    /// A number of its own.
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// The short name, in faults and counts.
    pub(crate) fn name(self) -> &'static str {
        TABLE
            .iter()
            .find(|(operation, ..)| *operation == self)
            .map_or("", |&(_, name, ..)| name)
    }

    /// The operation with this short name.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|(_, known, ..)| *known == name)
            .map(|&(operation, ..)| operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_name_and_a_number_of_its_own() {
        for (position, operation) in Operation::all().enumerate() {
            assert_eq!(Operation::by_name(operation.name()), Some(operation));
            let shared = Operation::all()
                .skip(position + 1)
                .any(|o| o.index() == operation.index());
            assert!(!shared && operation.index() < Operation::COUNT);
        }
    }
}
