//! The page: its lifecycle, its timers, its elements.

use std::time::Duration;

use js_sys::Reflect;
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomParser, Element, Event, HtmlElement, PageTransitionEvent, Response, SupportedType,
};

pub(in crate::ui) use super::reload::ReloadOutcome;

/// The delay after hydration until the page counts as idle. Safari has no `requestIdleCallback`.
const IDLE_DELAY: Duration = Duration::from_millis(1500);

/// Selects our own elements of the document; the SDK adds its window beside them.
const PAGE_SELECTORS: [&str; 4] = [".skip-link", ".site-header", "main", ".site-footer"];

/// Calls back when the page becomes idle.
pub(in crate::ui) fn when_idle(callback: impl FnOnce() + 'static) {
    set_timeout(callback, IDLE_DELAY);
}

/// Calls back after a delay.
pub(in crate::ui) fn after(time: Duration, callback: impl FnOnce() + 'static) {
    set_timeout(callback, time);
}

/// Calls back whenever the page is hidden for good or put into the back/forward cache (`pagehide`):
/// `on_cleanup` never runs for an island at the root.
pub(in crate::ui) fn on_hide(callback: impl Fn() + 'static) {
    listen("pagehide", move |_| callback());
}

/// Calls back when the page returns from the back/forward cache.
pub(in crate::ui) fn on_restore(callback: impl Fn() + 'static) {
    listen("pageshow", move |event| {
        if event.persisted() {
            callback();
        }
    });
}

/// Whether the page is in a background tab.
pub(in crate::ui) fn is_hidden() -> bool {
    window()
        .document()
        .is_some_and(|document| document.hidden())
}

/// Calls back when the tab becomes visible or hidden.
pub(in crate::ui) fn on_visibility_change(callback: impl Fn() + 'static) {
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
    // Never fails: the name is valid. The listener lives as long as the page.
    let _ = window().add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Marks the form as hydrated; returns whether it was submitted before that.
pub(in crate::ui) fn mark_hydrated(id: &str) -> bool {
    let Some(form) = element(id) else {
        return false;
    };
    let data = form.dataset();
    let _ = data.set("hydrated", "1");
    data.get("clicked").is_some()
}

/// Moves the focus, after the next rendering, to the first of these elements that is shown. Before the
/// rendering a screen reader would read the previous text.
pub(in crate::ui) fn focus_after_render(ids: [&'static str; 2]) {
    after(Duration::ZERO, move || {
        let shown = |element: &HtmlElement| element.offset_parent().is_some();
        if let Some(element) = ids.into_iter().filter_map(element).find(shown) {
            let _ = element.focus();
        }
    });
}

/// Moves the focus to one of these elements, as above, if the focused element is inside `part` and hidden by
/// now: the focus would be lost to the top of the page.
pub(in crate::ui) fn rescue_focus(part: &str, ids: [&'static str; 2]) {
    let focused = || -> Option<HtmlElement> {
        let active = window().document()?.active_element()?;
        let is_inside = element_by_id(part)?.contains(Some(&active));
        is_inside.then(|| active.dyn_into().ok()).flatten()
    };
    if focused().is_some_and(|focused| focused.offset_parent().is_none()) {
        focus_after_render(ids);
    }
}

/// Whether the person prefers dark colours.
pub(super) fn prefers_dark() -> bool {
    window()
        .match_media("(prefers-color-scheme: dark)")
        .is_ok_and(|query| query.is_some_and(|query| query.matches()))
}

/// Calls back at each event with this name on an element.
pub(in crate::ui) fn on_event(id: &str, name: &str, callback: impl Fn() + 'static) {
    add_listener(id, name, move |_| callback());
}

/// Calls back instead of sending the form.
pub(in crate::ui) fn on_submit(form: &str, callback: impl Fn() + 'static) {
    add_listener(form, "submit", move |event| {
        event.prevent_default();
        callback();
    });
}

fn add_listener(id: &str, name: &str, callback: impl Fn(Event) + 'static) {
    let Some(element) = element(id) else { return };
    let closure = Closure::<dyn Fn(Event)>::new(callback);
    // Never fails: the name is valid. The listener lives as long as the page.
    let _ = element.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// A text of the file with the page's words, by its number. `None` if the file did not load.
pub(in crate::ui) fn word(number: u32) -> Option<String> {
    let words = Reflect::get(&window().document()?.into(), &"words".into()).ok()?;
    Reflect::get_u32(&words, number).ok()?.as_string()
}

/// Sets the text of an element. The same text again is no change, which a screen reader would announce.
pub(in crate::ui) fn set_text(id: &str, text: &str) {
    if let Some(element) = element_by_id(id)
        && element.text_content().as_deref() != Some(text)
    {
        element.set_text_content(Some(text));
    }
}

/// Sets an attribute of an element, or removes it.
pub(in crate::ui) fn set_attribute(id: &str, name: &str, value: Option<&str>) {
    let Some(element) = element_by_id(id) else {
        return;
    };
    // Never fails: the names are valid.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// An attribute of an element.
pub(in crate::ui) fn attribute(id: &str, name: &str) -> Option<String> {
    element_by_id(id)?.get_attribute(name)
}

/// Sets the document's title.
pub(in crate::ui) fn set_title(title: &str) {
    if let Some(document) = window().document() {
        document.set_title(title);
    }
}

/// Makes the page behind Persona's window inert, or active again: the window is a dialog, which
/// neither the Tab key nor a screen reader may leave.
pub(in crate::ui) fn set_inert(is_inert: bool) {
    let Some(document) = window().document() else {
        return;
    };
    for selector in PAGE_SELECTORS {
        if let Ok(Some(element)) = document.query_selector(selector) {
            // Never fails: the name is valid.
            let _ = element.toggle_attribute_with_force("inert", is_inert);
        }
    }
}

/// Navigates to another page of this site.
pub(in crate::ui) fn navigate(path: &str) {
    let _ = window().location().set_href(path);
}

/// Fetches the page again and replaces these parts of it.
pub(in crate::ui) async fn reload_parts(parts: &[String]) -> ReloadOutcome {
    try_reload(parts).await.unwrap_or(ReloadOutcome::Failed)
}

async fn try_reload(parts: &[String]) -> Result<ReloadOutcome, JsValue> {
    let href = window().location().href()?;
    let response: Response = JsFuture::from(window().fetch_with_str(&href)).await?.into();
    if response.redirected() {
        return Ok(ReloadOutcome::Redirected);
    }
    let text = JsFuture::from(response.text()?).await?;
    let text = text.as_string().unwrap_or_default();
    let new = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    for part in parts {
        let Some(new) = new.get_element_by_id(part) else {
            // An error page is worth another try. Any other page is a newer release's.
            if response.ok() {
                window().location().reload()?;
                return Ok(ReloadOutcome::Redirected);
            }
            return Ok(ReloadOutcome::Failed);
        };
        let old = element(part).ok_or(JsValue::UNDEFINED)?;
        let focused = focused_in(&old);
        old.set_inner_html(&new.inner_html());
        if let Some(focused) = focused {
            restore_focus(&old, &focused);
        }
    }
    Ok(ReloadOutcome::Replaced)
}

/// A selector for the focused element of this part that also finds its replacement; `None` without
/// an `href` or ID.
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

/// Moves the focus to the replacement of the focused element, else to the part. Without this the focus
/// would be lost to the top of the page.
fn restore_focus(part: &HtmlElement, selector: &Option<String>) {
    let replacement = selector
        .as_ref()
        .and_then(|selector| part.query_selector(selector).ok()?)
        .and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let _ = match replacement {
        Some(replacement) => replacement.focus(),
        None => part
            .set_attribute("tabindex", "-1")
            .and_then(|()| part.focus()),
    };
}

/// Whether the clipboard is available.
pub(in crate::ui) fn can_copy() -> bool {
    window().is_secure_context()
}

/// Copies a text; returns whether it succeeded.
pub(in crate::ui) async fn copy(text: &str) -> bool {
    let write = window().navigator().clipboard().write_text(text);
    JsFuture::from(write).await.is_ok()
}

/// A string property of an object.
pub(super) fn text(value: &JsValue, name: &str) -> Option<String> {
    Reflect::get(value, &name.into()).ok()?.as_string()
}

fn element(id: &str) -> Option<HtmlElement> {
    element_by_id(id)?.dyn_into().ok()
}

/// An element, which may be a drawing's.
fn element_by_id(id: &str) -> Option<Element> {
    window().document()?.get_element_by_id(id)
}
