//! Forms: their fields, and reading what was sent.

use maud::{Markup, html};
use url::form_urlencoded;

/// A box to tick, with a note.
pub(super) fn choice(name: &str, label: &str, note: &str, on: bool) -> Markup {
    html! {
        div .choice {
            input type="checkbox" id=(name) name=(name) checked[on]
                aria-describedby={ (name) "-note" };
            label for=(name) { (label) }
            small id={ (name) "-note" } { (note) }
        }
    }
}

/// A number.
pub(super) fn number(name: &str, label: &str, value: i64) -> Markup {
    html! {
        div .field {
            label for=(name) { (label) }
            input type="number" id=(name) name=(name) value=(value) min="0" step="1" required;
        }
    }
}

/// A number that may have a fraction.
pub(super) fn decimal(name: &str, label: &str, value: f64) -> Markup {
    html! {
        div .field {
            label for=(name) { (label) }
            input type="number" id=(name) name=(name) value=(value) min="0" step="any" required;
        }
    }
}

/// A number that may be left out.
pub(super) fn optional_number(name: &str, label: &str, value: &str) -> Markup {
    html! {
        div .field {
            label for=(name) { (label) }
            input type="number" id=(name) name=(name) value=(value) min="0" step="1";
        }
    }
}

/// A list, one a line, with a note.
pub(super) fn lines(name: &str, label: &str, note: &str, values: &[String]) -> Markup {
    html! {
        div .field {
            label for=(name) { (label) }
            textarea id=(name) name=(name) rows="3" spellcheck="false"
                aria-describedby={ (name) "-note" } { (values.join("\n")) }
            small id={ (name) "-note" } { (note) }
        }
    }
}

/// A line of text.
pub(super) fn text(name: &str, kind: &str, label: &str, value: &str, required: bool) -> Markup {
    html! {
        div .field {
            label for=(name) { (label) }
            input type=(kind) id=(name) name=(name) value=(value) required[required]
                autocomplete="off" spellcheck="false";
        }
    }
}

/// One of several values.
pub(super) fn select(name: &str, label: &str, value: &str, values: &[&str]) -> Markup {
    html! {
        div .field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @for known in values {
                    option value=(known) selected[*known == value] { (known) }
                }
            }
        }
    }
}

/// A form as it was sent.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form's body.
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The text of a field.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The values of all fields of this name.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A browser leaves an unchecked box out.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// A field's lines that are not empty.
    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        let text = self.value(name).unwrap_or_default();
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A whole number that is not below `least`.
    pub(super) fn number(&self, name: &str, least: i64) -> Option<i64> {
        let number = self.value(name)?.trim().parse::<i64>().ok()?;
        (number >= least).then_some(number)
    }
}
