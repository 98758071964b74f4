//! Journeys: the app as it is served, over HTTP, against the sandbox in the same process.
//!
//! One program, since linking a server takes longer than testing it. One file per journey.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod accounts;
mod activity;
mod admin;
mod arbitrary_responses;
mod arbitrary_webhooks;
mod attempts;
mod brand;
mod client;
mod data_at_rest;
mod database;
mod every_route;
mod files;
mod foreign;
mod get_or_create;
mod housekeeping;
mod keys;
mod languages;
mod live;
mod live_stream;
mod lock_order;
mod lost_database;
mod metrics;
mod mutation;
mod old_database;
mod page_sizes;
mod pages;
mod people;
mod pgbouncer;
mod plans;
mod policy;
mod ports;
mod postgres;
mod profile;
mod proxy;
mod readiness;
mod reconciler;
mod refresh;
mod results;
mod schema;
mod serving;
mod sessions;
mod site;
mod spent;
mod startup;
mod statistics;
mod status_updates;
mod submission;
mod support;
mod test_log;
mod tls;
mod webhook_applying;
mod webhook_receiving;
mod webhook_sender;
