//! The layers around the handlers: limits, checks, headers, the session.

pub(crate) mod browser_name;
pub(crate) mod catch_panic;
pub(crate) mod click_limit;
pub(crate) mod client_address;
pub(crate) mod cross_origin;
pub(crate) mod device_cookie;
pub(crate) mod discard_body;
pub(crate) mod error_body;
pub(crate) mod headers;
pub(crate) mod language;
pub(crate) mod prepare;
pub(crate) mod rate_limit;
pub(crate) mod reject_ambiguous_path;
pub(crate) mod request_id;
pub(crate) mod retry_after;
pub(crate) mod session;
pub(crate) mod shared;
pub(crate) mod step;
