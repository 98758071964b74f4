//! Checking a value against a schema of the file: what JSON Schema 2020-12 has and requests of the
//! vendor's file use. A library for all of it would make the program a third larger.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::OpenApi;

/// How deep schemas are followed: they may hold themselves.
const MAX_DEPTH: usize = 64;

impl OpenApi {
    /// The first thing that does not fit, with its place in the value.
    pub(super) fn violation(&self, schema: &Value, value: &Value) -> Option<String> {
        self.violation_at(schema, value, "", 0)
    }

    fn fits(&self, schema: &Value, value: &Value, depth: usize) -> bool {
        self.violation_at(schema, value, "", depth + 1).is_none()
    }

    fn violation_at(
        &self,
        schema: &Value,
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        let schema = self.resolve(schema);
        let complain = |what: String| Some(format!("{at}: {what}"));
        if *schema == Value::Bool(false) {
            return complain("is not allowed".to_owned());
        }
        if let Some(kinds) = schema.get("type")
            && !is_of_type(kinds, value)
        {
            return complain(format!("must be of type {kinds}"));
        }
        if let Some(wanted) = schema.get("const")
            && wanted != value
        {
            return complain(format!("must be {wanted}"));
        }
        if let Some(options) = schema["enum"].as_array()
            && !options.contains(value)
        {
            return complain(format!("must be one of {}", schema["enum"]));
        }
        if let Some(what) =
            number_violation(schema, value).or_else(|| text_violation(schema, value))
        {
            return complain(what);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            if let Some(found) = self.violation_at(part, value, at, depth + 1) {
                return Some(found);
            }
        }
        for (key, exactly_one) in [("anyOf", false), ("oneOf", true)] {
            let Some(parts) = schema[key].as_array() else {
                continue;
            };
            let fitting = parts.iter().filter(|part| self.fits(part, value, depth));
            match fitting.count() {
                0 => return complain(format!("fits none of the schemas of {key}")),
                1 => {}
                _ if exactly_one => return complain("fits several schemas of oneOf".to_owned()),
                _ => {}
            }
        }
        match value {
            Value::Array(items) => self.items_violation(schema, items, at, depth),
            Value::Object(members) => self.members_violation(schema, members, at, depth),
            _ => None,
        }
    }

    fn items_violation(
        &self,
        schema: &Value,
        items: &[Value],
        at: &str,
        depth: usize,
    ) -> Option<String> {
        let limit = |key: &str| schema[key].as_u64().and_then(|it| usize::try_from(it).ok());
        if limit("minItems").is_some_and(|least| items.len() < least) {
            return Some(format!("{at}: has too few items"));
        }
        if limit("maxItems").is_some_and(|most| items.len() > most) {
            return Some(format!("{at}: has too many items"));
        }
        let schema = schema.get("items")?;
        let mut items = items.iter().enumerate();
        items.find_map(|(index, item)| {
            self.violation_at(schema, item, &format!("{at}/{index}"), depth + 1)
        })
    }

    fn members_violation(
        &self,
        schema: &Value,
        members: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Option<String> {
        let required = schema["required"].as_array().into_iter().flatten();
        let mut missing = required.filter_map(Value::as_str);
        if let Some(name) = missing.find(|name| !members.contains_key(*name)) {
            return Some(format!("{at}/{name}: is missing"));
        }
        let additional = schema.get("additionalProperties");
        for (name, member) in members {
            let place = format!("{at}/{name}");
            let own = schema["properties"].get(name).or(additional);
            let found = own.and_then(|own| self.violation_at(own, member, &place, depth + 1));
            if found.is_some() {
                return found;
            }
        }
        if schema.get("unevaluatedProperties") == Some(&Value::Bool(false)) {
            let known = self.known_members(schema, members, depth);
            if let Some(name) = members.keys().find(|name| !known.contains(name.as_str())) {
                return Some(format!("{at}/{name}: is not a known property"));
            }
        }
        None
    }

    /// The members that the schema, or a part of it that fits, knows.
    fn known_members<'a>(
        &self,
        schema: &Value,
        members: &'a Map<String, Value>,
        depth: usize,
    ) -> BTreeSet<&'a str> {
        let schema = self.resolve(schema);
        let names = members.keys().map(String::as_str);
        if depth > MAX_DEPTH
            || schema
                .get("additionalProperties")
                .is_some_and(|it| *it != false)
        {
            return names.collect();
        }
        let mut known: BTreeSet<_> = names
            .filter(|name| schema["properties"].get(name).is_some())
            .collect();
        let value = Value::Object(members.clone());
        for key in ["allOf", "anyOf", "oneOf"] {
            for part in schema[key].as_array().into_iter().flatten() {
                if self.fits(part, &value, depth) {
                    known.extend(self.known_members(part, members, depth + 1));
                }
            }
        }
        known
    }
}

fn is_of_type(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    match kinds {
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

fn number_violation(schema: &Value, value: &Value) -> Option<String> {
    let number = value.as_f64()?;
    let limit = |key: &str| schema[key].as_f64();
    if limit("minimum").is_some_and(|least| number < least) {
        return Some(format!("must be at least {}", schema["minimum"]));
    }
    if limit("maximum").is_some_and(|most| number > most) {
        return Some(format!("must be at most {}", schema["maximum"]));
    }
    None
}

fn text_violation(schema: &Value, value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let length = text.chars().count() as u64;
    let limit = |key: &str| schema[key].as_u64();
    if limit("minLength").is_some_and(|least| length < least) {
        return Some("is too short".to_owned());
    }
    if limit("maxLength").is_some_and(|most| length > most) {
        return Some("is too long".to_owned());
    }
    let has_format = match schema["format"].as_str() {
        Some("date") => text.parse::<jiff::civil::Date>().is_ok(),
        Some("date-time") => text.parse::<jiff::Timestamp>().is_ok(),
        _ => true,
    };
    (!has_format).then(|| format!("must be a {}", schema["format"]))
}
