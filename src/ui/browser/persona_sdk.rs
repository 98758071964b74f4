//! Persona's JS SDK (npm `persona` 5.9.0), unmodified.
//!
//! One window at a time: the SDK's style sheets have fixed IDs, so a second window would lose them when
//! the first ends. The window owns the SDK's callbacks, and drops them after the callback that ends it
//! has returned, never within.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Function, Object, Promise, Reflect};
use leptos::{prelude::window, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlScriptElement;

pub(in crate::ui) use super::event::{Blocked, Event};
use super::page::{self, text};
use crate::model::{OpenableInquiry, SdkSettings, SessionToken};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Persona, js_name = Client)]
    type Client;

    #[wasm_bindgen(constructor, catch, js_namespace = Persona, js_class = "Client")]
    fn new(options: &Object) -> Result<Client, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn open(this: &Client) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn destroy(this: &Client) -> Result<(), JsValue>;
}

thread_local! {
    /// The loading of the script, once begun. A failed one is kept until [`reset_failure`].
    static LOADING: RefCell<Option<Promise>> = const { RefCell::new(None) };
}

/// Loads the SDK's script once. A failure is final until [`reset_failure`].
pub(in crate::ui) async fn load(settings: &SdkSettings) -> Result<(), Blocked> {
    if is_loaded() {
        return Ok(());
    }
    let loading = LOADING.with_borrow_mut(|loading| {
        loading
            .get_or_insert_with(|| begin_loading(settings))
            .clone()
    });
    match JsFuture::from(loading).await {
        Ok(_) if is_loaded() => Ok(()),
        _ => Err(Blocked),
    }
}

/// Allows another attempt to load: for a click after a failure.
pub(in crate::ui) fn reset_failure() {
    if !is_loaded() {
        LOADING.set(None);
    }
}

fn is_loaded() -> bool {
    Reflect::get(&window(), &"Persona".into())
        .and_then(|persona| Reflect::get(&persona, &"Client".into()))
        .is_ok_and(|client| client.is_function())
}

fn begin_loading(settings: &SdkSettings) -> Promise {
    Promise::new(&mut |resolve, reject| {
        if append_script(settings, &resolve, &reject).is_none() {
            let _ = reject.call0(&JsValue::UNDEFINED);
        }
    })
}

fn append_script(settings: &SdkSettings, loaded: &Function, failed: &Function) -> Option<()> {
    let document = window().document()?;
    let script: HtmlScriptElement = document.create_element("script").ok()?.dyn_into().ok()?;
    script.set_src(&settings.script_url);
    script.set_cross_origin(Some("anonymous"));
    if let Some(integrity) = &settings.integrity {
        script.set_integrity(integrity);
    }
    script.set_onload(Some(loaded));
    script.set_onerror(Some(failed));
    document.head()?.append_child(&script).ok()?;
    Some(())
}

/// Decodes the argument of one of the SDK's callbacks.
type Decoder = fn(&JsValue) -> Event;

/// Persona's window, over the page.
pub(in crate::ui) struct Window {
    client: Client,
    callbacks: Vec<Closure<dyn Fn(JsValue)>>,
}

impl Window {
    /// Begins to load the window, hidden. The listener gets its events until [`end`](Self::end).
    pub(in crate::ui) fn new(
        settings: &SdkSettings,
        inquiry: &OpenableInquiry,
        listener: impl Fn(Event) + 'static,
    ) -> Result<Self, Blocked> {
        let options = Options(Object::new());
        options.set_text("inquiryId", Some(inquiry.inquiry_id.as_str()));
        options.set_text("environmentId", settings.environment_id.as_deref());
        options.set_text("customHost", settings.widget_host.as_deref());
        options.set_text("language", settings.language.as_deref());
        let is_dark = settings.follows_color_scheme && page::prefers_dark();
        options.set_text("styleVariant", is_dark.then_some("dark"));
        options.set_text(
            "sessionToken",
            inquiry.session_token.as_ref().map(SessionToken::expose),
        );

        let listener = Rc::new(listener);
        let decoders: [(&str, Decoder); 5] = [
            ("onLoad", |_| Event::Load),
            ("onReady", |_| Event::Ready),
            ("onComplete", |value| Event::Complete {
                has_failed: text(value, "status").as_deref() == Some("failed"),
            }),
            ("onCancel", |value| Event::Cancel {
                session_token: text(value, "sessionToken").and_then(SessionToken::parse),
            }),
            ("onError", |value| Event::Error {
                code: text(value, "code").unwrap_or_default(),
            }),
        ];
        let callbacks = decoders
            .into_iter()
            .map(|(name, decode)| {
                let listener = Rc::clone(&listener);
                let callback =
                    Closure::<dyn Fn(JsValue)>::new(move |value| listener(decode(&value)));
                options.set(name, callback.as_ref());
                callback
            })
            .collect();

        let client = Client::new(&options.0).map_err(|_| Blocked)?;
        Ok(Self { client, callbacks })
    }

    /// Shows the window.
    pub(in crate::ui) fn show(&self) {
        // Throws only if the client was destroyed: then there is no window to show.
        let _ = self.client.open();
    }

    /// Removes the window from the page.
    pub(in crate::ui) fn end(self) {
        let Self { client, callbacks } = self;
        let _ = client.destroy();
        // This may run inside one of the callbacks: drop them after it has returned.
        spawn_local(async move { drop(callbacks) });
    }
}

/// The object of options that the SDK takes.
struct Options(Object);

impl Options {
    fn set(&self, name: &str, value: &JsValue) {
        // A plain object takes any property.
        let _ = Reflect::set(&self.0, &name.into(), value);
    }

    fn set_text(&self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.set(name, &value.into());
        }
    }
}
