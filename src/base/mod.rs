//! Used by every layer and independent of them: clock, metrics, background tasks, shutdown, and
//! error chains.

mod clock;
mod error_chain;
pub mod metrics;
mod shutdown;
mod tasks;

pub use clock::Clock;
pub use error_chain::error_chain;
pub use shutdown::Shutdown;
pub use tasks::Tasks;
