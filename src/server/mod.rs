//! The web server: everything between the socket and the rules.
//!
//! Reads the configuration, starts what is needed, and turns HTTP into calls and answers back into
//! HTTP. Decides nothing about inquiries.

mod accept;
mod admin;
mod assets;
mod browser_name;
mod click_limit;
mod client_address;
mod config;
mod connection;
mod cross_origin;
mod device_cookie;
mod door;
mod headers;
mod health;
mod housekeeping;
mod live;
mod memory;
mod metrics;
mod no_arguments;
mod onboarding;
mod pages;
mod panics;
mod plain_answer;
mod plain_path;
mod rate_limit;
mod refresh;
mod request_id;
mod retry_after;
mod router;
mod session;
mod session_store;
mod sessions;
mod shutdown;
mod sign_in;
mod sign_up;
mod site;
mod startup;
mod state;
mod telemetry;
mod webhook;

pub use accept::{allow_many_connections, bind, serve};
pub use admin::is_operator;
pub use click_limit::{ClickLimit, ClickPermit};
pub use config::{
    Config, ConfigError, ConfigErrors, Environment, Operators, PersonaConfig, SiteConfig,
    load_env_file,
};
pub use housekeeping::{delete_old_rows, keep_house};
pub use live::Live;
pub use memory::give_memory_back;
pub use metrics::metrics_router;
pub use panics::log_panics;
pub(crate) use rate_limit::seconds as retry_after_seconds;
pub use router::{router, routes};
pub use session::CurrentUser;
pub use sessions::list_sessions;
pub use shutdown::Shutdown;
pub use site::{SiteError, check_files, leptos_options};
pub use startup::{StartError, announce, check_persona, move_to_newest_key};
pub use state::AppState;
pub use telemetry::{LogFormat, init as init_telemetry};
