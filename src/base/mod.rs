//! What every layer may use and that uses none of them: the clock, metrics, background tasks, the
//! shutdown, and how an error chain is logged.

mod clock;
mod error_chain;
pub mod metrics;
mod shutdown;
mod tasks;

pub use clock::Clock;
pub use error_chain::error_chain;
pub use shutdown::Shutdown;
pub use tasks::Tasks;
