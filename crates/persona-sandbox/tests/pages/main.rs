//! The sandbox's pages over HTTP: who may open the flow, what each step changes, which headers
//! protect the pages, and what the dashboard shows and refuses.

#![expect(
    clippy::unwrap_used,
    reason = "tests fail by panicking, helpers included"
)]

mod dashboard;
mod dashboard_tools;
mod handoff;
mod hooks;
mod hosted;
mod support;
mod webhooks;
mod webview;
mod widget;
