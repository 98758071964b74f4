//! The pages: server-rendered, complete without script.

mod admin;
mod copy_button;
mod form;
mod layout;
mod live_region;
mod not_found;
mod onboarding;
mod profile;
mod result;
mod results;
mod sessions;
mod sign_in;
mod sign_up;
mod status_card;
mod status_label;
mod time;

pub(super) use admin::{Audit, Event, Overview, Person};
pub use form::FormNotice;
pub(super) use layout::texts;
pub(super) use not_found::NotFound;
pub(super) use onboarding::Onboarding;
pub(super) use profile::Profile;
pub use profile::ProfileFormState;
pub(super) use result::ResultPage;
pub(super) use results::ResultsPage;
pub(super) use sessions::Sessions;
pub(super) use sign_in::SignIn;
pub use sign_in::{SignInFormState, SignedOut};
pub(super) use sign_up::SignUp;
pub use sign_up::SignUpFormState;
