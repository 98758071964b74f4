//! The rules: start or resume a verification, and for whom.
//!
//! The only place that decides. It is given its Persona client and its store, and knows no axum,
//! no Leptos and no HTTP status.

mod error;
mod hand_over;
mod inquiry;
mod policy;
mod user;

pub use error::Error;
pub use hand_over::hosted_flow_link;
pub use inquiry::{GetOrCreate, get_or_create};
pub use user::{User, birthdate_in_words};
