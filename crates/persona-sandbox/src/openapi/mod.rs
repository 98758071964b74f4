//! The vendor's OpenAPI file (`--openapi`): what the sandbox does not emulate is answered with its
//! examples.
//!
//! The file is the user's own copy and no part of this program. A request is checked against the
//! schemas of its operation, and the answer is the example of the operation's first successful
//! response, or made from its schema where there is none. Nothing is stored.
//!
//! Longer than 400 lines: more than a third of it is its tests.

mod example;
mod request;
mod schema;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) use request::RequestParts;

/// The longest file; the vendor's has two and a half megabytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The most nodes and the greatest depth of a YAML file; the vendor's has 115,000 nodes.
const MAX_NODES: usize = 2_000_000;
const MAX_DEPTH: usize = 400;

/// What the title of the vendor's file has.
const VENDOR: &str = "Persona";

/// The host of the servers in the vendor's file.
const VENDOR_HOST: &str = "withpersona.com";

/// Why a file cannot be used as the vendor's OpenAPI file.
#[derive(Debug, thiserror::Error)]
pub enum OpenApiError {
    /// It cannot be read.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It is too long.
    #[error("{} has more than {MAX_FILE_BYTES} bytes, so it is not Persona's OpenAPI file", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// It is neither YAML nor JSON.
    #[error("{} is neither YAML nor JSON: {details}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place.
        details: String,
    },
    /// It is no OpenAPI description.
    #[error(
        "{} is not an OpenAPI file: it has no `openapi: 3…` with `paths` at its top. Persona's file \
         is linked from its API reference", path.display()
    )]
    NotOpenApi {
        /// The file.
        path: PathBuf,
    },
    /// It describes another API.
    #[error(
        "{} describes another API ({title}): Persona's file has {VENDOR} in its title and a server \
         at {VENDOR_HOST}", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The title of the other API.
        title: String,
    },
}

/// The vendor's OpenAPI file.
pub struct OpenApi {
    path: PathBuf,
    document: Value,
    operations: Vec<FileOperation>,
}

/// An operation of the file.
#[derive(Debug)]
pub(crate) struct FileOperation {
    /// In lower case, as the file has it.
    method: String,
    /// With parameters in braces.
    path: String,
    /// The operation ID; empty if it has none.
    name: String,
}

/// The example that answers a request.
#[derive(Debug, PartialEq)]
pub(crate) struct Example {
    pub(crate) status: u16,
    pub(crate) body: ExampleBody,
}

/// The body of an example.
#[derive(Debug, PartialEq)]
pub(crate) enum ExampleBody {
    None,
    Json(Value),
    /// A PDF, for which the file has no example.
    Pdf,
}

impl OpenApi {
    /// Reads the vendor's file, in YAML or JSON.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not Persona's OpenAPI file.
    pub fn open(path: &Path) -> Result<Self, OpenApiError> {
        let unreadable = |source| OpenApiError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let length = fs::metadata(path).map_err(unreadable)?.len();
        if length > MAX_FILE_BYTES {
            let path = path.to_owned();
            return Err(OpenApiError::TooLong { path });
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, OpenApiError> {
        let owned = || path.to_owned();
        let document = read(text).map_err(|details| OpenApiError::Malformed {
            path: owned(),
            details,
        })?;
        let version = document["openapi"].as_str().unwrap_or_default();
        let Some(paths) = document["paths"]
            .as_object()
            .filter(|_| version.starts_with("3."))
        else {
            return Err(OpenApiError::NotOpenApi { path: owned() });
        };
        let title = document["info"]["title"]
            .as_str()
            .unwrap_or("without a title");
        let servers = document["servers"].as_array().into_iter().flatten();
        let mut urls = servers.filter_map(|server| server["url"].as_str());
        if !title.contains(VENDOR) || !urls.any(|url| url.contains(VENDOR_HOST)) {
            let title = title.to_owned();
            return Err(OpenApiError::Foreign {
                path: owned(),
                title,
            });
        }
        let operations = paths
            .iter()
            .flat_map(|(path, item)| operations(path, item))
            .collect();
        Ok(Self {
            path: owned(),
            document,
            operations,
        })
    }

    /// The operation at this path below the API's base; a path without parameters wins.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<&FileOperation> {
        let is_it = |operation: &&FileOperation| {
            operation.method.eq_ignore_ascii_case(method)
                && path_parameters(&operation.path, path).is_some()
        };
        let matching = self.operations.iter().filter(is_it);
        matching.min_by_key(|operation| operation.path.matches('{').count())
    }

    /// The example that answers a request to this operation.
    ///
    /// # Errors
    ///
    /// What of the request does not fit the file, with its place.
    pub(crate) fn answer(
        &self,
        operation: &FileOperation,
        request: &RequestParts<'_>,
    ) -> Result<Example, String> {
        self.check(operation, request)?;
        Ok(self.example(operation))
    }

    /// The description of an operation.
    fn description(&self, operation: &FileOperation) -> &Value {
        &self.document["paths"][&operation.path][&operation.method]
    }

    /// The object itself, or what its reference leads to.
    fn resolve<'a>(&'a self, object: &'a Value) -> &'a Value {
        let mut object = object;
        // A file may refer in a circle; the vendor's goes one step.
        for _ in 0..16 {
            let Some(reference) = object["$ref"].as_str() else {
                break;
            };
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.document.pointer(pointer));
            match target {
                Some(target) => object = target,
                None => break,
            }
        }
        object
    }
}

/// Without the document, which is long.
impl fmt::Debug for OpenApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenApi")
            .field("path", &self.path)
            .field("operations", &self.operations.len())
            .finish_non_exhaustive()
    }
}

impl FileOperation {
    /// The operation ID, or method and path if it has none.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

fn read(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: MAX_NODES, max_depth: MAX_DEPTH },
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| error.without_snippet().to_string())
}

fn operations<'a>(path: &'a str, item: &'a Value) -> impl Iterator<Item = FileOperation> {
    ["get", "post", "put", "patch", "delete"]
        .into_iter()
        .filter_map(move |method| {
            let description = item.get(method)?;
            let name = description["operationId"].as_str();
            let unnamed = || format!("{} {path}", method.to_uppercase());
            Some(FileOperation {
                method: method.to_owned(),
                path: path.to_owned(),
                name: name.map_or_else(unnamed, str::to_owned),
            })
        })
}

/// The parameters in a path, by the names that the pattern has; `None` if it does not fit.
fn path_parameters<'a>(pattern: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let path = path.trim_end_matches('/');
    let mut parts = path.split('/');
    let mut parameters = Vec::new();
    for wanted in pattern.trim_end_matches('/').split('/') {
        let part = parts.next()?;
        let name = wanted
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        match name {
            Some(name) if !part.is_empty() => parameters.push((name, part)),
            None if wanted == part => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A small file in the vendor's manner.
    fn small() -> Value {
        json!({
            "openapi": "3.1.0",
            "info": { "title": "Persona API Reference", "version": "2025-10-27" },
            "servers": [{ "url": "https://api.withpersona.com/api/v1" }],
            "paths": {
                "/kennels": {
                    "post": {
                        "operationId": "create-a-kennel",
                        "parameters": [
                            { "$ref": "#/components/parameters/size" },
                            {
                                "in": "query", "name": "filter", "required": true,
                                "schema": {
                                    "type": "object",
                                    "properties": { "town": { "type": "string" } },
                                    "required": ["town"],
                                    "additionalProperties": false,
                                },
                            },
                        ],
                        "requestBody": {
                            "required": true,
                            "content": { "application/json": { "schema": {
                                "$ref": "#/components/schemas/kennel",
                            } } },
                        },
                        "responses": {
                            "400": { "content": {} },
                            "201": { "content": { "application/json": {
                                "examples": { "Created": { "$ref": "#/components/examples/kennel" } },
                                "schema": {},
                            } } },
                        },
                    },
                },
                "/kennels/{kennel-id}": {
                    "get": {
                        "responses": { "200": { "content": { "application/json": { "schema": {
                            "$ref": "#/components/schemas/kennel",
                        } } } } },
                    },
                    "delete": { "responses": { "204": { "description": "Gone" } } },
                },
                "/kennels/main": { "get": { "responses": { "200": { "content": {
                    "application/pdf": { "schema": { "type": "string" } },
                } } } } },
            },
            "components": {
                "parameters": { "size": {
                    "in": "query", "name": "size", "schema": { "type": "integer", "maximum": 9 },
                } },
                "examples": { "kennel": { "value": { "data": { "id": "knl_1" } } } },
                "schemas": { "kennel": {
                    "type": "object",
                    "required": ["name"],
                    "additionalProperties": false,
                    "properties": {
                        "name": { "type": "string", "enum": ["Rex", "Bo"] },
                        "opened": { "type": ["null", "string"], "format": "date-time" },
                        "dogs": { "type": "array", "items": { "type": "integer", "minimum": 3 } },
                        "parent": { "$ref": "#/components/schemas/kennel" },
                    },
                } },
            },
        })
    }

    fn open(document: &Value) -> Result<OpenApi, OpenApiError> {
        OpenApi::parse(Path::new("openapi.json"), &document.to_string())
    }

    fn request<'a>(path: &'a str, query: &'a str, body: &'a [u8]) -> RequestParts<'a> {
        RequestParts { path, query, body }
    }

    #[test]
    fn a_file_that_is_not_the_vendors_is_refused_with_a_reason() {
        let refused = |text: &str| {
            let error = OpenApi::parse(Path::new("other.yaml"), text).unwrap_err();
            error.to_string()
        };
        assert!(refused("templates: []").contains("not an OpenAPI file"));
        assert!(refused("swagger: '2.0'\npaths: {}").contains("not an OpenAPI file"));
        assert!(refused("a: [").contains("neither YAML nor JSON"));
        assert!(refused("{\"a\": ").contains("neither YAML nor JSON"));
        let mut other = small();
        other["info"]["title"] = json!("Kennels");
        assert!(refused(&other.to_string()).contains("another API (Kennels)"));
        let mut other = small();
        other["servers"] = json!([{ "url": "https://kennels.example" }]);
        assert!(refused(&other.to_string()).contains("withpersona.com"));
        let absent = OpenApi::open(Path::new("absent.yaml")).unwrap_err();
        assert!(absent.to_string().contains("could not read absent.yaml"));
    }

    #[test]
    fn an_operation_is_found_by_its_path_and_a_path_without_parameters_wins() {
        let file = open(&small()).unwrap();
        let name = |method, path| file.find(method, path).map(FileOperation::name);
        assert_eq!(name("POST", "/kennels"), Some("create-a-kennel"));
        assert_eq!(name("POST", "/kennels/"), Some("create-a-kennel"));
        assert_eq!(name("GET", "/kennels/main"), Some("GET /kennels/main"));
        assert_eq!(name("GET", "/kennels/1"), Some("GET /kennels/{kennel-id}"));
        for (method, path) in [("PUT", "/kennels"), ("GET", "/kennels/1/x"), ("GET", "/")] {
            assert_eq!(name(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn a_request_is_checked_and_answered_with_the_example() {
        let file = open(&small()).unwrap();
        let create = file.find("POST", "/kennels").unwrap();
        let ask =
            |query, body: &str| file.answer(create, &request("/kennels", query, body.as_bytes()));
        let good = ask("filter[town]=Rome&size=3", r#"{"name": "Rex"}"#).unwrap();
        assert_eq!(
            good,
            Example {
                status: 201,
                body: ExampleBody::Json(json!({ "data": { "id": "knl_1" } })),
            }
        );
        for (query, body, place) in [
            ("", r#"{"name": "Rex"}"#, "filter is missing"),
            (
                "filter[town]=Rome&filter[x]=1",
                r#"{"name": "Rex"}"#,
                "filter",
            ),
            ("filter[town]=Rome&size=10", r#"{"name": "Rex"}"#, "size"),
            ("filter[town]=Rome&size=many", r#"{"name": "Rex"}"#, "size"),
            ("filter[town]=Rome", "", "body is missing"),
            ("filter[town]=Rome", "{", "not JSON"),
            ("filter[town]=Rome", r#"{"name": "Ali"}"#, "name"),
            (
                "filter[town]=Rome",
                r#"{"name": "Rex", "colour": 1}"#,
                "colour",
            ),
            (
                "filter[town]=Rome",
                r#"{"name": "Rex", "parent": {}}"#,
                "parent",
            ),
        ] {
            let error = ask(query, body).unwrap_err();
            assert!(error.contains(place), "{query} {body}: {error}");
        }
    }

    #[test]
    fn an_operation_without_an_example_is_answered_from_its_schema() {
        let file = open(&small()).unwrap();
        let answer = |method, path| {
            let operation = file.find(method, path).unwrap();
            file.answer(operation, &request(path, "", b"")).unwrap()
        };
        let made = answer("GET", "/kennels/1");
        let ExampleBody::Json(body) = made.body else {
            panic!("no document");
        };
        assert_eq!(body["name"], "Rex");
        assert_eq!(body["dogs"], json!([3]));
        assert_eq!(body["opened"], Value::Null);
        // A schema that holds itself ends.
        assert!(body["parent"].is_object());
        assert_eq!(
            answer("DELETE", "/kennels/1"),
            Example {
                status: 204,
                body: ExampleBody::None,
            }
        );
        assert_eq!(answer("GET", "/kennels/main").body, ExampleBody::Pdf);
    }
}
