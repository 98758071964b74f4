//! The document around every page, and the routes.

use axum::http::request::Parts;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{HashedStylesheet, Meta, MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use super::pages::{
    Audit, Event, NotFound, Onboarding, Overview, Person, Profile, ResultPage, ResultsPage,
    Sessions, SignIn, SignUp, texts,
};
use crate::app::AppState;

/// Keeps a click that precedes hydration: the island performs it afterwards, or, without hydration, the
/// plain form is submitted. Until then the page says what the island would say (`data-opening`).
const EARLY_CLICK: &str = "\
document.addEventListener('submit',function(e){var f=e.target,d=document;\
if(f.id!=='verify-form'||f.dataset.hydrated)return;\
e.preventDefault();if(f.dataset.clicked)return;f.dataset.clicked='1';\
d.getElementById('verify-button').setAttribute('aria-busy','true');\
d.getElementById('status-heading').firstChild.nodeValue=f.dataset.opening;\
setTimeout(function(){if(!f.dataset.hydrated)f.submit()},8000)},true)";

/// Opens the connection to Persona's window when the person is about to press the button. The window's
/// document is requested after our server's answer, and then does not wait for the connection. Not at the
/// page's start: a connection that is not used soon is closed, and who only reads is none of Persona's
/// business.
const WARM_ON_INTENT: &str = "\
['pointerover','focusin'].forEach(function(name){document.addEventListener(name,function(e){\
var f=e.target.closest('#verify-form'),l;if(!f||!f.dataset.window)return;\
l=document.createElement('link');l.rel='preconnect';l.href=f.dataset.window;\
document.head.append(l);delete f.dataset.window})})";

/// Loads the page again, once a minute at most, if a file that it names is gone: the page is of a release
/// that was replaced while it was loading. The new release's page names files that are there.
///
/// An error of our own files, or one that names no file, makes it ask; at once, and then at most every five
/// seconds, so that an early error of something else does not use up the question. The query, the file's
/// own name, keeps the request apart from the page's preloads, which a HEAD request does not use.
const RELOAD_IF_FILES_ARE_GONE: &str = "\
(function(){var timer,next=0;function check(){try{timer=0;next=Date.now()+5e3;\
if(sessionStorage.reloaded>Date.now()-6e4)return;\
Promise.all([].map.call(document.querySelectorAll('link[href^=\"/pkg/\"],script[src^=\"/pkg/\"]'),function(l){\
var u=l.href||l.src;return fetch(u+'?'+u.split('/').pop(),{method:'HEAD'}).then(function(r){return r.status===404},function(){})\
})).then(function(gone){if(gone.includes(true)){\
sessionStorage.reloaded=Date.now();location.reload()}})}catch(e){}}\
function ask(e){var t=e.target,url=t&&(t.href||t.src);\
if(!timer&&(!url||(''+url).startsWith(location.origin+'/pkg/')))timer=setTimeout(check,next-Date.now())}\
addEventListener('error',ask,true);addEventListener('unhandledrejection',ask)})()";

/// Whether the page at this path contains islands. The others load neither WASM nor script.
fn has_islands(path: &str) -> bool {
    path == "/onboarding" || path == "/results" || path.starts_with("/results/")
}

/// Whether the page at this path contains times that the browser writes in its own zone.
fn has_times(path: &str) -> bool {
    path.starts_with("/results") || path == "/account/sessions"
}

/// Whether the page at this path contains a password field, which a button can show.
fn has_password(path: &str) -> bool {
    path == "/sign-in" || path == "/sign-up"
}

/// The HTML document.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let path = with_context(|parts: &Parts| parts.uri.path().to_owned());
    let has = |rule: fn(&str) -> bool| path.as_deref().is_some_and(rule);
    let texts = texts();
    let islands = has(has_islands).then(|| {
        view! {
            <script nonce=use_nonce()>{EARLY_CLICK}</script>
            <script nonce=use_nonce()>{WARM_ON_INTENT}</script>
            <script nonce=use_nonce() src=texts.words_path() defer></script>
            <IslandFiles options=options.clone() />
        }
    });
    let times =
        has(has_times).then(|| view! { <script nonce=use_nonce() src="/times.js" defer></script> });
    let show_password = has(has_password)
        .then(|| view! { <script nonce=use_nonce() src="/show-password.js" defer></script> });
    let colours = use_context::<AppState>().map(|state| {
        view! { <style inner_html=state.config.brand.css.clone()></style> }
    });
    let locale = texts.locale();
    view! {
        <!DOCTYPE html>
        <html lang=locale.tag() dir=locale.direction()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <script nonce=use_nonce()>{RELOAD_IF_FILES_ARE_GONE}</script>
                {colours}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {islands}
                {times}
                {show_password}
                <AutoReload disable_watch=options.reload_port == 0 options=options.clone() />
                <HashedStylesheet id="style" options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The files that make islands interactive: the script that loads the WASM, and the WASM.
#[component]
fn IslandFiles(options: LeptosOptions) -> impl IntoView {
    view! { <HydrationScripts options islands=true /> }
}

/// The URLs of the files that cargo-leptos builds and pages reference, as Leptos writes them.
#[must_use]
pub fn built_files(options: LeptosOptions) -> Vec<String> {
    let html = Owner::new().with(|| {
        view! {
            <IslandFiles options=options.clone() />
            <HashedStylesheet id="style" options />
        }
        .to_html()
    });
    let links = html.split("href=\"").skip(1);
    links
        .filter_map(|link| link.split('"').next())
        .map(ToOwned::to_owned)
        .collect()
}

/// The app.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Meta name="description" content=texts().text("description") />
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/onboarding") view=Onboarding ssr=SsrMode::Async />
                <Route path=path!("/results") view=ResultsPage ssr=SsrMode::Async />
                <Route path=path!("/results/:id") view=ResultPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=SignUp ssr=SsrMode::Async />
                <Route path=path!("/account/profile") view=Profile ssr=SsrMode::Async />
                <Route path=path!("/account/sessions") view=Sessions ssr=SsrMode::Async />
                <Route path=path!("/admin") view=Overview ssr=SsrMode::Async />
                <Route path=path!("/admin/users/:id") view=Person ssr=SsrMode::Async />
                <Route path=path!("/admin/events/:id") view=Event ssr=SsrMode::Async />
                <Route path=path!("/admin/audit") view=Audit ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
