//! Identity onboarding with Persona's Embedded Flow, by pre-created inquiries.
//!
//! A request goes down and its response comes up:
//!
//! ```text
//! browser -> web -> ui -> api -> app -> domain -> persona-api -> Persona or the sandbox
//!                                          \----> store       -> SQLite or Postgres
//! ```
//!
//! | module | compiled for | is |
//! |---|---|---|
//! | [`brand`] | `ssr` | the brand: name, mark, colours, links and sentences, read from one folder |
//! | [`i18n`] | both | the languages; the texts themselves are on the server alone |
//! | [`model`] | both | views that cross the wire between server and browser, our own IDs |
//! | [`api`] | both | server functions and their errors |
//! | [`ui`] | both | pages (server), islands (both), the boundary to JavaScript (browser) |
//! | `base` | `ssr` | clock, metrics, background tasks, shutdown: used by all, using none |
//! | `store` | `ssr` | the database: pool, transactions, encryption, the statements of each table |
//! | `domain` | `ssr` | the rules, the only place that decides: `get_or_create`, `sync`, `accounts`, `operators` |
//! | `app` | `ssr` | the running program apart from HTTP: configuration, state, commands |
//! | `web` | `ssr` | HTTP: accept loop, router, middleware, handlers, live streams |
//!
//! The client of Persona's API and the webhook signatures are the crate `persona-api`. The built-in
//! Persona sandbox (feature `sandbox`) is the crate `persona-sandbox`, which shares nothing with
//! either. The features `hydrate` and `ssr` are never enabled together.
//!
//! Which folder uses which, and no other arrow (`tests/arrows` holds this table):
//!
//! ```text
//! base                           -> -
//! i18n                           -> -
//! brand                          -> i18n
//! model                          -> -
//! store                          -> base, model
//! domain                         -> base, model, store
//! domain::accounts               -> base, model, store, domain
//! domain::sync                   -> base, model, store, domain
//! domain::sync::inbox            -> base, model, store, domain::sync
//! domain::get_or_create::attempt -> model, store
//! domain::get_or_create          -> base, model, store, domain, domain::accounts, domain::sync, domain::get_or_create::attempt
//! domain::operators              -> model, store, domain, domain::accounts, domain::sync
//! app::config                    -> model, store
//! app                            -> base, i18n, brand, model, store, domain, app::config
//! api                            -> base, i18n, model, domain, app
//! ui::browser                    -> model
//! ui::islands                    -> i18n, model, api, ui::browser
//! ui::pages                      -> base, i18n, model, domain, app, api, ui::islands
//! ui::pages::admin               -> base, model, store, domain, app, api, ui::islands, ui::pages
//! ui                             -> app, ui::pages
//! web::middleware                -> base, i18n, model, store, domain, app, api
//! web::handlers                  -> base, i18n, model, store, domain, domain::sync, app, api, ui, web::middleware
//! web::live                      -> base, i18n, model, store, domain, app, api, web::middleware
//! web                            -> base, i18n, store, domain, app, app::config, ui, web::middleware, web::handlers, web::live
//! ```

#[cfg(any(feature = "hydrate", feature = "ssr"))]
pub mod api;
#[cfg(any(feature = "hydrate", feature = "ssr"))]
pub mod i18n;
#[cfg(any(feature = "hydrate", feature = "ssr"))]
pub mod model;
#[cfg(any(feature = "hydrate", feature = "ssr"))]
pub mod ui;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod base;
#[cfg(feature = "ssr")]
pub mod brand;
#[cfg(feature = "ssr")]
pub mod domain;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod web;

/// Wakes the islands of a page that the server has rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
