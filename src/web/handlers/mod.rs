//! The handlers of the routes.

pub(crate) mod admin;
pub(crate) mod assets;
pub(crate) mod auth_forms;
pub(crate) mod brand;
pub(crate) mod health;
pub(crate) mod language;
pub(crate) mod onboarding;
pub(crate) mod profile;
pub(crate) mod rendered_pages;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
mod signed_out;
pub(crate) mod sync_inquiry;
pub(crate) mod webhook;
pub(crate) mod words;
