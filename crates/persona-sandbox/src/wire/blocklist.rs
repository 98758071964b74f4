//! Attributes that a webhook's payloads leave out.
//!
//! Docs: `webhook-attribute-blocklists`. A rule is a name, which counts on any object and at any
//! depth, or a path in the payload that begins with a slash: `/data/…` for the object itself,
//! `/included/…` for related ones, `/*/…` for both. In names and paths `*` stands for anything
//! within one part, casing does not matter, `?type=inquiry` limits a rule to one type of object,
//! and `!` in front exempts, whatever the order. An exempt attribute inside a blocked part is left
//! out with it, unless the part is exempt, too. Only what is inside `attributes` is left out: IDs,
//! types and relationships stay.

use serde_json::{Map, Value};

use crate::core::model::fold_key;

/// The rules of one webhook.
#[derive(Debug)]
pub(crate) struct Blocklist {
    blocked: Vec<Rule>,
    exempt: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    resource_type: Option<String>,
}

#[derive(Debug)]
enum Pattern {
    Name(String),
    Path(Vec<String>),
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

    /// Removes the blocked attributes from an event's payload, in the object and in related ones.
    pub(crate) fn apply(&self, payload: &mut Value) {
        if self.blocked.is_empty() {
            return;
        }
        for part in ["data", "included"] {
            match payload.get_mut(part) {
                Some(Value::Array(resources)) => {
                    for resource in resources {
                        self.apply_to(part, resource);
                    }
                }
                Some(resource) => self.apply_to(part, resource),
                None => {}
            }
        }
    }

    fn apply_to(&self, part: &str, resource: &mut Value) {
        let Some(resource) = resource.as_object_mut() else {
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
                path: vec![part.to_owned(), "attributes".to_owned()],
                resource_type: &resource_type,
            };
            self.cut_object(attributes, &mut place);
        }
    }

    fn cut_object(&self, object: &mut Map<String, Value>, place: &mut Place<'_>) {
        object.retain(|key, value| {
            place.path.push(fold_key(key));
            let matches = |rule: &Rule| rule.matches(place);
            let stays = !self.blocked.iter().any(matches) || self.exempt.iter().any(matches);
            if stays {
                self.cut(value, place);
            }
            place.path.pop();
            stays
        });
    }

    /// The objects of a list have the list's place.
    fn cut(&self, value: &mut Value, place: &mut Place<'_>) {
        match value {
            Value::Object(object) => self.cut_object(object, place),
            Value::Array(items) => items.iter_mut().for_each(|item| self.cut(item, place)),
            _ => {}
        }
    }
}

impl Rule {
    fn parse(text: &str) -> Self {
        let (pattern, query) = text.split_once('?').unwrap_or((text, ""));
        Self {
            pattern: match pattern.strip_prefix('/') {
                Some(path) => Pattern::Path(path.split('/').map(fold_key).collect()),
                None => Pattern::Name(fold_key(pattern)),
            },
            resource_type: query.strip_prefix("type=").map(str::to_owned),
        }
    }

    fn matches(&self, place: &Place<'_>) -> bool {
        let mut wanted = self.resource_type.iter();
        wanted.all(|wanted| wanted == place.resource_type)
            && match &self.pattern {
                Pattern::Name(name) => {
                    let found = place.path.last();
                    found.is_some_and(|found| matches(name, found))
                }
                Pattern::Path(parts) => {
                    let mut pairs = parts.iter().zip(&place.path);
                    parts.len() == place.path.len()
                        && pairs.all(|(part, found)| matches(part, found))
                }
            }
    }
}

/// Whether a name matches a pattern, in which `*` stands for anything.
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
    fn what_is_exempt_stays_whatever_the_order() {
        let expected = json!({"status": "approved"});
        assert_eq!(
            cut(&["/data/attributes/*", "!status"])["attributes"],
            expected
        );
        assert_eq!(
            cut(&["!sta*?type=inquiry", "/*/attributes/*"])["attributes"],
            expected
        );
        let other = cut(&["/data/attributes/*", "!status?type=account"]);
        assert_eq!(other["attributes"], json!({}));
    }

    #[test]
    fn a_nested_exemption_needs_one_of_what_it_is_in() {
        let alone = cut(&["/data/attributes/*", "!/data/attributes/fields/birthdate"]);
        assert_eq!(alone["attributes"], json!({}));
        let allowed = cut(&[
            "/data/attributes/*",
            "!/data/attributes/fields",
            "/data/attributes/fields/*",
            "!/data/attributes/fields/birthdate",
        ]);
        // What is inside the exempt field has a path of its own, which nothing blocks.
        assert_eq!(
            allowed["attributes"],
            json!({"fields": {"birthdate": {"type": "date", "value": "1990-05-01"}}})
        );
    }

    #[test]
    fn related_objects_and_lists_are_cut_too() {
        let rules = [
            "birthdate".to_owned(),
            "/included/*/name?type=account".to_owned(),
        ];
        let mut payload = json!({"data": {"type": "inquiry", "id": "inq_1", "attributes": {}},
        "included": [
            {"type": "account", "id": "act_1", "attributes": {"name": "Ada", "birthdate": 1}},
            {"type": "list", "id": "list_1",
                "attributes": {"name": "Dogs", "items": [{"birthdate": 1, "breed": 2}]}},
        ]});
        Blocklist::new(&rules).apply(&mut payload);
        assert_eq!(
            payload["included"],
            json!([
                {"type": "account", "id": "act_1", "attributes": {}},
                {"type": "list", "id": "list_1",
                    "attributes": {"name": "Dogs", "items": [{"breed": 2}]}},
            ])
        );
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("*", "") && matches("a*c*e", "abcde") && matches("a*", "a"));
        assert!(!matches("a*c", "ab") && !matches("a", "ab") && !matches("ab*b", "ab"));
    }
}
