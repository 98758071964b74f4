//! Used by every layer and independent of them: clock, metrics, background tasks, work
//! that outlives its caller, shutdown, and error chains.

mod clock;
mod completion;
mod error_chain;
pub mod metrics;
mod shutdown;
mod tasks;

pub use clock::Clock;
pub(crate) use completion::Completion;
pub use error_chain::error_chain;
pub use shutdown::Shutdown;
pub use tasks::Tasks;
