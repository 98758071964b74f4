//! The rules: start or resume a verification, and for whom.
//!
//! The only place that decides. It is given its Persona client and its store, and knows no axum,
//! no Leptos and no HTTP status.

mod attempt;
mod context;
mod error;
mod hand_over;
mod inquiry;
mod policy;
mod user;

pub use context::GetOrCreate;
pub use error::Error;
pub use hand_over::hosted_flow_link;
pub use inquiry::get_or_create;
pub use policy::{InquiryPolicy, Refusal};
pub use user::{User, birthdate_in_words};
