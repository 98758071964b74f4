//! The running sandbox: its environments, and in each the state behind its lock, its schedule, and
//! the runtime state beside it: faults, limits, counts, the API log, the latest webhook attempts.

pub(crate) mod api_log;
mod attempts;
mod emulator;
mod environments;
pub(crate) mod faults;
mod limits;
mod operations;
mod upkeep;

pub(crate) use attempts::Attempt;
pub(crate) use emulator::Emulator;
pub(crate) use environments::{
    DEFAULT_ENVIRONMENT, EnvironmentError, Environments, OpenedEnvironments,
};
pub(crate) use limits::{Limits, Reading};
pub(crate) use operations::{OperationInfo, Operations};
