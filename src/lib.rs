//! Identity onboarding with Persona's Embedded Flow, by pre-created inquiries.
//!
//! A request walks down and its answer walks up; no module looks over its shoulder:
//!
//! ```text
//! browser ─▶ ui ─▶ api (server functions) ─▶ domain ─▶ persona ─▶ Persona or the sandbox
//!                                               └────▶ store   ─▶ SQLite or Postgres
//! ```
//!
//! | module | compiled for | is |
//! |---|---|---|
//! | [`model`] | both | plain data that crosses the wire |
//! | [`api`] | both | server functions and their errors |
//! | [`ui`] | both | pages (server), islands (both), the door to JavaScript (browser) |
//! | `domain` | `ssr` | the rules: the only place that decides |
//! | `persona` | `ssr` | the client of Persona's API |
//! | `store` | `ssr` | the database |
//! | `clock` | `ssr` | the only reader of the wall clock |
//! | `commands` | `ssr` | what an operator can do from a shell |
//! | `tasks` | `ssr` | what runs beside the requests |
//! | `metrics` | `ssr` | what is counted and timed |
//! | `server` | `ssr` | configuration, sessions, headers, routes, the accept loop |
//!
//! The built-in Persona sandbox (feature `sandbox`) is the crate `persona-sandbox`, which imports
//! nothing of this one.
//! `hydrate` and `ssr` together are no program.

#[cfg(any(feature = "hydrate", feature = "ssr"))]
pub mod api;
#[cfg(any(feature = "hydrate", feature = "ssr"))]
pub mod model;
#[cfg(any(feature = "hydrate", feature = "ssr"))]
pub mod ui;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod base;
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
