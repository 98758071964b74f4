//! The page: its life, its clock, its elements.

use std::time::Duration;

use js_sys::Reflect;
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomParser, HtmlElement, PageTransitionEvent, Response, SupportedType};

pub(in crate::ui) use super::reading::Reading;

/// How long after waking the page counts as idle. Safari has no `requestIdleCallback`.
const IDLE_AFTER: Duration = Duration::from_millis(1500);

/// All that is ours in the document; the SDK puts its window beside it.
const BEHIND_THE_WINDOW: [&str; 4] = [".skip-link", ".site-header", "main", ".site-footer"];

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

/// Whether the page is in a tab that is not looked at: switched away from, or opened in the
/// background.
pub(in crate::ui) fn is_hidden() -> bool {
    window()
        .document()
        .is_some_and(|document| document.hidden())
}

/// Calls back when the person switches to another tab or back.
pub(in crate::ui) fn on_switch(callback: impl Fn() + 'static) {
    let Some(document) = window().document() else {
        return;
    };
    let closure = Closure::<dyn Fn()>::new(callback);
    let listener = closure.as_ref().unchecked_ref();
    // As with `listen`.
    let _ = document.add_event_listener_with_callback("visibilitychange", listener);
    closure.forget();
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

/// Moves the focus to an element once the page shows what has changed: a screen reader would read
/// what was there before.
pub(in crate::ui) fn focus_when_shown(id: &'static str) {
    after(Duration::ZERO, move || {
        if let Some(element) = element(id) {
            let _ = element.focus();
        }
    });
}

/// Makes the page behind Persona's window inert, or brings it back: the window is a dialog, and
/// neither the Tab key nor a screen reader may leave it for what it covers.
pub(in crate::ui) fn set_inert(is_inert: bool) {
    let Some(document) = window().document() else {
        return;
    };
    for part in BEHIND_THE_WINDOW {
        if let Ok(Some(element)) = document.query_selector(part) {
            // The name of an attribute that exists.
            let _ = element.toggle_attribute_with_force("inert", is_inert);
        }
    }
}

/// Leaves for another page of ours.
pub(in crate::ui) fn go_to(path: &str) {
    let _ = window().location().set_href(path);
}

/// Reads the page anew, and shows these parts of it as they are now.
pub(in crate::ui) async fn refresh(parts: &[String]) -> Reading {
    read_anew(parts).await.unwrap_or(Reading::Failed)
}

async fn read_anew(parts: &[String]) -> Result<Reading, JsValue> {
    let href = window().location().href()?;
    let response: Response = JsFuture::from(window().fetch_with_str(&href)).await?.into();
    if response.redirected() {
        return Ok(Reading::Elsewhere);
    }
    let text = JsFuture::from(response.text()?).await?;
    let text = text.as_string().unwrap_or_default();
    let new = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    for part in parts {
        let new = new.get_element_by_id(part).ok_or(JsValue::UNDEFINED)?;
        let old = element(part).ok_or(JsValue::UNDEFINED)?;
        let focused = focused_in(&old);
        old.set_inner_html(&new.inner_html());
        if let Some(focused) = focused {
            restore_focus(&old, &focused);
        }
    }
    Ok(Reading::Shown)
}

/// The element of this part that has the focus, as a selector that finds its successor, if it has
/// an address or an ID.
fn focused_in(part: &HtmlElement) -> Option<Option<String>> {
    let active = window().document()?.active_element()?;
    if !part.contains(Some(&active)) {
        return None;
    }
    let by = |name: &str| {
        let value = active.get_attribute(name)?;
        (!value.contains(['"', '\\'])).then(|| format!("[{name}=\"{value}\"]"))
    };
    Some(by("id").or_else(|| by("href")))
}

/// Gives the focus back to what has taken the place of the focused element, else to the part: it
/// would fall to the top of the page.
fn restore_focus(part: &HtmlElement, selector: &Option<String>) {
    let successor = selector
        .as_ref()
        .and_then(|selector| part.query_selector(selector).ok()?)
        .and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let _ = match successor {
        Some(successor) => successor.focus(),
        None => part
            .set_attribute("tabindex", "-1")
            .and_then(|()| part.focus()),
    };
}

/// Whether texts can be copied for the person.
pub(in crate::ui) fn can_copy() -> bool {
    window().is_secure_context()
}

/// Copies a text; whether that went well.
pub(in crate::ui) async fn copy(text: &str) -> bool {
    let copying = window().navigator().clipboard().write_text(text);
    JsFuture::from(copying).await.is_ok()
}

/// A text of an object.
pub(super) fn text(value: &JsValue, name: &str) -> Option<String> {
    Reflect::get(value, &name.into()).ok()?.as_string()
}

fn element(id: &str) -> Option<HtmlElement> {
    window().document()?.get_element_by_id(id)?.dyn_into().ok()
}
