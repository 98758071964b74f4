//! The user interface.
//!
//! Pages are rendered on the server and readable before any WASM loads. Islands are the few parts that
//! also run in the browser. `browser` is their only boundary to JavaScript.

mod browser;
mod islands;

#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
mod pages;

#[cfg(feature = "ssr")]
pub use app::{App, built_files, shell};
#[cfg(feature = "ssr")]
pub use pages::{FormNotice, ProfileFormState, SignInFormState, SignUpFormState, SignedOut};
