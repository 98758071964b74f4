//! The document around every page, and the routes.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{HashedStylesheet, Meta, MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use super::pages::{
    Audit, Event, NotFound, Onboarding, Overview, Person, Profile, ResultPage, ResultsPage,
    Sessions, SignIn, SignUp,
};

/// Keeps a click that precedes hydration: the island performs it afterwards, or, without hydration, the
/// plain form is submitted.
const EARLY_CLICK: &str = "\
document.addEventListener('submit',function(e){var f=e.target;\
if(f.id!=='verify-form'||f.dataset.hydrated)return;\
e.preventDefault();if(f.dataset.clicked)return;f.dataset.clicked='1';\
setTimeout(function(){if(!f.dataset.hydrated)f.submit()},8000)},true)";

/// The HTML document.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <script nonce=use_nonce()>{EARLY_CLICK}</script>
                <AutoReload disable_watch=options.reload_port == 0 options=options.clone() />
                <BuiltFiles options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The files that cargo-leptos builds: the script that loads the WASM, and the style sheet.
#[component]
fn BuiltFiles(options: LeptosOptions) -> impl IntoView {
    view! {
        <HydrationScripts options=options.clone() islands=true />
        <HashedStylesheet id="style" options />
    }
}

/// The URLs of the files that every page references, as Leptos writes them.
#[must_use]
pub fn built_files(options: LeptosOptions) -> Vec<String> {
    let html = Owner::new().with(|| view! { <BuiltFiles options /> }.to_html());
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
        <Meta name="description" content="Verify your identity before you walk dogs." />
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
