//! Times for people. The server does not know the person's time zone and writes UTC; `public/times.js`
//! then writes them in the browser's zone. Without script they stay as they are.

use jiff::Timestamp;
use leptos::prelude::*;

use super::layout::texts;

/// A time in words, with the exact one for machines.
#[component]
pub(super) fn Time(at: Timestamp) -> impl IntoView {
    view! {
        <time datetime=in_machine_form(at) data-local="time">
            {texts().time(at)}
        </time>
    }
}

/// As [`Time`], within a sentence: *today* has no capital there.
#[component]
pub(super) fn TimeInSentence(at: Timestamp) -> impl IntoView {
    view! {
        <time datetime=in_machine_form(at) data-local="time-in-sentence">
            {texts().time(at)}
        </time>
    }
}

/// A day in words, with the exact time for machines.
#[component]
pub(super) fn Day(at: Timestamp) -> impl IntoView {
    view! {
        <time datetime=in_machine_form(at) data-local="day">
            {texts().day(at)}
        </time>
    }
}

/// A time to the second, for operators who compare times.
#[component]
pub(super) fn ExactTime(at: Timestamp) -> impl IntoView {
    view! { <time datetime=in_machine_form(at)>{to_the_second(at)}</time> }
}

/// `2026-03-03T14:05:09Z`.
fn in_machine_form(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `March 3, 2026, 14:05:09 UTC`.
fn to_the_second(at: Timestamp) -> String {
    at.strftime("%B %-d, %Y, %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_form_for_people_and_one_for_machines() {
        let at = "2026-03-03T14:05:09.123Z".parse().unwrap();
        assert_eq!(texts().time(at), "March 3, 2026, 14:05 UTC");
        assert_eq!(to_the_second(at), "March 3, 2026, 14:05:09 UTC");
        assert_eq!(in_machine_form(at), "2026-03-03T14:05:09Z");
    }
}
