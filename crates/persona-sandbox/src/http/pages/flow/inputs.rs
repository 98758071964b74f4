//! What a person enters in the steps form, phone and e-mail: the fields as inputs, and the texts of
//! a form as values.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::core::model::{FieldSchema, FieldType, Inquiry, SubmissionStep, Template};

/// One field that a step asks for.
#[derive(Clone, Debug)]
pub(super) struct Input {
    key: String,
    /// `None` if the step's own words say it.
    label: Option<String>,
    field_type: FieldType,
    options: Vec<String>,
    is_required: bool,
    value: Value,
}

/// The inputs of a step, with the values that were given, else those of the inquiry.
pub(super) fn inputs(
    template: &Template,
    inquiry: &Inquiry,
    step: SubmissionStep,
    given: &[(String, String)],
) -> Vec<Input> {
    let given = values(Some(template), given);
    let value = |key: &str| {
        let kept = || inquiry.fields.get(key).cloned();
        given.get(key).cloned().or_else(kept)
    };
    if let Some((key, demo)) = step.submission().entered {
        let key = template.find_field(key).map_or(key, |field| &field.key);
        return vec![Input {
            key: key.to_owned(),
            label: None,
            field_type: FieldType::String,
            options: Vec::new(),
            is_required: true,
            value: value(key).unwrap_or_else(|| json!(demo)),
        }];
    }
    let input = |field: &FieldSchema| Input {
        key: field.key.clone(),
        label: Some(field.label.clone()),
        field_type: field.field_type,
        options: field.options.clone(),
        is_required: field.is_required,
        value: value(&field.key).unwrap_or_default(),
    };
    template
        .entered_fields(step)
        .into_iter()
        .map(input)
        .collect()
}

/// The values of `fields[key]=text`, by the template's keys: a query or a form holds text, and a
/// field may be of another type. What is not of its type stays text, and is refused later.
pub(super) fn values(
    template: Option<&Template>,
    given: &[(String, String)],
) -> Map<String, Value> {
    let mut values = Map::new();
    for (key, text) in given {
        let field = template.and_then(|template| template.find_field(key));
        let key = field.map_or(key, |field| &field.key);
        let field_type = field.map(|field| field.field_type).unwrap_or_default();
        let value = value(field_type, text);
        if field_type == FieldType::MultiChoices {
            let chosen = values.entry(key).or_insert_with(|| json!([]));
            if let Some(chosen) = chosen.as_array_mut() {
                chosen.push(value);
            }
        } else {
            values.insert(key.clone(), value);
        }
    }
    values
}

fn value(field_type: FieldType, text: &str) -> Value {
    match field_type {
        FieldType::Boolean | FieldType::Number | FieldType::Integer => {
            serde_json::from_str(text).unwrap_or_else(|_| json!(text))
        }
        // What an input of this type sends has neither seconds nor a time zone.
        FieldType::Datetime if text.len() == "2026-01-05T10:00".len() => {
            json!(format!("{text}:00.000Z"))
        }
        _ => json!(text),
    }
}

/// What a browser leaves out of a form although the person has decided it: a box that is not checked.
pub(super) fn with_unchecked_boxes(
    template: Option<&Template>,
    step: SubmissionStep,
    mut entered: Map<String, Value>,
) -> Map<String, Value> {
    let fields = template.map_or_else(Vec::new, |template| template.entered_fields(step));
    for field in fields {
        if field.field_type == FieldType::Boolean {
            entered.entry(&field.key).or_insert(json!(false));
        }
    }
    entered
}

impl Input {
    /// The input with its label; `words` where it has none of its own.
    pub(super) fn render(&self, place: usize, words: &str) -> Markup {
        let id = format!("field-{place}");
        let label = self.label.as_deref().unwrap_or(words);
        html! {
            @if self.field_type == FieldType::MultiChoices {
                fieldset .entry {
                    legend { (label) }
                    @for option in &self.options {
                        label {
                            input type="checkbox" name=(self.name()) value=(option)
                                data-test=(self.hook())
                                checked[self.has(option)];
                            span { (option) }
                        }
                    }
                }
            } @else {
                p .entry {
                    label for=(id) { (label) }
                    (self.control(&id))
                }
            }
        }
    }

    fn control(&self, id: &str) -> Markup {
        html! {
            @match self.field_type {
                FieldType::Boolean => {
                    input id=(id) type="checkbox" name=(self.name()) value="true"
                        data-test=(self.hook())
                        checked[self.value == true];
                },
                FieldType::Choices => {
                    select id=(id) name=(self.name()) data-test=(self.hook())
                        required[self.is_required] {
                        option value="" {}
                        @for option in &self.options {
                            option value=(option) selected[self.has(option)] { (option) }
                        }
                    }
                },
                _ => {
                    input id=(id) type=(self.input_type()) name=(self.name()) value=(self.text())
                        data-test=(self.hook()) required[self.is_required] step=[self.step()]
                        dir="auto";
                },
            }
        }
    }

    fn name(&self) -> String {
        format!("fields[{}]", self.key)
    }

    /// The hook for browser tests.
    fn hook(&self) -> String {
        format!("field__{}", self.key)
    }

    fn input_type(&self) -> &'static str {
        match self.field_type {
            FieldType::Date => "date",
            FieldType::Datetime => "datetime-local",
            FieldType::Number | FieldType::Integer => "number",
            FieldType::EmailAddress => "email",
            _ if self.label.is_some() => "text",
            _ if self.key.to_ascii_lowercase().contains("phone") => "tel",
            _ => "email",
        }
    }

    fn step(&self) -> Option<&'static str> {
        (self.field_type == FieldType::Number).then_some("any")
    }

    fn has(&self, option: &str) -> bool {
        match &self.value {
            Value::Array(chosen) => chosen.iter().any(|it| it == option),
            chosen => chosen == option,
        }
    }

    fn text(&self) -> String {
        match (&self.value, self.field_type) {
            (Value::Null, _) => String::new(),
            (Value::String(text), FieldType::Datetime) => text.chars().take(16).collect(),
            (Value::String(text), _) => text.clone(),
            (other, _) => other.to_string(),
        }
    }
}
