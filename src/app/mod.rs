//! The running program apart from HTTP: configuration, state, background work, commands.

mod build;
mod click_limit;
pub mod commands;
pub(crate) mod config;
mod current_user;
mod housekeeping;
mod key_rotation;
mod leptos_options;
pub(crate) mod live_hub;
mod memory;
mod program_pages;
mod session_list;
pub(crate) mod session_store;
mod startup;
mod state;
mod telemetry;

pub use build::{App, open_store, persona_client};
pub use click_limit::{ClickLimit, ClickPermit};
pub use config::{
    Config, ConfigError, ConfigErrors, Environment, Operators, PersonaConfig, SiteConfig,
    load_env_file,
};
pub use current_user::CurrentUser;
pub use housekeeping::{delete_old_rows, run_housekeeping};
pub use key_rotation::move_to_newest_key;
pub use leptos_options::leptos_options;
pub use live_hub::LiveHub;
pub use memory::{collect_unused_memory, configure_allocator, wake_idle_threads};
pub use program_pages::release_program_pages;
pub(crate) use session_list::current_digest;
pub use session_list::list_sessions;
pub use startup::{StartError, announce, check_persona};
pub use state::{AppParts, AppState};
pub use telemetry::{LogFormat, init as init_telemetry};
