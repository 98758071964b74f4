//! The environment that a page of the flow belongs to.
//!
//! Inquiries, sessions and links are in one environment only, so that of the named one is found by
//! looking. A page that creates its inquiry names the environment, or has a template that only one
//! has.

use super::parameters::Parameters;
use crate::core::token::claimed_session_id;
use crate::runtime::{Emulator, Environments};
use crate::store::State;

/// Reads a query string or the body of a form, and finds its environment.
pub(super) fn read(encoded: &[u8], environments: &Environments) -> (Parameters, Emulator) {
    let mut parameters = Parameters::parse(encoded);
    let named = parameters.environment_id.as_deref();
    let named = named.map(|id| environments.find_by_id(id));
    parameters.foreign_environment =
        matches!(named, Some(None)) || parameters.environment.as_deref() == Some("production");
    let emulator = existing(environments, &parameters)
        .or_else(|| named.unwrap_or_else(|| environments.find(|it| has_template(it, &parameters))))
        .unwrap_or_else(|| environments.default_environment().clone());
    make_unknown_template(&emulator, &parameters);
    (parameters, emulator)
}

/// Makes the template that a page names, if the sandbox takes any.
fn make_unknown_template(emulator: &Emulator, parameters: &Parameters) {
    let (Some(decide_after_ms), Some(id), None) = (
        emulator.config().unknown_templates(),
        &parameters.template_id,
        &parameters.inquiry_id,
    ) else {
        return;
    };
    let made = emulator.transact(|tx, now| tx.make_unknown_template(id, decide_after_ms, now));
    if let Err(error) = made {
        // The page then says that there is no such template.
        tracing::error!(%error, "cannot persist a template");
    }
}

/// The environment of the inquiry, the session or the link that is named.
fn existing(environments: &Environments, parameters: &Parameters) -> Option<Emulator> {
    if let Some(id) = &parameters.inquiry_id {
        return environments.find(|state| state.inquiries.find(id).is_some());
    }
    if let Some(code) = &parameters.code {
        return environments.find(|state| state.find_one_time_link(code).is_some());
    }
    let session_id = claimed_session_id(parameters.session_token.as_deref()?)?;
    environments.find(|state| state.sessions.find(&session_id).is_some())
}

fn has_template(state: &State, parameters: &Parameters) -> bool {
    parameters
        .template_id
        .as_ref()
        .or(parameters.template_version_id.as_ref())
        .is_some_and(|id| state.find_template(id).is_some())
}
