//! A sandbox in the process of a Rust test: it serves on a free port until it is dropped, and its
//! controls are methods.
//!
//! The methods call the operations that the API, the pages and the controls call, without HTTP. The
//! types here are public and stay; those of the other folders do not.

mod environment;
mod types;

use std::io;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use environment::Environment;
pub use types::{ControlError, Event, Fault, Finish, Inquiry, NewInquiry, Outcome};

use crate::runtime::Environments;

/// A sandbox that serves in this process until it is dropped.
///
/// It is also its default [`Environment`]: the controls of that one are methods here, too.
#[derive(Debug)]
pub struct RunningSandbox {
    environments: Environments,
    default: Environment,
    serving: Option<JoinHandle<io::Result<()>>>,
    stopping: Option<DropGuard>,
}

impl RunningSandbox {
    pub(crate) fn new(
        environments: Environments,
        serving: JoinHandle<io::Result<()>>,
        shutdown: CancellationToken,
    ) -> Self {
        let default = Environment::new(environments.default_environment().clone());
        Self {
            environments,
            default,
            serving: Some(serving),
            stopping: Some(shutdown.drop_guard()),
        }
    }

    /// The environment with this name, which is opened if it is new: state, clock, faults and keys of
    /// its own.
    ///
    /// # Errors
    ///
    /// If the name is not 1 to 64 letters, digits and hyphens, or there are a thousand others.
    pub fn environment(&self, name: &str) -> Result<Environment, ControlError> {
        let emulator = self.environments.by_text(name);
        emulator.map(Environment::new).map_err(ControlError::new)
    }

    /// Removes an environment with everything in it.
    ///
    /// # Errors
    ///
    /// If there is none with this name, or it is the default one, which can only be reset.
    pub fn remove_environment(&self, name: &str) -> Result<(), ControlError> {
        self.environments.remove(name).map_err(ControlError::new)
    }

    /// Stops serving, and waits until the requests that are under way are finished. Dropping it does
    /// not wait.
    ///
    /// # Errors
    ///
    /// If the listener failed meanwhile.
    pub async fn stop(mut self) -> io::Result<()> {
        drop(self.stopping.take());
        match self.serving.take() {
            Some(serving) => serving.await.map_err(io::Error::other)?,
            None => Ok(()),
        }
    }
}

impl std::ops::Deref for RunningSandbox {
    type Target = Environment;

    fn deref(&self) -> &Environment {
        &self.default
    }
}

/// How long a wait for an event sleeps between two looks.
const POLL: Duration = Duration::from_millis(10);
