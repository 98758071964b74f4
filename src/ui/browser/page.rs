//! The page: its life, its clock, its elements.

use std::time::Duration;

use leptos::prelude::{set_timeout, window};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{HtmlElement, PageTransitionEvent};

/// How long after waking the page counts as idle. Safari has no `requestIdleCallback`.
const IDLE_AFTER: Duration = Duration::from_millis(1500);

/// Calls back when the page has done its first work.
pub(in crate::ui) fn when_idle(callback: impl FnOnce() + 'static) {
    set_timeout(callback, IDLE_AFTER);
}

/// Calls back after a time.
pub(in crate::ui) fn after(time: Duration, callback: impl FnOnce() + 'static) {
    set_timeout(callback, time);
}

/// Calls back whenever the page goes away: left, closed, or kept for the way back. This is the
/// page's end: `on_cleanup` never runs for an island at the root.
pub(in crate::ui) fn on_hide(callback: impl Fn() + 'static) {
    listen("pagehide", move |_| callback());
}

/// Calls back when the page is shown again as it was left.
pub(in crate::ui) fn on_show_again(callback: impl Fn() + 'static) {
    listen("pageshow", move |event| {
        if event.persisted() {
            callback();
        }
    });
}

fn listen(name: &str, callback: impl Fn(PageTransitionEvent) + 'static) {
    let closure = Closure::<dyn Fn(PageTransitionEvent)>::new(callback);
    // It fails for no name that exists; the listener lives as long as the page.
    let _ = window().add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Tells the form that the island is awake; says whether it was submitted before that.
pub(in crate::ui) fn awaken_form(id: &str) -> bool {
    let Some(form) = element(id) else {
        return false;
    };
    let data = form.dataset();
    let _ = data.set("awake", "1");
    data.get("clicked").is_some()
}

/// Moves the focus to an element.
pub(in crate::ui) fn focus(id: &str) {
    if let Some(element) = element(id) {
        let _ = element.focus();
    }
}

/// Leaves for another page of ours.
pub(in crate::ui) fn go_to(path: &str) {
    let _ = window().location().set_href(path);
}

fn element(id: &str) -> Option<HtmlElement> {
    window().document()?.get_element_by_id(id)?.dyn_into().ok()
}
