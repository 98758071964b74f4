//! The example of an operation's response.

use serde_json::{Map, Value, json};

use super::{Example, ExampleBody, FileOperation, OpenApi};

/// How deep a made example goes; optional parts end before, since schemas may hold themselves.
const MAX_DEPTH: usize = 12;
const MAX_OPTIONAL_DEPTH: usize = 6;

impl OpenApi {
    /// The example of the first successful response.
    pub(super) fn example(&self, operation: &FileOperation) -> Example {
        let responses = self.description(operation)["responses"].as_object();
        let mut successful: Vec<_> = responses
            .into_iter()
            .flatten()
            .filter_map(|(status, response)| Some((status.parse::<u16>().ok()?, response)))
            .filter(|(status, _)| (200..300).contains(status))
            .collect();
        successful.sort_unstable_by_key(|(status, _)| *status);
        let Some(&(status, response)) = successful.first() else {
            return Example {
                status: 204,
                body: ExampleBody::None,
            };
        };
        let content = &self.resolve(response)["content"];
        let body = if let Some(media) = content.get("application/json") {
            ExampleBody::Json(self.media_example(media))
        } else if content.get("application/pdf").is_some() {
            ExampleBody::Pdf
        } else {
            ExampleBody::None
        };
        Example { status, body }
    }

    fn media_example(&self, media: &Value) -> Value {
        if let Some(example) = media.get("example") {
            return example.clone();
        }
        let examples = media["examples"].as_object();
        let first = examples.and_then(|examples| examples.values().next());
        let given = first.and_then(|example| self.resolve(example).get("value"));
        given
            .cloned()
            .unwrap_or_else(|| self.value_for(&media["schema"], 0))
    }

    /// A value that fits the schema, as far as its types say.
    fn value_for(&self, schema: &Value, depth: usize) -> Value {
        let schema = self.resolve(schema);
        let first = |key: &str| schema[key].as_array().and_then(|values| values.first());
        let given = [
            schema.get("example"),
            first("examples"),
            schema.get("const"),
            schema.get("default"),
            first("enum"),
        ];
        if let Some(value) = given.into_iter().flatten().next() {
            return value.clone();
        }
        if depth >= MAX_DEPTH {
            return Value::Null;
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(one) = first(key) {
                return self.value_for(one, depth + 1);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return self.merged(parts, depth);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.first().and_then(Value::as_str),
            kind => kind.as_str(),
        };
        match kind {
            Some("object") => self.object(schema, depth),
            Some("array") => json!([self.value_for(&schema["items"], depth + 1)]),
            Some("string") => json!(text(schema["format"].as_str())),
            Some("integer" | "number") => {
                let minimum = schema.get("minimum").filter(|it| it.is_number());
                minimum.cloned().unwrap_or_else(|| json!(0))
            }
            Some("boolean") => json!(false),
            _ if schema["properties"].is_object() => self.object(schema, depth),
            _ => Value::Null,
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let required = schema["required"].as_array();
        let is_required = |name: &String| {
            required.is_some_and(|names| names.iter().any(|it| it == name.as_str()))
        };
        let properties = schema["properties"].as_object().into_iter().flatten();
        let wanted = properties.filter(|(name, _)| depth < MAX_OPTIONAL_DEPTH || is_required(name));
        wanted
            .map(|(name, schema)| (name.clone(), self.value_for(schema, depth + 1)))
            .collect()
    }

    /// The members of all parts; the last part, if they are no objects.
    fn merged(&self, parts: &[Value], depth: usize) -> Value {
        let mut members = Map::new();
        let mut other = None;
        for part in parts {
            match self.value_for(part, depth + 1) {
                Value::Object(more) => members.extend(more),
                value => other = Some(value),
            }
        }
        match other {
            Some(other) if members.is_empty() => other,
            _ => Value::Object(members),
        }
    }
}

fn text(format: Option<&str>) -> &'static str {
    match format {
        Some("date-time") => "2025-01-01T00:00:00.000Z",
        Some("date") => "2025-01-01",
        Some("uri" | "url") => "https://example.com/",
        Some("email") => "person@example.com",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        _ => "string",
    }
}
