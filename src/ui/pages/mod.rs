//! The pages: server-rendered, complete without script.

mod layout;
mod not_found;
mod onboarding;
mod sign_in;

pub(super) use not_found::NotFound;
pub(super) use onboarding::Onboarding;
pub(super) use sign_in::SignIn;
