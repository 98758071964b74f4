//! Webhooks: the URLs that receive events, and their settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Entity, EventName};
use crate::core::clock::Moment;
use crate::core::inflection::Inflection;

/// Enables every event.
pub(crate) const ALL_EVENTS: &str = "*";

/// Every event that a webhook of Persona's can enable, by the object that it is about (API
/// specification, `enabled-events`); far more than the sandbox emits.
const EVENT_NAMES: &str = include_str!("event_names.txt");

/// Whether Persona has an event of this name.
pub(crate) fn is_event_name(name: &str) -> bool {
    let Some((object, verb)) = name.split_once('.') else {
        return false;
    };
    EVENT_NAMES
        .lines()
        .filter_map(|line| line.split_once(": "))
        .any(|(known, verbs)| known == object && verbs.split(' ').any(|known| known == verb))
}

/// The type of an event, which is the part of its name that says what it is about.
pub(crate) fn event_type(name: &str) -> &str {
    name.split_once('.').map_or(name, |(object, _)| object)
}

/// Whether Persona has events of this type.
pub(crate) fn is_event_type(name: &str) -> bool {
    let types = EVENT_NAMES.lines().filter_map(|line| line.split_once(": "));
    types.map(|(known, _)| known).any(|known| known == name)
}

/// The default events of a webhook: the five of the pre-create tutorial, and three without which a
/// copy of an inquiry's status would go stale.
pub(crate) const DEFAULT_EVENTS: [EventName; 8] = [
    EventName::Started,
    EventName::Completed,
    EventName::Approved,
    EventName::Declined,
    EventName::Failed,
    EventName::Expired,
    EventName::MarkedForReview,
    EventName::Redacted,
];

/// How long links to files in a payload are valid, in seconds (API specification, the default).
pub(crate) const FILE_LINK_SECONDS: i64 = 6 * 60 * 60;

/// The status of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum WebhookStatus {
    /// It sends.
    Enabled,
    /// It does not send, and its pending deliveries are cancelled.
    Disabled,
    /// It is removed; only its record remains.
    Archived,
}

impl WebhookStatus {
    /// The status as the API spells it.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A signing secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct WebhookSecret {
    /// The whole string, prefix and all, is the key.
    pub(crate) value: String,
    /// Set when the secret was rotated: until then both sign.
    pub(crate) expires_at: Option<Moment>,
}

/// A webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Webhook {
    /// `wbh_…`
    pub(crate) id: String,
    pub(crate) status: WebhookStatus,
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    /// The API version whose shape payloads have.
    pub(crate) api_version: String,
    pub(crate) key_inflection: Inflection,
    /// Names of events, or [`ALL_EVENTS`].
    pub(crate) enabled_events: Vec<String>,
    /// Rules for attributes that are left out.
    pub(crate) attribute_blocklist: Vec<String>,
    pub(crate) file_access_token_expires_in: i64,
    /// Whether payloads have related objects in `included`.
    pub(crate) has_included: bool,
    /// Which of them, by the type of event such as `inquiry`; empty for all of every event. A type
    /// that is absent has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) included_by_type: BTreeMap<String, Vec<String>>,
    /// Whether payloads have `relationships`.
    pub(crate) has_relationships: bool,
    /// What a payload must contain to be sent (docs: `webhook-event-filters`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payload_filter: Option<Map<String, Value>>,
    /// Sent along with every request; may hold secrets.
    pub(crate) custom_headers: BTreeMap<String, String>,
    /// Newest first, never empty.
    pub(crate) secrets: Vec<WebhookSecret>,
    pub(crate) created_at: Moment,
}

impl Webhook {
    /// A webhook with Persona's defaults.
    pub(crate) fn new(id: String, url: String, secret: String, at: Moment) -> Self {
        Self {
            id,
            status: WebhookStatus::Disabled,
            url,
            name: None,
            description: None,
            api_version: "2025-10-27".to_owned(),
            key_inflection: Inflection::Kebab,
            enabled_events: Vec::new(),
            attribute_blocklist: Vec::new(),
            file_access_token_expires_in: FILE_LINK_SECONDS,
            has_included: false,
            included_by_type: BTreeMap::new(),
            payload_filter: None,
            has_relationships: true,
            custom_headers: BTreeMap::new(),
            secrets: vec![WebhookSecret {
                value: secret,
                expires_at: None,
            }],
            created_at: at,
        }
    }

    /// Whether it is enabled and receives events of this name.
    pub(crate) fn subscribes_to(&self, name: EventName) -> bool {
        self.status == WebhookStatus::Enabled
            && self
                .enabled_events
                .iter()
                .any(|enabled| enabled == ALL_EVENTS || enabled == name.as_str())
    }

    /// The names of the related objects that payloads of this event include; `None` for all.
    pub(crate) fn included_names(&self, name: EventName) -> Option<&[String]> {
        if !self.has_included {
            return Some(&[]);
        }
        if self.included_by_type.is_empty() {
            return None;
        }
        let names = self.included_by_type.get(event_type(name.as_str()));
        match names.map(Vec::as_slice) {
            Some([all]) if all == ALL_EVENTS => None,
            names => Some(names.unwrap_or_default()),
        }
    }

    /// The secrets that sign at this time, newest first.
    pub(crate) fn current_secrets(&self, now: Moment) -> impl Iterator<Item = &WebhookSecret> {
        self.secrets
            .iter()
            .filter(move |secret| secret.expires_at.is_none_or(|at| now < at))
    }
}

impl Entity for Webhook {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_events_are_known_and_nothing_like_them() {
        for &name in EventName::ALL {
            assert!(is_event_name(name.as_str()), "{}", name.as_str());
        }
        assert!(is_event_name("report/watchlist.matched"));
        for name in [
            "inquiry.aproved",
            "inquiry",
            "inquiry.",
            ".approved",
            "inquiry.*",
            "",
        ] {
            assert!(!is_event_name(name), "{name}");
        }
    }
}
