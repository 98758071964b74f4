//! `GET /_sandbox/openapi.json`: the controls as a description in `OpenAPI` 3.1, made from the registry
//! and from the types that read requests.

use axum::Json;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::registry::{CONTROLS, Control, Input};
use crate::http::transport::environment::ENVIRONMENT_PARAMETER;

/// Describes the controls.
pub(super) async fn show() -> Json<Value> {
    Json(description())
}

/// The description of the controls.
pub(crate) fn description() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for control in CONTROLS {
        let path = paths.entry(control.path).or_insert_with(|| json!({}));
        path[control.method.to_ascii_lowercase()] = operation(control, &mut generator);
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert(
        "Error".to_owned(),
        json!({
            "type": "object",
            "properties": { "error": { "type": "string", "description": "What is wrong, and how to fix it" } },
            "required": ["error"],
        }),
    );
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "The controls of persona-sandbox",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Not Persona's API: what tests ask of the sandbox itself.",
            "license": { "name": "MIT" },
        },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn operation(control: &Control, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": operation_id(control),
        "summary": control.summary,
        "parameters": parameters(control, generator),
        "responses": {
            control.status.to_string(): success(control, generator),
            "default": {
                "description": "The request was refused: nothing has changed.",
                "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Error" },
                } },
            },
        },
    });
    let content = match control.input {
        Input::None => return operation,
        Input::Json(schema) => json!({ "application/json": { "schema": schema(generator) } }),
        Input::Yaml(schema) => {
            let schema = schema(generator);
            json!({
                "application/yaml": { "schema": schema },
                "application/json": { "schema": schema },
            })
        }
    };
    operation["requestBody"] = json!({ "content": content });
    operation
}

/// `postInquiriesIdFinish` for `POST /_sandbox/inquiries/{id}/finish`.
fn operation_id(control: &Control) -> String {
    let words = control
        .path
        .split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut id = control.method.to_ascii_lowercase();
    for word in words.filter(|word| !word.is_empty() && *word != "sandbox") {
        let (first, rest) = word.split_at(1);
        id.push_str(&first.to_ascii_uppercase());
        id.push_str(rest);
    }
    id
}

fn parameters(control: &Control, generator: &mut SchemaGenerator) -> Vec<Value> {
    let in_path = control.path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": { "type": "string" },
        }))
    });
    let mut parameters: Vec<_> = in_path.collect();
    if control.is_about_environment {
        parameters.push(json!({
            "name": ENVIRONMENT_PARAMETER,
            "in": "query",
            "description": "Name or ID of the environment; the default one if absent",
            "schema": { "type": "string" },
        }));
    }
    if let Some(schema) = control.query {
        parameters.extend(query_parameters(&schema(generator), generator));
    }
    parameters
}

/// The properties of a query's type as parameters.
fn query_parameters(schema: &schemars::Schema, generator: &SchemaGenerator) -> Vec<Value> {
    let name = schema.get("$ref").and_then(Value::as_str);
    let name = name
        .and_then(|path| path.rsplit('/').next())
        .unwrap_or_default();
    let definition = generator.definitions().get(name);
    let properties = definition.and_then(|it| it["properties"].as_object());
    let parameter = |(name, schema): (&String, &Value)| {
        json!({
            "name": name,
            "in": "query",
            "description": schema.get("description"),
            "schema": schema,
        })
    };
    properties.into_iter().flatten().map(parameter).collect()
}

fn success(control: &Control, generator: &mut SchemaGenerator) -> Value {
    if control.status == 204 {
        return json!({ "description": "Done." });
    }
    let schema = match control.output {
        Some(schema) => json!(schema(generator)),
        None if control.media_type == "application/json" => json!({ "type": "object" }),
        None => json!({ "type": "string" }),
    };
    json!({ "description": "Done.", "content": { control.media_type: { "schema": schema } } })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Every `$ref` in a document.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    if key == "$ref" {
                        found.push(member.as_str().unwrap().to_owned());
                    }
                    references(member, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_no_name_is_taken_twice() {
        let description = description();
        let mut found = Vec::new();
        references(&description, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(description.pointer(pointer).is_some(), "{reference}");
        }
        let mut ids = HashSet::new();
        for control in CONTROLS {
            assert!(control.summary.ends_with('.'), "{}", control.path);
            assert!(
                ids.insert(operation_id(control)),
                "{}",
                operation_id(control)
            );
        }
    }

    #[test]
    fn types_describe_bodies_and_queries() {
        let description = description();
        let finish = "/paths/~1_sandbox~1inquiries~1{id}~1finish/post/requestBody/content";
        assert!(description.pointer(finish).is_some());
        let fault = &description["components"]["schemas"]["FaultRequest"];
        assert!(fault["properties"]["delay_ms"].is_object(), "{fault}");
        let requests = &description["paths"]["/_sandbox/requests"]["get"]["parameters"];
        let names: Vec<_> = requests
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["name"])
            .collect();
        assert!(names.contains(&&json!("unmatched")), "{names:?}");
        assert!(names.contains(&&json!("environment")), "{names:?}");
    }
}
