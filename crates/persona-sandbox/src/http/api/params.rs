//! Reading a request's JSON body, piece by piece, with Persona's complaints.
//!
//! A complaint names the path in snake case, as Persona's do (docs: `errors`): for example
//! `data.attributes.note must be a string`.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::error::ApiError;
use crate::core::inflection::Inflection;
use crate::wire::Version;

/// An object of the body. Each part is taken out once; what is left at the end is unknown.
#[derive(Debug)]
pub(super) struct Params {
    path: String,
    map: Map<String, Value>,
}

type Read<T> = Result<Option<T>, ApiError>;

impl Params {
    /// The whole body, in kebab-case.
    pub(super) fn from_body(body: Value) -> Result<Self, ApiError> {
        match body {
            Value::Object(map) => Ok(Self {
                path: String::new(),
                map,
            }),
            _ => Err(ApiError::bad_request("The request body must be an object")),
        }
    }

    /// The path of one of this object's parts, as complaints name it.
    pub(super) fn path_to(&self, key: &str) -> String {
        let key = key.replace('-', "_");
        if self.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn complain(&self, key: &str, complaint: &str) -> ApiError {
        ApiError::bad_request(format!("{} {complaint}", self.path_to(key)))
    }

    /// Whether this part was given, null or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// A part of any type.
    pub(super) fn value(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key)
    }

    /// An object, empty if it is absent.
    pub(super) fn object(&mut self, key: &str) -> Result<Self, ApiError> {
        let path = self.path_to(key);
        match self.map.remove(key) {
            None => Ok(Self {
                path,
                map: Map::new(),
            }),
            Some(Value::Object(map)) => Ok(Self { path, map }),
            Some(_) => Err(self.complain(key, "must be an object")),
        }
    }

    /// An object that has to be there.
    pub(super) fn required_object(&mut self, key: &str) -> Result<Self, ApiError> {
        if self.has(key) {
            self.object(key)
        } else {
            Err(self.complain(key, "is missing"))
        }
    }

    /// A string; null is not one.
    pub(super) fn string(&mut self, key: &str) -> Read<String> {
        match self.map.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.complain(key, "must be a string")),
        }
    }

    /// The name of a tag.
    pub(super) fn tag(&mut self, key: &str) -> Read<String> {
        match self.string(key)? {
            Some(name) if name.trim().is_empty() => Err(self.complain(key, "must not be blank")),
            name => Ok(name),
        }
    }

    /// A string that has to be there.
    pub(super) fn required_string(&mut self, key: &str) -> Result<String, ApiError> {
        self.string(key)?
            .ok_or_else(|| self.complain(key, "is missing"))
    }

    /// A string; null counts as absent.
    pub(super) fn nullable_string(&mut self, key: &str) -> Read<String> {
        self.drop_null(key);
        self.string(key)
    }

    /// A string with a prefix, such as an ID; null counts as absent.
    pub(super) fn nullable_id(&mut self, key: &str, prefix: &str) -> Read<String> {
        match self.nullable_string(key)? {
            Some(id) if !id.starts_with(&format!("{prefix}_")) => {
                Err(self.complain(key, &format!("must start with {prefix}")))
            }
            id => Ok(id),
        }
    }

    /// A version of the API.
    pub(super) fn api_version(&mut self, key: &str) -> Read<String> {
        match self.string(key)? {
            Some(version) if Version::parse(&version).is_none() => {
                Err(self.complain(key, "is not an API version"))
            }
            version => Ok(version),
        }
    }

    /// A version of the API; null counts as absent.
    pub(super) fn nullable_api_version(&mut self, key: &str) -> Read<String> {
        self.drop_null(key);
        self.api_version(key)
    }

    /// A casing of keys.
    pub(super) fn inflection(&mut self, key: &str) -> Read<Inflection> {
        let Some(text) = self.string(key)? else {
            return Ok(None);
        };
        match Inflection::parse(&text) {
            Some(inflection) => Ok(Some(inflection)),
            None => Err(self.complain(key, "must be kebab, camel or snake")),
        }
    }

    /// A casing of keys; null counts as absent.
    pub(super) fn nullable_inflection(&mut self, key: &str) -> Read<Inflection> {
        self.drop_null(key);
        self.inflection(key)
    }

    /// A boolean.
    pub(super) fn boolean(&mut self, key: &str) -> Read<bool> {
        match self.map.remove(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(self.complain(key, "must be boolean")),
        }
    }

    /// An integer above zero.
    pub(super) fn positive_integer(&mut self, key: &str) -> Read<i64> {
        match self.map.remove(key) {
            None => Ok(None),
            Some(value) => match as_integer(&value) {
                Some(integer) if integer > 0 => Ok(Some(integer)),
                Some(_) => Err(self.complain(key, "must be greater than 0")),
                None => Err(self.complain(key, "must be an integer")),
            },
        }
    }

    /// An integer above zero; null counts as absent.
    pub(super) fn nullable_positive_integer(&mut self, key: &str) -> Read<i64> {
        self.drop_null(key);
        self.positive_integer(key)
    }

    /// An array of strings.
    pub(super) fn strings(&mut self, key: &str) -> Read<Vec<String>> {
        let Some(value) = self.map.remove(key) else {
            return Ok(None);
        };
        let Value::Array(items) = value else {
            return Err(self.complain(key, "must be an array"));
        };
        let strings: Option<Vec<_>> = items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Some(text),
                _ => None,
            })
            .collect();
        strings
            .map(Some)
            .ok_or_else(|| self.complain(key, "must be an array of strings"))
    }

    /// An array of strings; null counts as absent.
    pub(super) fn nullable_strings(&mut self, key: &str) -> Read<Vec<String>> {
        self.drop_null(key);
        self.strings(key)
    }

    /// Names of tags, each of them once.
    pub(super) fn tags(&mut self, key: &str) -> Read<Vec<String>> {
        let Some(mut names) = self.strings(key)? else {
            return Ok(None);
        };
        if names.iter().any(|name| name.trim().is_empty()) {
            return Err(self.complain(key, "must not have blank names"));
        }
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Ok(Some(names))
    }

    /// Names of tags; null counts as absent.
    pub(super) fn nullable_tags(&mut self, key: &str) -> Read<Vec<String>> {
        self.drop_null(key);
        self.tags(key)
    }

    /// An array of objects.
    pub(super) fn objects(&mut self, key: &str) -> Read<Vec<Self>> {
        let path = self.path_to(key);
        let complaint = self.complain(key, "must be an array of objects");
        let Some(value) = self.map.remove(key) else {
            return Ok(None);
        };
        let Value::Array(items) = value else {
            return Err(complaint);
        };
        let object = |(index, item)| match item {
            Value::Object(map) => Ok(Self {
                path: format!("{path}.{index}"),
                map,
            }),
            _ => Err(complaint.clone()),
        };
        items
            .into_iter()
            .enumerate()
            .map(object)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// An object whose keys are not fixed; null counts as absent.
    pub(super) fn nullable_map(&mut self, key: &str) -> Read<Map<String, Value>> {
        match self.map.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(_) => Err(self.complain(key, "must be an object")),
        }
    }

    fn drop_null(&mut self, key: &str) {
        if self.map.get(key).is_some_and(Value::is_null) {
            self.map.remove(key);
        }
    }

    /// Removes and returns the parts that `wanted` picks.
    pub(super) fn take_if(&mut self, wanted: impl Fn(&str) -> bool) -> Map<String, Value> {
        let map = std::mem::take(&mut self.map);
        let (taken, left) = map.into_iter().partition(|(key, _)| wanted(key));
        self.map = left;
        taken
    }

    /// Complains about a part that nobody took.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(unknown) => Err(self.complain(unknown, "is not a known parameter")),
        }
    }
}

/// An integer, also when written with a fraction of zero, which JSON does not tell apart.
fn as_integer(value: &Value) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be within the range"
    )]
    let from_float =
        |float: f64| (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64);
    value
        .as_i64()
        .or_else(|| value.as_u64().map(|_| i64::MAX))
        .or_else(|| value.as_f64().and_then(from_float))
}
