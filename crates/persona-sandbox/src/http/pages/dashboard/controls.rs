//! The controls under `/_sandbox/`, read from their `OpenAPI` description.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::layout::{self, Place};

/// How deep a schema is unfolded in the page.
const MAX_DEPTH: usize = 3;

/// The page of all controls, in the order of the description.
pub(super) fn render(environment: &str, description: &Value, url: &str) -> Markup {
    let content = html! {
        h1 { "Controls" }
        p .lead {
            "What tests ask of the sandbox itself. This page is made from "
            a href="/_sandbox/openapi.json" { "openapi.json" }
            ", which generators of clients read, too."
        }
        @for (path, methods) in members(&description["paths"]) {
            @for (method, operation) in members(methods) {
                (control(description, url, method, path, operation))
            }
        }
    };
    layout::page(environment, Place::Controls, "Controls", &content)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn control(description: &Value, url: &str, method: &str, path: &str, operation: &Value) -> Markup {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let method = method.to_ascii_uppercase();
    let parameters = operation["parameters"].as_array();
    let body = operation["requestBody"]["content"]
        .as_object()
        .and_then(|content| content.values().next())
        .map(|media| resolve(description, &media["schema"]));
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) .control {
                span .badge data-method=(method) { (method) } " " code { (path) }
            }
            p { (operation["summary"].as_str().unwrap_or_default()) }
            @if parameters.is_some_and(|parameters| !parameters.is_empty()) {
                h3 { "Parameters" }
                dl .schema {
                    @for parameter in parameters.into_iter().flatten() {
                        div {
                            dt { code { (text(&parameter["name"])) } }
                            dd {
                                small { "in the " (text(&parameter["in"])) ", "
                                    (kind(description, &parameter["schema"])) }
                                " " (text(&parameter["description"]))
                            }
                        }
                    }
                }
            }
            @if let Some(schema) = body {
                h3 { "Body" }
                (properties(description, schema, MAX_DEPTH))
            }
            details {
                summary { "curl" }
                @let command = curl(description, url, &method, path, operation);
                pre tabindex="0" aria-label={ "curl for " (method) " " (path) } { (command) }
                p .scripted {
                    button type="button" data-copy=(command) { "Copy" }
                }
            }
        }
    }
}

/// The properties of a body, one below the other; those of objects within them indented.
fn properties(description: &Value, schema: &Value, depth: usize) -> Markup {
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|it| it == name));
    let all: Vec<_> = members(&schema["properties"]).collect();
    html! {
        @if all.is_empty() {
            p .empty { (kind(description, schema)) }
        } @else {
            dl .schema {
                @for (name, property) in all {
                    div {
                        dt {
                            code { (name) }
                            @if is_required(name) { small { " required" } }
                        }
                        dd {
                            small { (kind(description, property)) }
                            " " (text(&property["description"]))
                            @if let Some(inner) = object_in(description, property) {
                                @if depth > 0 { (properties(description, inner, depth - 1)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a `$ref` leads to.
fn resolve<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix('#'));
    let found = pointer.and_then(|pointer| description.pointer(pointer));
    found.unwrap_or(schema)
}

/// The schema itself, or the first alternative that is not null.
fn present<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolve(description, schema);
    let alternatives = schema["anyOf"].as_array();
    let mut present = alternatives.into_iter().flatten();
    match present.find(|one| one["type"] != "null") {
        Some(one) => resolve(description, one),
        None => schema,
    }
}

/// The object that a property holds, alone or in a list.
fn object_in<'a>(description: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    let schema = present(description, schema);
    let schema = match schema.get("items") {
        Some(items) => present(description, items),
        None => schema,
    };
    schema.get("properties").map(|_| schema)
}

/// A type in words: `string`, `array of string`, the values of an enumeration.
fn kind(description: &Value, schema: &Value) -> String {
    let schema = present(description, schema);
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values.iter().filter(|it| !it.is_null()).map(text).collect();
        return values.join(" | ");
    }
    if let Some(all) = schema["oneOf"].as_array() {
        let all: Vec<_> = all.iter().map(|one| kind(description, one)).collect();
        return all.join(" | ");
    }
    if let Some(value) = schema.get("const") {
        return text(value);
    }
    let types = match &schema["type"] {
        Value::Array(types) => types
            .iter()
            .filter(|it| *it != "null")
            .map(text)
            .collect::<Vec<_>>()
            .join(" | "),
        Value::Null => "anything".to_owned(),
        one => text(one),
    };
    match schema.get("items") {
        Some(items) if types == "array" => format!("array of {}", kind(description, items)),
        _ => types,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A command to begin with: the required properties of the body, as empty values of their types.
fn curl(description: &Value, url: &str, method: &str, path: &str, operation: &Value) -> String {
    let mut command = format!("curl -X {method} '{url}{path}'");
    let media = members(&operation["requestBody"]["content"]).next();
    if let Some((media_type, media)) = media {
        let schema = resolve(description, &media["schema"]);
        let required = schema["required"].as_array();
        let body: Map<String, Value> = required
            .into_iter()
            .flatten()
            .filter_map(|name| {
                let name = name.as_str()?;
                let kind = kind(description, &schema["properties"][name]);
                Some((name.to_owned(), example(&kind)))
            })
            .collect();
        let body = Value::Object(body);
        command.push_str(&format!(
            " \\\n  -H 'Content-Type: {media_type}' -d '{body}'"
        ));
    }
    command
}

fn example(kind: &str) -> Value {
    match kind {
        "boolean" => Value::Bool(false),
        "integer" | "number" => Value::from(0),
        kind if kind.starts_with("array") => Value::Array(Vec::new()),
        "object" => Value::Object(Map::new()),
        "string" => Value::from("…"),
        // The first value of an enumeration.
        kind => Value::from(kind.split(" | ").next().unwrap_or_default()),
    }
}
