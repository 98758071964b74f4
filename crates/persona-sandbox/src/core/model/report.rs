//! Reports: what a database says about a person, a business or a value.
//!
//! Longer than 400 lines: half of it is the table of kinds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::VariantArray as _;

use super::{Entity, EventName};
use crate::core::clock::Moment;

/// What a report looks for (API specification, `POST /reports`).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum ReportKind {
    AddressLookup,
    AdverseMedia,
    BusinessAdverseMedia,
    BusinessLookup,
    BusinessWatchlist,
    CryptoAddressWatchlist,
    EmailAddress,
    PhoneNumber,
    PoliticallyExposedPerson,
    Profile,
    ProfileNonAuthoritative,
    SocialMedia,
    Synthetic,
    Watchlist,
}

/// The events of one kind of report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReportEvents {
    pub(crate) ready: EventName,
    /// `None` for a kind that finds no matches.
    pub(crate) matched: Option<EventName>,
    /// `None` for a kind whose matches cannot be dismissed.
    pub(crate) dismissed: Option<EventName>,
}

const PERSON: [&str; 6] = [
    "name-first",
    "name-middle",
    "name-last",
    "term",
    "birthdate",
    "country-code",
];

impl ReportKind {
    /// Every kind.
    pub(crate) const ALL: &'static [Self] = Self::VARIANTS;

    /// The kind as configurations spell it, without `report/`.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// Parses the JSON:API type.
    pub(crate) fn from_resource_type(text: &str) -> Option<Self> {
        text.strip_prefix("report/")?.parse().ok()
    }

    /// The JSON:API type.
    pub(crate) fn resource_type(self) -> String {
        format!("report/{}", self.as_str())
    }

    /// The JSON:API type of its templates.
    pub(crate) fn template_type(self) -> String {
        format!("report-template/{}", self.as_str())
    }

    /// The ID of the sandbox's one report template of this kind.
    pub(crate) fn default_template_id(self) -> String {
        let words = self.as_str().split('-');
        let name: String = words
            .map(|word| format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..]))
            .collect();
        format!("rptp_sandbox{name}")
    }

    /// The keys of its query; those that it cannot do without come first, and their number.
    pub(crate) fn query_keys(self) -> (&'static [&'static str], usize) {
        match self {
            Self::AddressLookup => (
                &[
                    "address-street-1",
                    "address-city",
                    "address-subdivision",
                    "address-postal-code",
                    "address-country-code",
                    "addressee",
                    "address-street-2",
                ],
                5,
            ),
            Self::AdverseMedia | Self::PoliticallyExposedPerson => (&PERSON, 0),
            Self::BusinessAdverseMedia => (&["term"], 1),
            Self::BusinessLookup => (
                &[
                    "business-name",
                    "address-street-1",
                    "address-city",
                    "address-subdivision",
                    "address-postal-code",
                    "address-street-2",
                    "address-country-code",
                    "phone-number",
                    "website",
                    "ein",
                ],
                5,
            ),
            Self::BusinessWatchlist => (&["term", "address-country-code"], 1),
            Self::CryptoAddressWatchlist => (&["crypto-address"], 1),
            Self::EmailAddress => (&["email-address"], 1),
            Self::PhoneNumber => (&["phone-number"], 1),
            Self::Profile => (
                &[
                    "name-first",
                    "name-last",
                    "birthdate",
                    "social-security-number",
                    "address-street-1",
                    "address-street-2",
                    "address-city",
                    "address-subdivision",
                    "address-postal-code",
                    "country-code",
                    "phone-number",
                ],
                0,
            ),
            Self::ProfileNonAuthoritative => (
                &[
                    "name-first",
                    "name-last",
                    "phone-number",
                    "email-address",
                    "address-city",
                    "address-subdivision",
                ],
                0,
            ),
            Self::SocialMedia => (
                &[
                    "name-first",
                    "name-last",
                    "birthdate",
                    "phone-number",
                    "email-address",
                    "address-city",
                    "address-subdivision",
                    "address-postal-code",
                    "address-country-code",
                ],
                0,
            ),
            Self::Synthetic => (
                &[
                    "name-first",
                    "name-last",
                    "birthdate",
                    "address-street-1",
                    "address-city",
                    "address-subdivision",
                    "address-postal-code",
                    "address-country-code",
                    "address-street-2",
                    "social-security-number",
                    "identification-number",
                    "phone-number",
                    "email-address",
                ],
                8,
            ),
            Self::Watchlist => (
                &[
                    "name-first",
                    "name-middle",
                    "name-last",
                    "term",
                    "birthdate",
                    "address-country-code",
                ],
                0,
            ),
        }
    }

    /// Its events.
    pub(crate) fn events(self) -> ReportEvents {
        use EventName as E;
        let (ready, matched, dismissed) = match self {
            Self::AddressLookup => (E::AddressLookupReady, None, None),
            Self::AdverseMedia => (
                E::AdverseMediaReady,
                Some(E::AdverseMediaMatched),
                Some(E::AdverseMediaDismissed),
            ),
            Self::BusinessAdverseMedia => (
                E::BusinessAdverseMediaReady,
                Some(E::BusinessAdverseMediaMatched),
                Some(E::BusinessAdverseMediaDismissed),
            ),
            Self::BusinessLookup => (E::BusinessLookupReady, None, None),
            Self::BusinessWatchlist => (
                E::BusinessWatchlistReady,
                Some(E::BusinessWatchlistMatched),
                Some(E::BusinessWatchlistDismissed),
            ),
            Self::CryptoAddressWatchlist => (
                E::CryptoAddressWatchlistReady,
                Some(E::CryptoAddressWatchlistMatched),
                None,
            ),
            Self::EmailAddress => (E::EmailAddressReady, None, None),
            Self::PhoneNumber => (E::PhoneNumberReady, None, None),
            Self::PoliticallyExposedPerson => (
                E::PoliticallyExposedPersonReady,
                Some(E::PoliticallyExposedPersonMatched),
                Some(E::PoliticallyExposedPersonDismissed),
            ),
            Self::Profile => (E::ProfileReady, None, None),
            Self::ProfileNonAuthoritative => (E::ProfileNonAuthoritativeReady, None, None),
            Self::SocialMedia => (E::SocialMediaReady, None, None),
            Self::Synthetic => (E::SyntheticReady, None, None),
            Self::Watchlist => (
                E::WatchlistReady,
                Some(E::WatchlistMatched),
                Some(E::WatchlistDismissed),
            ),
        };
        ReportEvents {
            ready,
            matched,
            dismissed,
        }
    }
}

/// What an entry of a report's history tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum ReportActionKind {
    /// The report was run, at first or again.
    Run,
    /// Its match was dismissed.
    Dismiss,
    /// Its monitoring was paused.
    Pause,
    /// Its monitoring was resumed.
    Resume,
}

/// An entry of a report's history.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ReportAction {
    /// `rpr_…` for a run, else `ract_…`
    pub(crate) id: String,
    pub(crate) kind: ReportActionKind,
    pub(crate) at: Moment,
    /// Whether a run found a match.
    pub(crate) has_match: bool,
    /// The reason of a dismissal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

impl Entity for ReportAction {
    fn id(&self) -> &str {
        &self.id
    }

    fn group(&self) -> Option<&str> {
        None
    }
}

/// A report. It is ready as soon as it is created.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Report {
    /// `rep_…`
    pub(crate) id: String,
    pub(crate) kind: ReportKind,
    /// `rptp_…`
    pub(crate) template_id: String,
    pub(crate) account_id: Option<String>,
    /// The inquiry whose workflow ran it.
    pub(crate) inquiry_id: Option<String>,
    /// What was asked, by the keys of its kind; a key that is absent has no value.
    pub(crate) query: BTreeMap<String, Value>,
    /// Whether there is a match that is not dismissed.
    pub(crate) has_match: bool,
    /// Whether its template monitors: it can be run again, paused and resumed.
    pub(crate) is_continuous: bool,
    pub(crate) is_paused: bool,
    pub(crate) tags: Vec<String>,
    /// Oldest first; the first is the run that made it.
    pub(crate) history: Vec<ReportAction>,
    pub(crate) created_at: Moment,
    pub(crate) completed_at: Moment,
    pub(crate) redacted_at: Option<Moment>,
}

impl Report {
    /// The name or term that was looked for.
    pub(crate) fn term(&self) -> String {
        if let Some(term) = self.text("term") {
            return term.to_owned();
        }
        let names = ["name-first", "name-middle", "name-last"];
        let names: Vec<_> = names.iter().filter_map(|key| self.text(key)).collect();
        names.join(" ")
    }

    /// A text of the query.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.query.get(key)?.as_str()
    }

    /// The ID of what the report matches, which a dismissal may name.
    pub(crate) fn entity_id(&self) -> String {
        let own = self.id.strip_prefix("rep_").unwrap_or(&self.id);
        format!("rent_{own}")
    }

    /// The same report without personal data.
    pub(crate) fn without_personal_data(&self) -> Self {
        Self {
            query: BTreeMap::new(),
            ..self.clone()
        }
    }
}

impl Entity for Report {
    fn id(&self) -> &str {
        &self.id
    }

    /// The inquiry that it was run for.
    fn group(&self) -> Option<&str> {
        self.inquiry_id.as_deref()
    }
}

/// What reports find: a setting of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReportSettings {
    /// Names, terms and values that reports match, in any casing.
    pub(crate) matches: Vec<String>,
    /// The IDs of report templates that monitor: their reports can be run again, paused and resumed.
    pub(crate) monitored_templates: Vec<String>,
}

impl ReportSettings {
    /// Whether a report that asks this finds a match.
    pub(crate) fn is_match(&self, report: &Report) -> bool {
        let term = report.term();
        let values = report.query.values().filter_map(Value::as_str);
        let mut asked = values.chain([term.as_str()]);
        asked.any(|value| {
            let is_it =
                |wanted: &String| wanted.trim().to_lowercase() == value.trim().to_lowercase();
            !value.trim().is_empty() && self.matches.iter().any(is_it)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_type_its_template_and_its_events() {
        for &kind in ReportKind::ALL {
            assert_eq!(
                ReportKind::from_resource_type(&kind.resource_type()),
                Some(kind)
            );
            let events = kind.events();
            let all = [Some(events.ready), events.matched, events.dismissed];
            for event in all.into_iter().flatten() {
                let start = format!("{}.", kind.resource_type());
                assert!(event.as_str().starts_with(&start), "{}", event.as_str());
            }
            let (keys, required) = kind.query_keys();
            assert!(required <= keys.len());
        }
        let template = ReportKind::CryptoAddressWatchlist.default_template_id();
        assert_eq!(template, "rptp_sandboxCryptoAddressWatchlist");
        assert_eq!(ReportKind::from_resource_type("report/horoscope"), None);
        assert_eq!(ReportKind::from_resource_type("watchlist"), None);
    }
}
