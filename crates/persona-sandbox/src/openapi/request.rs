//! Checking a request against the schemas of its operation.
//!
//! Headers are left to the API, which checks those that it takes itself.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{FileOperation, OpenApi, path_parameters};

/// What is checked of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestParts<'a> {
    /// Below the API's base.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// In kebab-case, as the file has it.
    pub(crate) body: &'a [u8],
}

impl OpenApi {
    /// Whether the request fits its operation.
    pub(super) fn check(
        &self,
        operation: &FileOperation,
        request: &RequestParts<'_>,
    ) -> Result<(), String> {
        let item = format!("/paths/{}", escaped(&operation.path));
        let own = format!("{item}/{}", operation.method);
        for owner in [&item, &own] {
            let parameters = format!("{owner}/parameters");
            let given = self.document.pointer(&parameters).and_then(Value::as_array);
            for index in 0..given.map_or(0, Vec::len) {
                let place = format!("{parameters}/{index}");
                self.check_parameter(&self.followed(place), operation, request)?;
            }
        }
        self.check_body(&self.followed(format!("{own}/requestBody")), request)
    }

    fn check_parameter(
        &self,
        place: &str,
        operation: &FileOperation,
        request: &RequestParts<'_>,
    ) -> Result<(), String> {
        let Some(parameter) = self.document.pointer(place) else {
            return Ok(());
        };
        let name = parameter["name"].as_str().unwrap_or_default();
        let schema = self.resolve(&parameter["schema"]);
        let value = match parameter["in"].as_str() {
            Some("query") => self.query_value(schema, name, request.query),
            Some("path") => {
                let parameters = path_parameters(&operation.path, request.path);
                let found = parameters.into_iter().flatten();
                let found = found.filter(|(known, _)| *known == name);
                found.map(|(_, text)| self.typed(schema, text)).next()
            }
            _ => return Ok(()),
        };
        match value {
            Some(value) => self.check_value(&format!("{place}/schema"), name, &value),
            None if parameter["required"] == true => Err(format!("{name} is missing")),
            None => Ok(()),
        }
    }

    /// The value of a parameter: an object, if the query names its members as `filter[status]`.
    fn query_value(&self, schema: &Value, name: &str, query: &str) -> Option<Value> {
        let mut members = Map::new();
        for (key, text) in form_urlencoded::parse(query.as_bytes()) {
            if key == name {
                return Some(self.typed(schema, &text));
            }
            let member = key
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
            if let Some(member) = member {
                let value = self.typed(&schema["properties"][member], &text);
                members.insert(member.to_owned(), value);
            }
        }
        (!members.is_empty()).then_some(Value::Object(members))
    }

    /// The text in the type that the schema has, if it can be read so.
    fn typed(&self, schema: &Value, text: &str) -> Value {
        let kind = &self.resolve(schema)["type"];
        let has = |wanted: &str| {
            let kinds = kind.as_array().into_iter().flatten();
            kind == wanted || kinds.into_iter().any(|it| it == wanted)
        };
        let read: Option<Value> = serde_json::from_str(text).ok();
        match read {
            Some(number @ Value::Number(_)) if has("integer") || has("number") => number,
            Some(value @ Value::Bool(_)) if has("boolean") => value,
            _ => json!(text),
        }
    }

    fn check_body(&self, place: &str, request: &RequestParts<'_>) -> Result<(), String> {
        let Some(body) = self.document.pointer(place) else {
            return Ok(());
        };
        if body["content"].get("application/json").is_none() {
            return Ok(());
        }
        if request.body.iter().all(u8::is_ascii_whitespace) {
            return if body["required"] == true {
                Err("The request body is missing".to_owned())
            } else {
                Ok(())
            };
        }
        let document: Value = serde_json::from_slice(request.body)
            .map_err(|error| format!("The request body is not JSON: {error}"))?;
        let schema = format!("{place}/content/application~1json/schema");
        self.check_value(&schema, "The request body", &document)
    }

    /// Whether the value fits the schema at this place of the file.
    fn check_value(&self, place: &str, what: &str, value: &Value) -> Result<(), String> {
        let Some(schema) = self.document.pointer(place) else {
            return Ok(());
        };
        match self.violation(schema, value) {
            None => Ok(()),
            Some(found) => Err(format!("{what}{found}")),
        }
    }

    /// The place that the object at `place` stands at, if it is a reference.
    fn followed(&self, mut place: String) -> String {
        // A file may refer in a circle; the vendor's goes one step.
        for _ in 0..16 {
            let object = self.document.pointer(&place);
            let reference = object.and_then(|object| object["$ref"].as_str());
            let Some(pointer) = reference.and_then(|reference| reference.strip_prefix('#')) else {
                break;
            };
            pointer.clone_into(&mut place);
        }
        place
    }
}

/// A key as a part of a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
