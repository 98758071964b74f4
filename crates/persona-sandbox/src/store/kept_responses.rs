//! The responses that are kept for their idempotency keys, found by key, by age and by the
//! inquiries that they mention.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::core::clock::Moment;
use crate::core::model::Entity;

/// What an inquiry's ID begins with.
const INQUIRY_PREFIX: &str = "inq_";

/// How long the response of a key is kept (docs: `idempotence`, at least a day).
const RETENTION_SECONDS: i64 = 24 * 60 * 60;

/// The first response of an idempotency key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct KeptResponse {
    pub(crate) key: String,
    /// Identifies the parameters of the request.
    pub(crate) fingerprint: String,
    pub(crate) at: Moment,
    pub(crate) status: u16,
    /// `None` once an inquiry in it is redacted.
    pub(crate) body: Option<String>,
    pub(crate) request_id: String,
}

impl KeptResponse {
    /// Whether its key may be used again.
    pub(crate) fn is_expired(&self, now: Moment) -> bool {
        now >= self.at.plus_seconds(RETENTION_SECONDS)
    }

    /// The body, empty once it is redacted.
    fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }

    /// The same response after an inquiry in it was redacted: without a body, but the key stays
    /// used.
    pub(super) fn without_body(&self) -> Self {
        Self {
            body: None,
            ..self.clone()
        }
    }
}

impl Entity for KeptResponse {
    fn id(&self) -> &str {
        &self.key
    }

    fn group(&self) -> Option<&str> {
        None
    }
}

/// The kept responses. Part of the state, which changes them by its records only.
#[derive(Debug, Default)]
pub(crate) struct KeptResponses {
    rows: Table<KeptResponse>,
    /// By the time at which they were kept, not by number, because the clock can be set back.
    by_age: BTreeSet<(Moment, String)>,
    /// The keys of the responses that mention an inquiry, by its ID.
    by_inquiry: HashMap<String, BTreeSet<String>>,
}

impl KeptResponses {
    /// Adds a response, or replaces the one of its key. Returns its number and the replaced
    /// response.
    pub(crate) fn put(&mut self, response: Arc<KeptResponse>) -> (u64, Option<Arc<KeptResponse>>) {
        self.unindex(response.id());
        self.index(&response);
        self.rows.put(response)
    }

    /// Puts a response under its own number.
    pub(crate) fn put_at(&mut self, number: u64, response: Arc<KeptResponse>) {
        self.unindex(response.id());
        self.index(&response);
        self.rows.put_at(number, response);
    }

    /// Removes the response of a key.
    pub(crate) fn remove(&mut self, key: &str) -> Option<(u64, Arc<KeptResponse>)> {
        self.unindex(key);
        self.rows.remove(key)
    }

    fn index(&mut self, response: &KeptResponse) {
        let key = response.id();
        self.by_age.insert((response.at, key.to_owned()));
        for inquiry_id in inquiry_ids(response.text()) {
            match self.by_inquiry.get_mut(inquiry_id) {
                Some(keys) => {
                    keys.insert(key.to_owned());
                }
                None => {
                    let keys = BTreeSet::from([key.to_owned()]);
                    self.by_inquiry.insert(inquiry_id.to_owned(), keys);
                }
            }
        }
    }

    fn unindex(&mut self, key: &str) {
        let Some(response) = self.rows.find(key) else {
            return;
        };
        self.by_age.remove(&(response.at, key.to_owned()));
        for inquiry_id in inquiry_ids(response.text()) {
            if let Some(keys) = self.by_inquiry.get_mut(inquiry_id) {
                keys.remove(key);
                if keys.is_empty() {
                    self.by_inquiry.remove(inquiry_id);
                }
            }
        }
    }

    /// The response of a key.
    pub(crate) fn find(&self, key: &str) -> Option<&Arc<KeptResponse>> {
        self.rows.find(key)
    }

    /// The responses that are expired at `now`.
    pub(crate) fn expired_by(&self, now: Moment) -> Vec<Arc<KeptResponse>> {
        self.by_age
            .iter()
            .filter_map(|(_, key)| self.rows.find(key))
            .take_while(|response| response.is_expired(now))
            .cloned()
            .collect()
    }

    /// The responses that mention this inquiry.
    pub(crate) fn mentioning(&self, inquiry_id: &str) -> Vec<Arc<KeptResponse>> {
        let keys = self.by_inquiry.get(inquiry_id).into_iter().flatten();
        keys.filter_map(|key| self.rows.find(key))
            .cloned()
            .collect()
    }

    /// All responses.
    pub(crate) fn rows(&self) -> &Table<KeptResponse> {
        &self.rows
    }
}

/// The IDs of inquiries in a text, with repetitions.
pub(crate) fn inquiry_ids(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(INQUIRY_PREFIX).map(|(start, _)| {
        let id = &text[start..];
        let after_prefix = &id[INQUIRY_PREFIX.len()..];
        let length = after_prefix
            .find(|letter: char| !letter.is_ascii_alphanumeric())
            .unwrap_or(after_prefix.len());
        &id[..INQUIRY_PREFIX.len() + length]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(key: &str, at: i64, body: &str) -> Arc<KeptResponse> {
        let at = Moment::from_millis(1_000_000_000_000).plus_seconds(at);
        Arc::new(KeptResponse {
            key: key.to_owned(),
            fingerprint: String::new(),
            at,
            status: 200,
            body: Some(body.to_owned()),
            request_id: "req_1".to_owned(),
        })
    }

    fn keys(responses: &[Arc<KeptResponse>]) -> Vec<&str> {
        responses.iter().map(|response| response.id()).collect()
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_the_old_ones() {
        let mut kept = KeptResponses::default();
        kept.put(response("from the future", 10_000_000, ""));
        kept.put(response("yesterday", 0, ""));
        let now = Moment::from_millis(1_000_000_000_000).plus_seconds(24 * 60 * 60);
        assert_eq!(keys(&kept.expired_by(now)), ["yesterday"]);
        kept.remove("yesterday");
        assert!(kept.expired_by(now).is_empty());
    }

    #[test]
    fn responses_are_found_by_the_inquiries_in_them() {
        let mut kept = KeptResponses::default();
        kept.put(response(
            "a",
            0,
            r#"{"id":"inq_1","next":"/x/inq_2?inq_1"}"#,
        ));
        kept.put(response("b", 0, r#"["inq_12"]"#));
        assert_eq!(keys(&kept.mentioning("inq_1")), ["a"]);
        assert_eq!(keys(&kept.mentioning("inq_2")), ["a"]);
        assert_eq!(keys(&kept.mentioning("inq_12")), ["b"]);
        kept.put(Arc::new(kept.find("a").unwrap().without_body()));
        assert!(kept.mentioning("inq_1").is_empty());
    }
}
