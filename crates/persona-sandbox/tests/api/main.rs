//! The sandbox as an API client meets it: Persona's REST API, the sandbox's own controls and
//! faults, and what survives a restart. Everything goes over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests fail by panicking, helpers included"
)]

mod accounts;
mod api_keys;
mod blocklist;
mod cases;
mod controls;
mod environments;
mod examples;
mod faults;
mod finish;
mod fixtures;
mod idempotency;
mod in_process;
mod inquiries;
mod operations;
mod receiver;
mod reports;
mod requests;
mod scenarios;
mod search;
mod setup;
mod simulate;
mod state_file;
mod support;
mod tutorial;
mod unmatched;
mod values;
mod verifications;
mod webhook_api;
mod webhook_faults;
mod webhooks;
