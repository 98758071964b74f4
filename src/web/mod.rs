//! HTTP: the accept loop, the router, its middleware and its handlers.
//!
//! Turns requests into calls of the domain and results into responses. Decides nothing about
//! inquiries.

mod connection;
mod handlers;
mod live;
mod metrics;
mod middleware;
mod router;
mod serve;
mod site;

pub use metrics::metrics_router;
pub use middleware::catch_panic::log_panics;
pub use router::{router, routes};
pub use serve::{allow_many_connections, bind, serve};
pub use site::{SiteError, check_files};
