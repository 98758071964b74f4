//! Nearly valid payloads: Persona's golden payloads with random changes.
//!
//! A mutation is a value, so that proptest can remove the ones that do not contribute to a failure.

use std::path::Path;

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::Value;

/// How many cases a property is tried with: `PROPTEST_CASES`, or a number that takes seconds.
#[expect(clippy::disallowed_methods, reason = "a setting of the test")]
pub fn cases(default: u32) -> u32 {
    std::env::var("PROPTEST_CASES").map_or(default, |cases| cases.parse().unwrap())
}

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    serde_json::from_slice(&std::fs::read(path.join(name)).unwrap()).unwrap()
}

/// A JSON text in which keys can be doubled and values be none.
#[derive(Debug, Clone)]
enum Json {
    Raw(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), value.into()))
                    .collect(),
            ),
            other => Self::Raw(other.to_string()),
        }
    }
}

impl Json {
    fn write(&self, text: &mut String) {
        match self {
            Self::Raw(raw) => text.push_str(raw),
            Self::Array(items) => {
                text.push('[');
                for (place, item) in items.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { "" });
                    item.write(text);
                }
                text.push(']');
            }
            Self::Object(members) => {
                text.push('{');
                for (place, (name, value)) in members.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { "" });
                    text.push_str(&Value::from(name.as_str()).to_string());
                    text.push(':');
                    value.write(text);
                }
                text.push('}');
            }
        }
    }

    fn count(&self) -> usize {
        1 + match self {
            Self::Raw(_) => 0,
            Self::Array(items) => items.iter().map(Self::count).sum(),
            Self::Object(members) => members.iter().map(|(_, value)| value.count()).sum(),
        }
    }

    /// The node with this number, counted from the root, depth first.
    fn node(&mut self, mut number: usize) -> Option<&mut Self> {
        if number == 0 {
            return Some(self);
        }
        number -= 1;
        let children: Vec<&mut Self> = match self {
            Self::Raw(_) => Vec::new(),
            Self::Array(items) => items.iter_mut().collect(),
            Self::Object(members) => members.iter_mut().map(|(_, value)| value).collect(),
        };
        for child in children {
            let count = child.count();
            if number < count {
                return child.node(number);
            }
            number -= count;
        }
        None
    }
}

impl Json {
    fn at(&mut self, place: &Index) -> &mut Self {
        let count = self.count();
        self.node(place.index(count)).unwrap()
    }
}

/// One change to a payload.
#[derive(Debug, Clone)]
pub enum Mutation {
    /// Another value in a place.
    Replace(Index, String),
    /// Nothing in a place.
    Remove(Index, Index),
    /// A member twice, the second time with another value.
    Repeat(Index, Index, String),
    /// Another name for a member.
    Rename(Index, Index, String),
    /// A value within so many arrays or objects.
    Nest(Index, usize, bool),
    /// The text ends here.
    Truncate(Index),
    /// A bit of the text is another.
    Flip(Index, u8),
    /// Something in the text that does not belong there.
    Insert(Index, Vec<u8>),
    /// The text in another encoding.
    Utf16,
    /// A byte order mark before the text.
    Mark,
    /// Nothing of it is left.
    Garbage(Vec<u8>),
}

/// Values that are hard to read or to count with.
fn odd_value() -> impl Strategy<Value = String> {
    let known = select(vec![
        "null",
        "true",
        "0",
        "-0",
        "-1",
        "1e999",
        "-1e999",
        "1e-999",
        "18446744073709551616",
        "-9223372036854775809",
        "99999999999999999999999999999999999999999999",
        "0.1",
        "\"\"",
        "\" \"",
        "\"\\u0000\"",
        "\"a\\u0000b\"",
        "\"\\ud800\"",
        "\"\\udfff\\ud800\"",
        "\"\\u202e\\ufeff\"",
        "\"a\\r\\nb\\u001b[31m\"",
        "\"created\"",
        "\"pending\"",
        "\"tomorrow\"",
        "\"usr_ABC123\"",
        "\"usr_SomebodyElse\"",
        "\"-009999-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59.999999999Z\"",
        "\"+999999-01-01T00:00:00Z\"",
        "\"2026-02-30T25:61:61Z\"",
        "\"2026-01-05T10:00:00+99:99\"",
        "\"2026-01-05\"",
        "\"0\"",
        "[]",
        "{}",
        "[[]]",
        "{\"data\":null}",
        "NaN",
        "Infinity",
        "undefined",
        "'a'",
        "01",
        "",
    ]);
    prop_oneof![
        6 => known.prop_map(ToOwned::to_owned),
        1 => any::<i64>().prop_map(|it| it.to_string()),
        1 => any::<f64>().prop_map(|it| it.to_string()),
        2 => any::<String>().prop_map(|it| Value::from(it).to_string()),
        1 => (1_usize..20_000).prop_map(|length| format!("\"{}\"", "a".repeat(length))),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<Index>;
    prop_oneof![
        8 => (place(), odd_value()).prop_map(|(a, b)| Mutation::Replace(a, b)),
        4 => (place(), place()).prop_map(|(a, b)| Mutation::Remove(a, b)),
        3 => (place(), place(), odd_value()).prop_map(|(a, b, c)| Mutation::Repeat(a, b, c)),
        2 => (place(), place(), any::<String>()).prop_map(|(a, b, c)| Mutation::Rename(a, b, c)),
        2 => (place(), select(vec![1_usize, 3, 100, 127, 128, 1_000, 50_000]), any::<bool>())
            .prop_map(|(a, b, c)| Mutation::Nest(a, b, c)),
        1 => place().prop_map(Mutation::Truncate),
        1 => (place(), 0_u8..8).prop_map(|(a, b)| Mutation::Flip(a, b)),
        1 => (place(), vec(any::<u8>(), 0..20)).prop_map(|(a, b)| Mutation::Insert(a, b)),
        1 => Just(Mutation::Utf16),
        1 => Just(Mutation::Mark),
        1 => vec(any::<u8>(), 0..200).prop_map(Mutation::Garbage),
    ]
}

/// Up to four mutations; none at all, too.
pub fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    vec(mutation(), 0..=4)
}

/// A payload after these mutations.
pub fn mutate(payload: &Value, mutations: &[Mutation]) -> Vec<u8> {
    let mut json = Json::from(payload);
    for mutation in mutations {
        mutation.apply_to_tree(&mut json);
    }
    let mut text = String::new();
    json.write(&mut text);
    let mut bytes = text.into_bytes();
    for mutation in mutations {
        mutation.apply_to_text(&mut bytes);
    }
    bytes
}

impl Mutation {
    fn apply_to_tree(&self, json: &mut Json) {
        match self {
            Self::Replace(place, raw) => *json.at(place) = Json::Raw(raw.clone()),
            Self::Nest(place, depth, is_array) => {
                let (open, close) = if *is_array {
                    ("[", "]")
                } else {
                    ("{\"a\":", "}")
                };
                let node = json.at(place);
                let mut text = open.repeat(*depth);
                node.write(&mut text);
                text.push_str(&close.repeat(*depth));
                *node = Json::Raw(text);
            }
            Self::Remove(place, which) => match json.at(place) {
                Json::Object(members) if !members.is_empty() => {
                    members.remove(which.index(members.len()));
                }
                Json::Array(items) if !items.is_empty() => {
                    items.remove(which.index(items.len()));
                }
                _ => {}
            },
            Self::Repeat(place, which, raw) => match json.at(place) {
                Json::Object(members) if !members.is_empty() => {
                    let name = members[which.index(members.len())].0.clone();
                    members.push((name, Json::Raw(raw.clone())));
                }
                Json::Array(items) if !items.is_empty() => {
                    items.push(items[which.index(items.len())].clone());
                }
                _ => {}
            },
            Self::Rename(place, which, name) => {
                if let Json::Object(members) = json.at(place)
                    && !members.is_empty()
                {
                    let which = which.index(members.len());
                    members[which].0.clone_from(name);
                }
            }
            _ => {}
        }
    }

    fn apply_to_text(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Truncate(place) => bytes.truncate(place.index(bytes.len() + 1)),
            Self::Flip(place, bit) if !bytes.is_empty() => {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
            Self::Insert(place, odd) => {
                let place = place.index(bytes.len() + 1);
                bytes.splice(place..place, odd.iter().copied());
            }
            Self::Utf16 => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                *bytes = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            }
            Self::Mark => {
                bytes.splice(0..0, *b"\xef\xbb\xbf");
            }
            Self::Garbage(odd) => bytes.clone_from(odd),
            _ => {}
        }
    }
}
