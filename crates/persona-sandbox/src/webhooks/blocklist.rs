//! Attributes that a webhook's payloads leave out.
//!
//! Docs: `webhook-attribute-blocklists`. A rule is a name, which counts anywhere, or a path in
//! the payload that begins with a slash; `*` stands for anything within a name, casing does not
//! matter, `?type=inquiry` limits a path to one kind of object, and `!` in front exempts. Only
//! what is inside `attributes` is left out: IDs, types and relationships stay.

use serde_json::{Map, Value};

use crate::model::fold_key;

/// The rules of one webhook.
#[derive(Debug)]
pub(crate) struct Blocklist {
    blocked: Vec<Rule>,
    exempt: Vec<Rule>,
}

#[derive(Debug)]
enum Rule {
    Name(String),
    Path {
        segments: Vec<String>,
        resource_type: Option<String>,
    },
}

/// An attribute's place: the folded names from the top of the payload.
struct Place<'a> {
    path: Vec<String>,
    resource_type: &'a str,
}

impl Blocklist {
    /// Reads a webhook's rules.
    pub(crate) fn new(rules: &[String]) -> Self {
        let (exempt, blocked): (Vec<&str>, Vec<&str>) = rules
            .iter()
            .map(|rule| rule.trim())
            .filter(|rule| !rule.is_empty())
            .partition(|rule| rule.starts_with('!'));
        Self {
            blocked: blocked.into_iter().map(Rule::parse).collect(),
            exempt: exempt
                .into_iter()
                .map(|rule| Rule::parse(&rule[1..]))
                .collect(),
        }
    }

    /// Leaves out of an event's payload what is blocked.
    pub(crate) fn apply(&self, payload: &mut Value) {
        if self.blocked.is_empty() {
            return;
        }
        let Some(resource) = payload.get_mut("data").and_then(Value::as_object_mut) else {
            return;
        };
        let resource_type = resource
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if let Some(attributes) = resource
            .get_mut("attributes")
            .and_then(Value::as_object_mut)
        {
            let mut place = Place {
                path: vec!["data".to_owned(), "attributes".to_owned()],
                resource_type: &resource_type,
            };
            self.cut(attributes, &mut place, false);
        }
    }

    /// Cuts a level. With `blocked_above`, only what is exempt stays.
    fn cut(&self, level: &mut Map<String, Value>, place: &mut Place<'_>, blocked_above: bool) {
        level.retain(|key, value| {
            place.path.push(fold_key(key));
            let blocked = blocked_above || self.blocked.iter().any(|rule| rule.is_met_at(place));
            let exempt = self.exempt.iter().any(|rule| rule.is_met_at(place));
            let stays = match value {
                _ if exempt => true,
                Value::Object(inner) => {
                    self.cut(inner, place, blocked);
                    !blocked || !inner.is_empty()
                }
                _ => !blocked,
            };
            place.path.pop();
            stays
        });
    }
}

impl Rule {
    fn parse(text: &str) -> Self {
        let Some(path) = text.strip_prefix('/') else {
            return Self::Name(fold_key(text));
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self::Path {
            segments: path.split('/').map(fold_key).collect(),
            resource_type: query.strip_prefix("type=").map(str::to_owned),
        }
    }

    fn is_met_at(&self, place: &Place<'_>) -> bool {
        match self {
            Self::Name(pattern) => place.path.last().is_some_and(|name| matches(pattern, name)),
            Self::Path {
                segments,
                resource_type,
            } => {
                resource_type
                    .as_ref()
                    .is_none_or(|wanted| wanted == place.resource_type)
                    && segments.len() == place.path.len()
                    && segments
                        .iter()
                        .zip(&place.path)
                        .all(|(pattern, name)| matches(pattern, name))
            }
        }
    }
}

/// Whether a name is met by a pattern, in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cut(rules: &[&str]) -> Value {
        let rules: Vec<_> = rules.iter().map(|&rule| rule.to_owned()).collect();
        let mut payload = json!({"data": {"type": "inquiry", "id": "inq_1",
            "attributes": {"status": "approved", "reference-id": "usr_1", "fields": {
                "name_first": {"type": "string", "value": "Ada"},
                "name_last": {"type": "string", "value": "Example"},
                "birthdate": {"type": "date", "value": "1990-05-01"}}},
            "relationships": {"account": {"data": {"type": "account", "id": "act_1"}}}}});
        Blocklist::new(&rules).apply(&mut payload);
        payload["data"].take()
    }

    #[test]
    fn a_name_counts_anywhere_and_in_any_casing() {
        let fields = &cut(&["nameFirst", "BIRTH*"])["attributes"]["fields"];
        assert_eq!(
            fields,
            &json!({"name_last": {"type": "string", "value": "Example"}})
        );
    }

    #[test]
    fn a_path_counts_in_its_place_and_for_its_type() {
        let all = cut(&["/data/attributes/fields"]);
        assert_eq!(
            all["attributes"],
            json!({"status": "approved", "reference-id": "usr_1"})
        );
        assert_eq!(all["relationships"]["account"]["data"]["id"], "act_1");
        let names = cut(&["/data/attributes/fields/name-*?type=inquiry"]);
        assert_eq!(names["attributes"]["fields"].as_object().unwrap().len(), 1);
        let other = cut(&["/data/attributes/fields/name-*?type=account"]);
        assert_eq!(other["attributes"]["fields"].as_object().unwrap().len(), 3);
    }

    #[test]
    fn what_is_exempt_stays() {
        let kept = cut(&[
            "/data/attributes/*",
            "!status",
            "!/data/attributes/fields/birthdate",
        ]);
        assert_eq!(
            kept["attributes"],
            json!({"status": "approved",
                "fields": {"birthdate": {"type": "date", "value": "1990-05-01"}}})
        );
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("*", "") && matches("a*c*e", "abcde") && matches("a*", "a"));
        assert!(!matches("a*c", "ab") && !matches("a", "ab") && !matches("ab*b", "ab"));
    }
}
