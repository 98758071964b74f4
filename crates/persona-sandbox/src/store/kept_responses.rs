//! The responses that are kept for their idempotency keys, found by key, by age and by the objects
//! that they mention and that can be redacted.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::core::clock::Moment;
use crate::core::model::Entity;

/// What the IDs of objects begin with whose redaction empties what mentions them: inquiries, reports
/// and cases.
const PREFIXES: [&str; 3] = ["inq_", "rep_", "case_"];

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
    /// `None` once an object in it is redacted.
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

    /// The same response after an object in it was redacted: without a body, but the key stays
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
    /// The keys of the responses that mention an object, by its ID.
    by_object: HashMap<String, BTreeSet<String>>,
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
        for id in redactable_ids(response.text()) {
            match self.by_object.get_mut(id) {
                Some(keys) => {
                    keys.insert(key.to_owned());
                }
                None => {
                    let keys = BTreeSet::from([key.to_owned()]);
                    self.by_object.insert(id.to_owned(), keys);
                }
            }
        }
    }

    fn unindex(&mut self, key: &str) {
        let Some(response) = self.rows.find(key) else {
            return;
        };
        self.by_age.remove(&(response.at, key.to_owned()));
        for id in redactable_ids(response.text()) {
            if let Some(keys) = self.by_object.get_mut(id) {
                keys.remove(key);
                if keys.is_empty() {
                    self.by_object.remove(id);
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

    /// The responses that mention this object.
    pub(crate) fn mentioning(&self, id: &str) -> Vec<Arc<KeptResponse>> {
        let keys = self.by_object.get(id).into_iter().flatten();
        keys.filter_map(|key| self.rows.find(key))
            .cloned()
            .collect()
    }

    /// All responses.
    pub(crate) fn rows(&self) -> &Table<KeptResponse> {
        &self.rows
    }
}

/// The IDs of objects in a text whose redaction empties it, with repetitions.
pub(crate) fn redactable_ids(text: &str) -> impl Iterator<Item = &str> {
    PREFIXES.iter().flat_map(move |prefix| {
        text.match_indices(prefix).map(|(start, _)| {
            let id = &text[start..];
            let after_prefix = &id[prefix.len()..];
            let length = after_prefix
                .find(|letter: char| !letter.is_ascii_alphanumeric())
                .unwrap_or(after_prefix.len());
            &id[..prefix.len() + length]
        })
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
    fn responses_are_found_by_the_objects_in_them() {
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
        kept.put(response("c", 0, r#"["rep_1", "case_1"]"#));
        assert_eq!(keys(&kept.mentioning("rep_1")), ["c"]);
        assert_eq!(keys(&kept.mentioning("case_1")), ["c"]);
    }
}
