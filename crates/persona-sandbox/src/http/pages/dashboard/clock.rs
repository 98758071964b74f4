//! The clock of an environment: what it shows, and how it is moved.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::form::{self, Form};
use super::layout::{self, Place};
use crate::core::ClockChange;
use crate::core::clock::Clock;

/// Spans that tests often need, in seconds.
const SPANS: [(&str, u32); 5] = [
    ("1 minute", 60),
    ("1 hour", 60 * 60),
    ("1 day", 24 * 60 * 60),
    ("1 week", 7 * 24 * 60 * 60),
    ("30 days", 30 * 24 * 60 * 60),
];

/// The page of the clock.
pub(super) fn render(environment: &str, clock: &Clock) -> Markup {
    let speed = match clock.speed() {
        0.0 => "stopped".to_owned(),
        1.0 => "as the wall clock".to_owned(),
        speed => format!("{speed} times the wall clock"),
    };
    let content = html! {
        h1 { "Clock" }
        p .lead {
            "Expiry, workflows, retries of webhooks, rate windows and delays run on this clock."
        }
        section aria-labelledby="now" {
            h2 #now { "Sandbox time" }
            dl .facts {
                div { dt { "Now" } dd { (layout::time(clock.now())) } }
                div { dt { "Speed" } dd { (speed) } }
            }
        }
        section aria-labelledby="ahead" {
            h2 #ahead { "Move it ahead" }
            p { "What becomes due happens before the page answers." }
            form .actions method="post" action="/dashboard/clock" {
                @for (label, seconds) in SPANS {
                    button type="submit" name="advance_s" value=(seconds) { (label) }
                }
            }
            form .settings .short method="post" action="/dashboard/clock" {
                (form::number("advance_s", "Seconds", 10))
                p { button type="submit" { "Move ahead" } }
            }
        }
        section aria-labelledby="set" {
            h2 #set { "Set it" }
            form .settings .short method="post" action="/dashboard/clock" {
                (form::text("now", "text", "Time (ISO 8601)", &clock.now().to_string(), true))
                p { button type="submit" { "Set the time" } }
            }
            form .settings .short method="post" action="/dashboard/clock" {
                (form::decimal("speed", "Speed (0 stops it)", clock.speed()))
                p { button type="submit" { "Set the speed" } }
            }
        }
        p .lead {
            "The same by " code { "POST /_sandbox/clock" } ": "
            a href="/dashboard/controls" { "Controls" } "."
        }
    };
    layout::page(environment, Place::Clock, "Clock", &content)
}

/// Reads a change of the clock.
///
/// # Errors
///
/// A sentence for the person.
pub(super) fn read(form: &Form) -> Result<ClockChange, String> {
    let mut change = Map::new();
    for name in ["advance_s", "speed"] {
        if let Some(text) = form.value(name) {
            let number: f64 = text
                .trim()
                .parse()
                .map_err(|_| format!("{name} must be a number"))?;
            change.insert(name.to_owned(), json!(number));
        }
    }
    if let Some(now) = form.value("now") {
        change.insert("now".to_owned(), json!(now.trim()));
    }
    serde_json::from_value(Value::Object(change)).map_err(|error| error.to_string())
}
