//! The faults of an environment: those that are set, and a form for another one.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::form::{self, Form};
use super::layout::{self, Place};
use crate::runtime::Operations;
use crate::runtime::faults::FaultRequest;

/// The kinds of faults, each with what it does to a call.
const KINDS: [(&str, &str); 11] = [
    ("delay", "answers late"),
    (
        "drop_answer",
        "acts, and closes the connection without an answer",
    ),
    ("reset", "resets the connection without acting"),
    ("status", "answers this status code without acting"),
    ("late_commit", "answers 502, and acts two seconds later"),
    ("truncate", "sends half of the answer"),
    ("html", "answers a page of HTML with 200 without acting"),
    ("foreign", "answers with another reference ID's inquiry"),
    ("drop", "webhook: is never sent"),
    ("duplicate", "webhook: is sent twice"),
    ("reorder", "webhook: waits for a later one of its inquiry"),
];

/// The page of the faults.
pub(super) fn render(environment: &str, faults: &Value, operations: &Operations) -> Markup {
    let faults = faults.as_array().map_or(&[][..], Vec::as_slice);
    let content = html! {
        h1 { "Faults" }
        p .lead { "What goes wrong on purpose, for calls of the API and for webhooks." }
        div .sheet {
            @if faults.is_empty() {
                p .empty { "No fault is set." }
            } @else {
                (table(faults))
                form .actions method="post" action="/dashboard/faults/clear" {
                    button .danger type="submit" { "Remove all faults" }
                }
            }
        }
        section aria-labelledby="add" {
            h2 #add { "Set a fault" }
            (add(operations))
        }
        p .lead {
            "The same by " code { "POST /_sandbox/faults" } ": "
            a href="/dashboard/controls" { "Controls" } "."
        }
    };
    layout::page(environment, Place::Faults, "Faults", &content)
}

fn table(faults: &[Value]) -> Markup {
    html! {
        table .list {
            thead {
                tr {
                    th scope="col" { "Operation" }
                    th scope="col" { "Kind" }
                    th scope="col" { "Aimed at" }
                    th scope="col" { "Left" }
                    th scope="col" { "Hits" }
                }
            }
            tbody {
                @for fault in faults {
                    tr {
                        th scope="row" .id { (text(&fault["operation"])) }
                        td { code { (text(&fault["kind"])) } (delay(fault).unwrap_or_default()) }
                        td data-label="Aimed at" { (layout::or_none(aim(fault))) }
                        td data-label="Left" { (left(fault)) }
                        td data-label="Hits" { (text(&fault["hits"])) }
                    }
                }
            }
        }
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn delay(fault: &Value) -> Option<String> {
    let delay = fault["delay_ms"].as_u64().filter(|delay| *delay > 0)?;
    Some(format!(" ({delay} ms)"))
}

fn aim(fault: &Value) -> Option<Markup> {
    let aimed: Vec<_> = ["reference_id", "webhook_id", "event"]
        .into_iter()
        .filter_map(|key| fault[key].as_str())
        .collect();
    (!aimed.is_empty()).then(|| html! { (aimed.join(", ")) })
}

fn left(fault: &Value) -> String {
    match (fault["count"].as_u64(), fault["probability"].as_f64()) {
        (Some(0), _) => "used up".to_owned(),
        (Some(count), None) => format!("{count}"),
        (Some(count), Some(chance)) => format!("{count}, of {} % of the calls", chance * 100.0),
        (None, Some(chance)) => format!("{} % of the calls", chance * 100.0),
        (None, None) => "every call".to_owned(),
    }
}

fn add(operations: &Operations) -> Markup {
    let names = operations.all().map(|info| info.name);
    html! {
        form .settings method="post" action="/dashboard/faults" {
            div .field {
                label for="operation" { "Operation" }
                select id="operation" name="operation" {
                    option value="*" { "every operation of the API" }
                    option value="webhook" { "webhook" }
                    @for name in names { option value=(name) { (name) } }
                }
            }
            div .field {
                label for="kind" { "Kind" }
                select id="kind" name="kind" {
                    @for (kind, effect) in KINDS {
                        option value=(kind) { (kind) " – " (effect) }
                    }
                }
            }
            (form::optional_number("status", "Status code, for the kind status", "503"))
            (form::optional_number("count", "How many calls; all if empty", ""))
            (form::optional_number("percent", "Share of the calls in percent; all if empty", ""))
            (form::optional_number("delay_ms", "Delay in milliseconds", ""))
            (form::text("reference_id", "text", "Only for this reference ID", "", false))
            (form::text("event", "text", "Only for webhooks of this event", "", false))
            p { button .primary type="submit" { "Set the fault" } }
        }
    }
}

/// Reads the form of a fault.
///
/// # Errors
///
/// A sentence for the person.
pub(super) fn read(form: &Form) -> Result<FaultRequest, String> {
    let given = |name: &str| {
        form.value(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let mut fault = Map::new();
    for name in ["operation", "reference_id", "event"] {
        if let Some(text) = given(name) {
            fault.insert(name.to_owned(), json!(text));
        }
    }
    let kind = match given("kind").unwrap_or_default() {
        "status" => format!("status:{}", given("status").unwrap_or_default()),
        kind => kind.to_owned(),
    };
    fault.insert("kind".to_owned(), json!(kind));
    for name in ["count", "delay_ms", "percent"] {
        let Some(text) = given(name) else { continue };
        let number: u64 = text
            .parse()
            .map_err(|_| format!("{name} must be a whole number"))?;
        match name {
            "percent" => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "what is above a hundred is refused in any precision"
                )]
                let share = number as f64 / 100.0;
                fault.insert("probability".to_owned(), json!(share))
            }
            name => fault.insert(name.to_owned(), json!(number)),
        };
    }
    serde_json::from_value(Value::Object(fault)).map_err(|error| error.to_string())
}
