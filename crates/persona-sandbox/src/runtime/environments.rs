//! The environments of the sandbox.
//!
//! Each is an [`Emulator`] of its own: state, clock, faults, limits and logs. The default one always
//! exists; a named one is opened when its name is first used, and is kept in memory. A key, a page
//! or a control leads to one of them, and everything behind that knows no other.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::mpsc;

use super::emulator::Emulator;
use super::operations::Operations;
use crate::core::{Config, EnvironmentName, InvalidName};
use crate::setup::Setup;
use crate::store::{OpenError, State};

/// The name by which the default environment can be addressed, besides its ID.
pub(crate) const DEFAULT_ENVIRONMENT: &str = "default";

/// The most named environments: memory is bounded.
const MAX_ENVIRONMENTS: usize = 1000;

/// A handle to all environments.
#[derive(Clone, Debug)]
pub(crate) struct Environments(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    default: Emulator,
    named: RwLock<BTreeMap<EnvironmentName, Emulator>>,
    /// Tells of each environment that is opened, since its background tasks have to be started.
    opened: mpsc::UnboundedSender<Emulator>,
}

/// Receives each named environment when it is opened.
pub(crate) type OpenedEnvironments = mpsc::UnboundedReceiver<Emulator>;

/// Why an environment cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvironmentError {
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    #[error(
        "this sandbox has {MAX_ENVIRONMENTS} environments, which is its limit: remove those that \
         are no longer needed with DELETE /_sandbox/environments"
    )]
    TooMany,
    #[error("the default environment cannot be removed: reset it")]
    IsDefault,
    #[error("there is no environment {0}")]
    NotFound(EnvironmentName),
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl Environments {
    /// Opens the default environment, at the place that the configuration names.
    pub(crate) fn open(
        config: Config,
        setup: Setup,
        operations: Operations,
    ) -> Result<(Self, OpenedEnvironments), OpenError> {
        let (opened, receiver) = mpsc::unbounded_channel();
        let environments = Self(Arc::new(Inner {
            default: Emulator::open(config, setup, operations)?,
            named: RwLock::default(),
            opened,
        }));
        Ok((environments, receiver))
    }

    /// The default environment.
    pub(crate) fn default_environment(&self) -> &Emulator {
        &self.0.default
    }

    /// The environment of this key, which is opened if it is new.
    pub(crate) fn by_key(&self, key: &str) -> Result<Emulator, EnvironmentError> {
        match EnvironmentName::from_key(key)? {
            Some(name) => self.by_name(&name),
            None => Ok(self.0.default.clone()),
        }
    }

    /// The environment with this name or ID, which is opened if it is new.
    pub(crate) fn by_text(&self, text: &str) -> Result<Emulator, EnvironmentError> {
        if self.is_default(text) {
            return Ok(self.0.default.clone());
        }
        self.by_name(&EnvironmentName::parse(text)?)
    }

    /// The environment with this name or ID, if it is open.
    pub(crate) fn find_by_text(&self, text: &str) -> Option<Emulator> {
        if self.is_default(text) {
            return Some(self.0.default.clone());
        }
        let name = EnvironmentName::parse(text).ok()?;
        let named = self.0.named.read().unwrap_or_else(PoisonError::into_inner);
        named.get(&name).cloned()
    }

    /// The environment with this ID, if it is open.
    pub(crate) fn find_by_id(&self, id: &str) -> Option<Emulator> {
        self.all()
            .into_iter()
            .find(|emulator| emulator.config().environment_id == id)
    }

    /// The environment whose state is wanted: the default one, else the first by name.
    pub(crate) fn find(&self, wanted: impl Fn(&State) -> bool) -> Option<Emulator> {
        self.all()
            .into_iter()
            .find(|emulator| emulator.has(&wanted))
    }

    /// The default environment, and the others by name.
    pub(crate) fn all(&self) -> Vec<Emulator> {
        let named = self.0.named.read().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(&self.0.default)
            .chain(named.values())
            .cloned()
            .collect()
    }

    /// Removes the environment with this name or ID, with everything in it. What is under way there
    /// is finished, and has no effect.
    pub(crate) fn remove(&self, text: &str) -> Result<(), EnvironmentError> {
        if self.is_default(text) {
            return Err(EnvironmentError::IsDefault);
        }
        let name = EnvironmentName::parse(text)?;
        let mut named = self.0.named.write().unwrap_or_else(PoisonError::into_inner);
        let removed = named
            .remove(&name)
            .ok_or(EnvironmentError::NotFound(name))?;
        removed.stopping().cancel();
        Ok(())
    }

    /// Removes all environments but the default one.
    pub(crate) fn remove_all(&self) {
        let mut named = self.0.named.write().unwrap_or_else(PoisonError::into_inner);
        for emulator in std::mem::take(&mut *named).into_values() {
            emulator.stopping().cancel();
        }
    }

    /// A named environment whose ID is that of the default one would be another with the same ID,
    /// so it is the default one.
    pub(crate) fn is_default(&self, text: &str) -> bool {
        let id = &self.0.default.config().environment_id;
        text == DEFAULT_ENVIRONMENT
            || text == id
            || EnvironmentName::parse(text).is_ok_and(|name| name.id() == *id)
    }

    fn by_name(&self, name: &EnvironmentName) -> Result<Emulator, EnvironmentError> {
        if self.is_default(name.as_str()) {
            return Ok(self.0.default.clone());
        }
        let known = self.0.named.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(emulator) = known.get(name) {
            return Ok(emulator.clone());
        }
        drop(known);
        let mut named = self.0.named.write().unwrap_or_else(PoisonError::into_inner);
        // Another request may have opened it meanwhile.
        if let Some(emulator) = named.get(name) {
            return Ok(emulator.clone());
        }
        if named.len() >= MAX_ENVIRONMENTS {
            return Err(EnvironmentError::TooMany);
        }
        let emulator = self.0.default.open_beside(name)?;
        named.insert(name.clone(), emulator.clone());
        // Nobody receives it in a sandbox that does not serve: then nothing is sent or scheduled.
        let _ = self.0.opened.send(emulator.clone());
        Ok(emulator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environments() -> (Environments, OpenedEnvironments) {
        Environments::open(Config::default(), Setup::default(), Operations::default()).unwrap()
    }

    fn id(emulator: &Emulator) -> &str {
        &emulator.config().environment_id
    }

    #[test]
    fn a_named_environment_is_opened_once() {
        let (environments, mut opened) = environments();
        let a = environments.by_key("persona_sandbox_env_a_1").unwrap();
        let again = environments.by_text("env_a").unwrap();
        assert_eq!((id(&a), id(&again)), ("env_a", "env_a"));
        assert_eq!(id(&opened.try_recv().unwrap()), "env_a");
        assert!(opened.try_recv().is_err());
        let all: Vec<_> = environments
            .all()
            .iter()
            .map(|it| id(it).to_owned())
            .collect();
        assert_eq!(all, ["env_sandbox", "env_a"]);
        assert!(environments.find_by_id("env_b").is_none());
        assert!(environments.find_by_text("b").is_none());
        assert_eq!(id(&environments.find_by_text("a").unwrap()), "env_a");
    }

    #[test]
    fn the_default_environment_has_several_names() {
        let (environments, mut opened) = environments();
        for key in ["persona_sandbox_x", "persona_sandbox_env_sandbox_x"] {
            assert_eq!(id(&environments.by_key(key).unwrap()), "env_sandbox");
        }
        for text in ["default", "sandbox", "env_sandbox"] {
            assert_eq!(id(&environments.by_text(text).unwrap()), "env_sandbox");
            let refused = environments.remove(text);
            assert!(matches!(refused, Err(EnvironmentError::IsDefault)));
        }
        assert!(opened.try_recv().is_err());
    }

    #[test]
    fn the_number_of_environments_is_bounded() {
        let (environments, _opened) = environments();
        for number in 0..MAX_ENVIRONMENTS {
            environments.by_text(&format!("e{number}")).unwrap();
        }
        let refused = environments.by_text("another");
        assert!(matches!(refused, Err(EnvironmentError::TooMany)));
        let first = environments.by_text("e0").unwrap();
        environments.remove("e0").unwrap();
        assert!(first.stopping().is_cancelled());
        environments.by_text("another").unwrap();
        environments.remove_all();
        assert_eq!(environments.all().len(), 1);
    }

    #[test]
    fn seeded_environments_draw_identifiers_of_their_own() {
        let open = || {
            let config = Config {
                seed: Some(7),
                ..Config::default()
            };
            let opened = Environments::open(config, Setup::default(), Operations::default());
            opened.unwrap().0
        };
        let draw = |environments: &Environments, name: &str| {
            let emulator = environments.by_text(name).unwrap();
            emulator.transact(|tx, _| tx.entropy().id("inq")).unwrap()
        };
        let environments = open();
        let drawn = ["default", "a", "b"].map(|name| draw(&environments, name));
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2] && drawn[0] != drawn[2]);
        let again = open();
        assert_eq!(["default", "a", "b"].map(|name| draw(&again, name)), drawn);
    }
}
